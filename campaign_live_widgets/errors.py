"""Every error that a user can meet, with a one-line message.

    CampaignLiveError            exit 1
    ├── ArchiveError             exit 1   a folder of snapshots cannot be read or written
    ├── UsageError               exit 2   the call is invalid: an option, a time, a name
    │   ├── UnknownNameError     exit 2   an unknown campaign, tile or metric
    │   └── MappingError         exit 2   a mapping file is invalid
    ├── SourceError              exit 3   the source cannot be read
    ├── StoreError               exit 1   the store cannot be written, or is damaged
    └── MissingExtraError        exit 1   an optional package is not installed

Bottom layer: imports nothing from the package.
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class CampaignLiveError(Exception):
    """Base class of the package's errors.

    Attributes
    ----------
    exit_code : int
        Exit status of the command line.
    render : callable or None
        Returns the lines that IPython prints in place of a traceback. The notebook layer sets
        it; ``None`` prints the error in one line.
    """

    exit_code = 1
    render: ClassVar[Callable[[CampaignLiveError], list[str]] | None] = None

    def _render_traceback_(self) -> list[str]:
        """Return the lines that IPython prints; ``%debug`` still opens the traceback."""
        render = CampaignLiveError.render
        return [f"{type(self).__name__}: {self}"] if render is None else render(self)


class ArchiveError(CampaignLiveError):
    """A snapshot or a folder of them cannot be read or written; the message names it."""


class UsageError(CampaignLiveError):
    """The call is invalid; the message names the option, the value and what is accepted."""

    exit_code = 2


class UnknownNameError(UsageError, KeyError):
    """An unknown name; the message suggests the nearest known one.

    Also a :class:`KeyError`, as Python lookups raise.
    """

    def __init__(self, kind: str, name: object, known: Iterable[str]) -> None:
        names = sorted(known)
        close = get_close_matches(str(name), names, n=1)
        if close:
            hint = f" Did you mean {close[0]!r}?"
        elif names:
            listed = ", ".join(name[:40] for name in names[:8])
            hint = f" Known: {listed}{', …' if len(names) > 8 else ''}."  # noqa: PLR2004
        else:
            hint = f" There is no {kind} here."
        self.message = f"unknown {kind} {name!r}.{hint}"
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message  # KeyError would show the repr


class MappingError(UsageError):
    """A mapping file cannot be read or is invalid; the message has one line for each mistake."""


class SourceError(CampaignLiveError):
    """The source cannot be read; the message names the file or address and what to do."""

    exit_code = 3


class TemporaryFolderError(SourceError):
    """Temporary files cannot be written; the message is why, and names the folder."""

    exit_code = 1


class MissingExtraError(CampaignLiveError):
    """The request needs an extra of the package that is not installed."""

    def __init__(self, what: str, extra: str = "export") -> None:
        command = f"pip install 'campaign-live-widgets[{extra}]'"
        super().__init__(f"a package for {what} is not installed; install it: {command}")


class StoreError(CampaignLiveError):
    """The store cannot be written or is damaged; the message names it and the cause."""
