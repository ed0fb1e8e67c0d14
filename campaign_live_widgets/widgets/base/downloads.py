"""Text files that the kernel creates and the page saves.

The page's ``download(model, what)`` requests a file, :func:`offer_files` answers; nothing is sent
before a request.
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
_BYTE_ORDER_MARK: Final = "\N{BYTE ORDER MARK}"


@dataclass(frozen=True, slots=True)
class File:
    """A text file: its name, its text, its media type."""

    name: str
    text: str
    media_type: str = "text/plain;charset=utf-8"


@dataclass(frozen=True, slots=True)
class Context:
    """What a tile's numbers belong to: campaign, time, and the bucket that is not over yet.

    Attributes
    ----------
    campaign_id : str
    as_of : datetime or None
        End of the window (aware).
    caption : str
        Campaign, window and time zone in one line, in the page's language.
    is_part : bool
        Whether only a part of the campaign is counted; file names then contain ``part``.
    unfinished : datetime or None
        Start of the first bucket that is not over yet; it is drawn dashed and labelled.
    """

    campaign_id: str = ""
    as_of: datetime | None = None
    caption: str = ""
    is_part: bool = False
    unfinished: datetime | None = None

    def file_name(self, what: str, ending: str) -> str:
        """Return ``campaign_what_2026-11-24T1200Z.ending``, valid on every system."""
        moment = self.as_of.astimezone(UTC).strftime("%Y-%m-%dT%H%MZ") if self.as_of else ""
        part = "part" if self.is_part else ""
        parts = [file_stem(self.campaign_id) or "campaign", part, file_stem(what), moment]
        return "_".join(part for part in parts if part) + f".{ending}"


def csv_file(name: str, text: str) -> File:
    """Return a CSV file; its byte order mark makes spreadsheets read it as UTF-8."""
    return File(name, _BYTE_ORDER_MARK + text, "text/csv;charset=utf-8")


def offer_files(front: Front, make: Callable[[str], File]) -> None:
    """Answer the page's ``download(model, what)`` with the file that *make* returns for *what*."""

    def on_message(_front: Front, message: Mapping[str, Any], _buffers: object) -> None:
        if message.get("type") != "file":
            return
        answer: dict[str, Any] = {"type": "file", "request": message.get("request")}
        try:
            answer |= asdict(make(str(message.get("what", ""))))
        except Exception as error:  # noqa: BLE001 - the page shows that it failed
            _LOG.exception("Creating a file failed")
            answer["error"] = type(error).__name__
        front.send(answer)

    front.on_msg(on_message)
