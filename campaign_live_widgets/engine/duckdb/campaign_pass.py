"""A second look at files that were counted, for one more campaign."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.engine.duckdb import queries as sql
from campaign_live_widgets.sources.batch_relation import BATCH
from campaign_live_widgets.sources.files.chunks import chunks
from campaign_live_widgets.sources.files.interrupts import stop_if_interrupted
from campaign_live_widgets.sources.files.second_look import second_scans
from campaign_live_widgets.sources.files.staging import UNREADABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import duckdb

    from campaign_live_widgets.engine.batch_delta import BatchDelta
    from campaign_live_widgets.engine.duckdb.batch_counter import BatchCounter
    from campaign_live_widgets.sources import Tail
    from campaign_live_widgets.sources.files.second_look import SecondScan
    from campaign_live_widgets.sources.files.staging import Stage

_OWN: Final = "own"
_SMALL_BYTES: Final = 1 << 20
"""Bytes of files whose cells are few enough to be fetched as rows."""


def count_campaign(  # noqa: PLR0913 - what a pass needs
    con: duckdb.DuckDBPyConnection,
    stage: Stage,
    counter: BatchCounter,
    tail: Tail,
    campaign: str,
    now: int,
    stop_if_asked: Callable[[], None],
) -> list[BatchDelta] | None:
    """Return what a campaign adds that earlier passes have not counted.

    Only the rows that were counted are read; ids are not compared again, because the rows that
    repeat another event are known.

    Returns
    -------
    list of BatchDelta or None
        ``None`` if the files are not as they were counted, or cannot be read that way: then all
        of the source must be counted again.
    """
    deltas = []
    scans: list[SecondScan] = []
    try:
        for chunk in chunks(tail.counted()):
            _clear(con, scans)
            scans = second_scans(stage, chunk)
            if any(scan.repeats is None for scan in scans):
                return None
            stop_if_asked()
            _stage(con, scans, campaign)
            size = sum(file_slice.end for file_slice in chunk)
            delta = counter.count_distinct(
                BATCH,
                campaign,
                rows=sql.SMALL if size > _SMALL_BYTES else 0,
                keeps=True,
                names_only=False,
                now=now,
            )
            if any(scan.has_grown for scan in scans):
                return None
            if delta.parts:
                deltas.append(delta)
    except UNREADABLE as error:
        stop_if_interrupted(error)
        return None
    finally:
        stage.clear()
        _clear(con, scans)
    return deltas if tail.is_as_counted() else None


def _stage(con: duckdb.DuckDBPyConnection, scans: Sequence[SecondScan], campaign: str) -> None:
    """Make the relation of the campaign's events: text is parsed once, Parquet is read in place."""
    parts = []
    for number, scan in enumerate(scans):
        repeats = None
        if scan.repeats is not None and len(scan.repeats):
            repeats = f"{sql.REPEATS}_{number}"
            con.register(repeats, {"position": scan.repeats})
        own = sql.own_events(scan.events, campaign, repeats, all_accepted=scan.all_accepted)
        if scan.in_place:
            parts.append(f"({own})")
        else:
            con.execute(f"CREATE OR REPLACE TEMP TABLE {_OWN}_{number} AS {own}")
            parts.append(f"FROM {_OWN}_{number}")
    con.execute(f"CREATE OR REPLACE TEMP VIEW {BATCH} AS {' UNION ALL BY NAME '.join(parts)}")


def _clear(con: duckdb.DuckDBPyConnection, scans: Sequence[SecondScan]) -> None:
    for number in range(len(scans)):
        con.unregister(f"{sql.REPEATS}_{number}")
        con.execute(f"DROP TABLE IF EXISTS {_OWN}_{number}")
