"""The labels of a time axis; ``widgets/views/lines.js`` chooses the same."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.io.local_time import is_repeated, local_time, offset
from campaign_live_widgets.rendering.language.times import (
    are_utc_days,
    clock_text,
    day_text,
    utc_day,
)
from campaign_live_widgets.snapshot import EPOCH

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_DAY: Final = 86_400
_MINUTES: Final = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720),
    *(1440, 2880, 10080, 20160, 40320),
)
STEPS: Final = tuple(60 * minutes for minutes in _MINUTES)
"""Seconds that may lie between two labels."""
_WIDER: Final = 1.8
"""How much more room two labels with their offsets need."""


def time_ticks(
    times: Sequence[datetime], room: float, time_zone: str, locale: str
) -> dict[int, str]:
    """Return which buckets get a label, about *room* of them, and the label's text.

    The first bucket in each step of local time, for buckets are aligned in UTC and need not
    fall on a local hour or midnight. The first bucket of a day shows the day. A time that the
    clocks show twice has its offset, and so has a day that begins twice. Days of UTC are named
    once.
    """
    if not times:
        return {}
    is_utc = are_utc_days(times, time_zone)
    local = [local_time(time, "UTC" if is_utc else time_zone) for time in times]
    length = (times[-1] - times[0]).total_seconds() or 60
    ticks = _opening(local, _step(length, room))
    wide = [is_repeated(local[i]) for i in ticks]
    if is_utc or any(one and other for one, other in pairwise(wide)):
        ticks = _opening(local, _step(length, room / _WIDER))
    begun = Counter(local[i].date() for i, is_day in ticks.items() if is_day)
    texts = {
        i: day_text(local[i], locale, has_offset=begun[local[i].date()] > 1)
        if is_day
        else clock_text(local[i], locale)
        for i, is_day in ticks.items()
    }
    if is_utc and texts:
        texts[min(texts)] += f" {utc_day(locale)}"
    return texts


def _step(length: float, room: float) -> int:
    return next((step for step in STEPS if length / step <= room), STEPS[-1])


def _opening(local: Sequence[datetime], step: int) -> dict[int, bool]:
    """Return the buckets that begin a step, and whether each also begins a day."""
    ahead = [round(offset(time).total_seconds()) for time in local]
    clock = [
        round((time - EPOCH).total_seconds()) + more
        for time, more in zip(local, ahead, strict=True)
    ]

    def opens(i: int, width: int) -> bool:
        begins = clock[i] % width == 0
        if i == 0:
            return begins
        is_set_back = ahead[i] - ahead[i - 1] <= -width
        return clock[i] // width > clock[i - 1] // width or (is_set_back and begins)

    return {i: step >= _DAY or opens(i, _DAY) for i in range(len(local)) if opens(i, step)}
