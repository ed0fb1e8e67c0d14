"""Which snapshots an archive lacks since the newest one that is like the one asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.app.settings.times import parse_at, parse_window
from campaign_live_widgets.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, timedelta
    from pathlib import Path

    from campaign_live_widgets.snapshots import KeptSnapshot

_MOST: Final = 1000
"""Snapshots made at one call; more are a mistake in the step."""


def missing(
    out: Path, asked: Mapping[str, object], *, every: timedelta | None, now: datetime
) -> list[datetime]:
    """Return where the windows of the missing snapshots end, the oldest first.

    They follow the newest snapshot that is of the same campaign, the same part of it and a
    window of the same length, at steps of *every* (by default that length), up to ``at`` or
    *now*. Where there is none yet, the one that ends there is missing.

    Raises
    ------
    UsageError
        Where more than a thousand are.
    """
    from campaign_live_widgets.snapshots import snapshots

    until = parse_at(str(asked["at"])) or now
    length = parse_window(str(asked["window"]))
    newest = _newest(snapshots(out) if out.is_dir() else (), asked, length)
    if newest is None:
        return [until]
    step = every or length
    count = (until - newest) // step
    if count > _MOST:
        message = f"{count} snapshots are missing, more than {_MOST}: give a longer --every"
        raise UsageError(message)
    return [newest + number * step for number in range(1, count + 1)]


def _newest(
    found: Iterable[KeptSnapshot], asked: Mapping[str, object], length: timedelta
) -> datetime | None:
    """Return where the newest window ends of the snapshots that are like what is asked for."""
    ends = (one.as_of for one in found if _kind(one, length) == _wanted(asked, length))
    return max(ends, default=None)


def _kind(one: KeptSnapshot, length: timedelta) -> tuple[object, ...]:
    """Return what a snapshot is of; a window in other words may be of the same *length*."""
    told = one.manifest.parameters
    start = parse_at(str(one.manifest.window["start"]))
    same = start is not None and one.as_of - start == length
    return (one.manifest.campaign_id, same, *_part(told))


def _wanted(asked: Mapping[str, object], _length: timedelta) -> tuple[object, ...]:
    return (asked["campaign"], True, *_part(asked))


def _part(told: Mapping[str, object]) -> tuple[object, ...]:
    """Return what part of a campaign is counted; the order of names says nothing."""
    names = (told.get("messages"), told.get("executions"))
    sets = (frozenset(one) if isinstance(one, list) else frozenset() for one in names)
    return (*sets, bool(told.get("include_tests")))
