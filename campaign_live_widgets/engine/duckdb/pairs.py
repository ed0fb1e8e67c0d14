"""Profiles that entered and distinct pairs, and counts before a window, fetched from DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from campaign_live_widgets.engine.aggregates.cube_cells import CubeCells
from campaign_live_widgets.engine.aggregates.unique_pairs import PairDelta, PairEvents, PairTotals
from campaign_live_widgets.engine.dimensions import QUESTIONS
from campaign_live_widgets.engine.duckdb import queries as sql
from campaign_live_widgets.sources import CHANNELS

if TYPE_CHECKING:
    from collections.abc import Collection

    import duckdb
    from numpy.typing import NDArray

    from campaign_live_widgets.engine.batch_delta import CampaignDelta


def fetch_profiles(
    con: duckdb.DuckDBPyConnection, events: str, campaigns: Collection[str], *, uniques: bool
) -> tuple[list[NDArray[Any]], PairDelta | None]:
    """Return the entries of a batch and, where *uniques* are wanted, its events of pairs."""
    con.execute(sql.profiles(events, campaigns, uniques=uniques))
    entries = _columns(con, sql.ENTRIES)
    pairs = None
    if uniques:
        of_pairs = _columns(con, sql.PAIRS)
        *clicks, link = _columns(con, sql.CLICKS)
        numbers: dict[str, int] = {}
        codes = [numbers.setdefault(name, len(numbers)) for name in link.tolist()]
        place = np.array(codes, np.int64)
        pairs = PairDelta(PairEvents(*of_pairs), PairEvents(*clicks), place, list(numbers))
    con.execute(sql.DROP_PROFILES)
    return entries, pairs


def fetch_totals(  # noqa: PLR0913 - all but one are what to count
    con: duckdb.DuckDBPyConnection,
    events: str,
    campaign: str,
    window: tuple[int, int],
    part: CampaignDelta,
    *,
    uniques: bool,
) -> None:
    """Set the distinct profiles and pairs of one window (in minutes), all of it in one batch."""
    start, end = window
    con.execute(sql.profiles(events, [campaign], uniques=uniques, before=end))
    row = con.execute(sql.entered(start)).fetchone() or (0, 0, 0, 0)
    part.entered = {False: row[0], True: row[1]}
    part.entered_to_date = {False: row[2], True: row[3]}
    if uniques:
        part.pair_totals = PairTotals(
            [
                (CHANNELS[row[0]], *row[1:])
                for row in con.execute(sql.pairs_since(start)).fetchall()
            ],
            [
                (CHANNELS[row[0]], *row[1:])
                for row in con.execute(sql.clicks_since(start)).fetchall()
            ],
        )
    con.execute(sql.DROP_PROFILES)


def fetch_earlier(
    con: duckdb.DuckDBPyConnection, events: str, campaign: str, start: int
) -> list[CubeCells]:
    """Return counts by message before the minute *start*."""
    rows = con.execute(sql.earlier(events, campaign, start)).fetchall()
    if not rows:
        return []
    messages: dict[str, int] = {}
    places = np.array([messages.setdefault(row[0], len(messages)) for row in rows], np.int64)
    kinds, totals = (np.array([row[column] for row in rows], np.int64) for column in (1, 2))
    none = np.zeros(len(rows), np.int64)
    cells = CubeCells.of_values(
        QUESTIONS[0], list(messages), places, kinds, slot=none, segment=none, count=totals
    )
    return [cells]


def _columns(con: duckdb.DuckDBPyConnection, query: str) -> list[NDArray[Any]]:
    """Return the columns of a result that has no nulls."""
    return [np.ma.getdata(column) for column in con.execute(query).fetchnumpy().values()]
