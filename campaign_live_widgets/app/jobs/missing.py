"""Which snapshots are missing in a folder since the newest one of the same kind."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.app.settings.times import parse_at
from campaign_live_widgets.catalog.providers import families
from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.snapshot import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from campaign_live_widgets.app.settings.query import Query
    from campaign_live_widgets.catalog.providers import Families
    from campaign_live_widgets.snapshots import KeptSnapshot

_LIMIT: Final = 1000
"""Maximum number of snapshots in one call; more are probably a mistake in the step."""


def missing_ends(
    out: Path, query: Query, *, every: timedelta | None, now: datetime
) -> list[datetime]:
    """Return the window ends of the missing snapshots, the oldest first.

    They follow the newest snapshot of the same campaign, the same part of it counted in the same
    way, and a window of the same length, at steps of *every* (by default that length), up to the
    query's end or *now*. If there is no such snapshot, only the one that ends there is missing.

    Raises
    ------
    UsageError
        If the window has no length, or more than a thousand are missing.
    """
    from campaign_live_widgets.snapshots import snapshots

    if not isinstance(query.window, timedelta):
        message = f"window {query.window!r}: a snapshot needs a length, such as 24h"
        raise UsageError(message)
    until, length = query.at or now, query.window
    newest = _newest(snapshots(out) if out.is_dir() else (), query, length)
    if newest is None:
        return [until]
    step = every or length
    count = (until - newest) // step
    if count > _LIMIT:
        message = f"{count} snapshots are missing, more than {_LIMIT}: give a longer --every"
        raise UsageError(message)
    return [newest + number * step for number in range(1, count + 1)]


def _newest(existing: Iterable[KeptSnapshot], query: Query, length: timedelta) -> datetime | None:
    """Return the latest window end of the snapshots that are like the query."""
    wanted = (query.campaign, *_counted(query))
    families_of = cache(_families)
    ends = (
        one.as_of
        for one in existing
        if _length(one) == length
        and (one.manifest.campaign_id, *_part(one.manifest.parameters, families_of)) == wanted
    )
    return max(ends, default=None)


def _length(one: KeptSnapshot) -> timedelta | None:
    """Return the length of a snapshot's window: different words may mean the same length."""
    start = parse_at(str(one.manifest.window["start"]))
    return None if start is None else one.as_of - start


def _counted(query: Query) -> tuple[object, ...]:
    """Return what a query counts, and how."""
    return (
        query.selection,
        query.include_tests,
        query.machines,
        query.basis,
        query.small_cells,
        query.families,
    )


def _part(
    parameters: Mapping[str, object], families_of: Callable[[str], Families | None]
) -> tuple[object, ...]:
    """Return what a snapshot counts, as :func:`_counted`; the order of ids does not matter."""
    ids = (parameters.get("messages"), parameters.get("executions"))
    messages, executions = (frozenset(one) if isinstance(one, list) else frozenset() for one in ids)
    return (
        Selection(messages, executions),
        bool(parameters.get("include_tests")),
        parameters.get("machines", "include"),
        parameters.get("basis", "default"),
        parameters.get("small_cells", 0),
        families_of(str(parameters.get("providers") or "")),
    )


def _families(path: str) -> Families | None:
    """Return the families of a file as it is now; ``None`` if it cannot be read any more."""
    try:
        return families(path or None)
    except UsageError:
        return None
