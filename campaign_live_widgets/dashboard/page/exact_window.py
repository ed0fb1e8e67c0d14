"""Start and end of a window as the reader types them: a local time, and the moments it names."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from campaign_live_widgets.catalog import Text
from campaign_live_widgets.io.clock import rfc3339
from campaign_live_widgets.io.local_time import change_over, local_time, moments_of
from campaign_live_widgets.rendering.language import times

_INVALID: Final = Text("Not a valid time.", "Heure non valide.")
_LEFT_OUT: Final = Text(
    "{} does not exist in {}: the clocks are set forward from {} to {}.",
    "{} n'existe pas ({})\N{NO-BREAK SPACE}: les horloges avancent de {} à {}.",
)


def known_end(at: datetime, time_zone: str, locale: str) -> dict[str, Any]:
    """Return an end of the window as :func:`typed_end` does, with *at* as the chosen moment."""
    typed = local_time(at, time_zone).strftime("%Y-%m-%dT%H:%M")
    return {**typed_end(typed, time_zone, locale), "note": "", "chosen": rfc3339(at)}


def typed_end(text: str, time_zone: str, locale: str) -> dict[str, Any]:
    """Return the moments that a local time without a zone names.

    ``times`` contains each moment and its text: two where the clocks are set back, none where
    they are set forward, which ``note`` explains.
    """
    moments: list[datetime] = []
    note = ""
    try:
        wall = datetime.fromisoformat(text).replace(tzinfo=None)
        moments = moments_of(wall, time_zone)
        note = "" if moments else _left_out(wall, time_zone, locale)
    except (ValueError, OverflowError):
        note = _INVALID(locale)
    return {
        "text": text,
        "times": [[rfc3339(at), times.which(at, time_zone, locale)] for at in moments],
        "note": note,
    }


def _left_out(wall: datetime, time_zone: str, locale: str) -> str:
    former, latter = change_over(wall, time_zone)
    changed = times.set_forward(former, latter, locale)
    return _LEFT_OUT(locale).format(times.written(wall, locale), time_zone, *changed)
