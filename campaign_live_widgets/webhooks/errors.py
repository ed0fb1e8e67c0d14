"""Why a request is rejected: a status for the sender, a reason for the metrics, one line."""

from __future__ import annotations

from typing import Final

RETRY_SOON: Final = {"Retry-After": "5"}
"""Header of an answer after which the sender should send the same request again."""


class RequestRejectedError(Exception):
    """A request that gets another status than 2xx.

    Parameters
    ----------
    status : int
        Status of the answer.
    reason : str
        One word: the label of the metric that counts rejected requests.
    line : str
        What is wrong and what to do; it contains nothing of the request.
    headers : dict, optional
        Further headers of the answer.
    """

    def __init__(
        self, status: int, reason: str, line: str, headers: dict[str, str] | None = None
    ) -> None:
        super().__init__(line)
        self.status, self.reason, self.line = status, reason, line
        self.headers = headers or {}


def busy(line: str) -> RequestRejectedError:
    """Return the error of a request above a limit; the sender should retry."""
    return RequestRejectedError(503, "busy", line, RETRY_SOON)


def invalid_body(line: str) -> RequestRejectedError:
    """Return the error of a body that cannot be parsed."""
    return RequestRejectedError(400, "unreadable", line)


def unauthenticated(line: str, scheme: str | None = None) -> RequestRejectedError:
    """Return the error of a request that is not proven to be from the vendor.

    Parameters
    ----------
    scheme : str, optional
        Authentication scheme to ask for in the answer.
    """
    challenge = {"WWW-Authenticate": f'{scheme} realm="campaign-live"'} if scheme else None
    return RequestRejectedError(401, "unproven", line, challenge)
