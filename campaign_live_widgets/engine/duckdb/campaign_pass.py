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
    try:
        for chunk in chunks(tail.counted()):
            scans = second_scans(stage, chunk)
            if any(scan.repeats is None for scan in scans):
                return None
            stop_if_asked()
            rows = _stage(con, scans, campaign)
            if any(scan.has_grown for scan in scans):
                return None
            if rows:
                delta = counter.count_distinct(
                    BATCH, campaign, rows=rows, keeps=True, names_only=False, now=now
                )
                deltas.append(delta)
    except UNREADABLE as error:
        stop_if_interrupted(error)
        return None
    finally:
        stage.clear()
        con.execute(f"DROP TABLE IF EXISTS {_OWN}")
    return deltas if tail.is_as_counted() else None


def _stage(con: duckdb.DuckDBPyConnection, scans: Sequence[SecondScan], campaign: str) -> int:
    """Copy what counting needs of the campaign's events; return how many there are."""
    parts: list[str] = []
    relations: list[str] = []
    for scan in scans:
        repeats = None
        if scan.repeats is not None and len(scan.repeats):
            repeats = f"{sql.REPEATS}_{len(parts)}"
            con.register(repeats, {"position": scan.repeats})
            relations.append(repeats)
        parts.append(sql.own_events(scan.events, campaign, repeats, all_accepted=scan.all_accepted))
    con.execute(f"CREATE OR REPLACE TEMP TABLE {_OWN} AS {' UNION ALL BY NAME '.join(parts)}")
    con.execute(f"CREATE OR REPLACE TEMP VIEW {BATCH} AS SELECT * FROM {_OWN}")
    for relation in relations:
        con.unregister(relation)
    (rows,) = con.execute(f"SELECT count(*) FROM {_OWN}").fetchone() or (0,)
    return int(rows)
