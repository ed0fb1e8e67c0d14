"""Text that the kernel makes and the page saves as a file.

The page's ``download(model, what)`` asks, :func:`offer_files` answers; nothing is sent before
somebody asks.
"""

from __future__ import annotations

import logging
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.io.names import file_stem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from campaign_live_widgets.widgets.base.assets import Front

_LOG: Final = logging.getLogger(__name__)
_MARK: Final = "\N{BYTE ORDER MARK}"


@dataclass(frozen=True, slots=True)
class File:
    """A text file: its name, its text, its media type."""

    name: str
    text: str
    media_type: str = "text/plain;charset=utf-8"


@dataclass(frozen=True, slots=True)
class Context:
    """What a tile's numbers belong to: campaign, time, and what is not over yet.

    Attributes
    ----------
    campaign_id : str
    as_of : datetime or None
        End of the window (aware).
    caption : str
        Campaign, window and time zone in one line, in the page's language.
    is_part : bool
        Whether less than the whole campaign is counted; the names of files say so.
    unfinished : datetime or None
        Start of the first bucket that is not over yet: it is drawn and named as such.
    """

    campaign_id: str = ""
    as_of: datetime | None = None
    caption: str = ""
    is_part: bool = False
    unfinished: datetime | None = None

    def file_name(self, what: str, ending: str) -> str:
        """Return ``campaign_what_2026-11-24T1200Z.ending``, in letters every system takes."""
        moment = self.as_of.astimezone(UTC).strftime("%Y-%m-%dT%H%MZ") if self.as_of else ""
        part = "part" if self.is_part else ""
        parts = [file_stem(self.campaign_id) or "campaign", part, file_stem(what), moment]
        return "_".join(part for part in parts if part) + f".{ending}"


def csv_file(name: str, text: str) -> File:
    """Return a CSV file; the mark at its start tells spreadsheets that it is UTF-8."""
    return File(name, _MARK + text, "text/csv;charset=utf-8")


def offer_files(front: Front, make: Callable[[str], File]) -> None:
    """Answer the page's ``download(model, what)`` with the file that *make* returns for *what*."""

    def hear(_front: Front, asked: Mapping[str, Any], _buffers: object) -> None:
        if asked.get("type") != "file":
            return
        answer: dict[str, Any] = {"type": "file", "ask": asked.get("ask")}
        try:
            answer |= asdict(make(str(asked.get("what", ""))))
        except Exception as error:  # noqa: BLE001 - whatever it is, the page is told
            _LOG.exception("A file could not be made")
            answer["error"] = type(error).__name__
        front.send(answer)

    front.on_msg(hear)
