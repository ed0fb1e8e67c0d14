"""Why a request is not taken: a status for the sender, a word for the counters, one line."""

from __future__ import annotations

from typing import Final

SOON: Final = {"Retry-After": "5"}
"""What a sender is told who may come again with the same."""


class RefusedError(Exception):
    """A request that is answered with something else than 2xx.

    Parameters
    ----------
    status : int
        The status of the answer.
    reason : str
        One word, under which it is counted.
    line : str
        What was wrong and what to do; it holds nothing of the request.
    headers : dict, optional
        Further headers of the answer.
    """

    def __init__(
        self, status: int, reason: str, line: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(line)
        self.status, self.reason, self.line = status, reason, line
        self.headers = headers or {}


def busy(line: str) -> RefusedError:
    """Return the refusal of what is too much at the moment."""
    return RefusedError(503, "busy", line, SOON)


def unreadable(line: str) -> RefusedError:
    """Return the refusal of a body that is not what it should be."""
    return RefusedError(400, "unreadable", line)


def unproven(line: str, scheme: str | None = None) -> RefusedError:
    """Return the refusal of who has not shown to be the vendor."""
    challenge = {"WWW-Authenticate": f'{scheme} realm="campaign-live"'} if scheme else None
    return RefusedError(401, "unproven", line, challenge)
