"""The rollup of a table in a database, which counts; see :mod:`.pushdown`.

Rows whose watermark is older than the overlap have settled: they are counted once and never
read again. The few that are newer are counted anew at every look, since a transaction that
began earlier may still put a row among them; what has changed is added to the cubes or taken away.
"""

from __future__ import annotations

import os
from collections import Counter
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from campaign_live_widgets.engine.aggregates.counts_by_dimension import minutes
from campaign_live_widgets.engine.aggregates.entities import add_entity, time
from campaign_live_widgets.engine.aggregates.event_times import EventTimes, newest_campaign
from campaign_live_widgets.engine.base import Rollup
from campaign_live_widgets.engine.duckdb.cells import add_cells
from campaign_live_widgets.engine.pushdown.connections.base import (
    connect,
    failures,
    microseconds,
    one_by_one,
    told,
)
from campaign_live_widgets.engine.pushdown.placeholders import NOW, SINCE, UNTIL, filled
from campaign_live_widgets.engine.pushdown.result_rows import (
    RollupDelta,
    cells_of,
    columns_of,
    sort_out,
)
from campaign_live_widgets.engine.pushdown.statement import StatementBuilder, TableQuery
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.io.clock import utc_now
from campaign_live_widgets.snapshot import MINUTE, Health, Reject
from campaign_live_widgets.sources import EXAMPLES
from campaign_live_widgets.sources.tables.address import DatabaseAddress

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from campaign_live_widgets.engine.aggregates.entities import EntityStats
    from campaign_live_widgets.engine.pushdown.connections.base import Connection, Mark
    from campaign_live_widgets.snapshot import Window


class DatabaseRollup(Rollup):
    """A rollup of a database's table, which the database counts; see :class:`Rollup`."""

    location: DatabaseAddress

    def __init__(  # noqa: PLR0913 - all but two by name
        self,
        source: str | os.PathLike[str],
        campaign: str | None = None,
        *,
        follow: bool = True,
        window: Window | None = None,
        at: datetime | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(source, campaign, follow=follow, window=window, at=at, clock=clock)
        self.location = DatabaseAddress.parse(os.fspath(source))
        self._connection: Connection | None = None
        self._pushdown: StatementBuilder | None = None
        self._statements: dict[tuple[bool, bool], str] = {}
        self._not_before = 0.0
        self._nothing_yet()

    def _nothing_yet(self) -> None:
        """Note that no row has been read."""
        self._since: Mark | None = None
        self._settled, self._open = RollupDelta(), RollupDelta()
        self._open_times = EventTimes()

    def _start_anew(self) -> None:
        """Forget what has been counted: the next look counts all of it."""
        self._reset()
        self._nothing_yet()

    def close(self) -> None:
        """Let go of the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _all_times(self) -> tuple[EventTimes, ...]:
        return (self._times, self._open_times)

    def refresh(self) -> bool:
        """Count what is new in the table; tell whether anything was.

        Raises
        ------
        SourceError
            Where the database does not answer; what has been counted stays.
        """
        if self._follow and monotonic() < self._not_before:
            return False
        try:
            changed = self._look()
        except failures() as error:
            self._disconnect()
            raise SourceError(told(self.location, error)) from error
        except KeyboardInterrupt:
            self._disconnect()  # a statement may be under way on it
            raise
        self._not_before = monotonic() + self.location.every
        return changed

    def _disconnect(self) -> None:
        """Let go of a connection that may be broken; the next look makes another."""
        try:
            self.close()
        except Exception:  # noqa: BLE001 - a broken connection may fail in any way
            self._connection = None

    def _look(self) -> bool:
        connection, pushdown = self._connected()
        connection.renew()
        if self._campaign is None:
            last = connection.literal(time(self._until(self._at)))
            self._campaign = _newest(connection, pushdown, last)
        if self._stands_still(connection, pushdown):
            return False
        newest = connection.newest_mark(self._since) if self._follow else None
        until, now = self._since, self._now()
        if newest is not None:
            until = connection.settled(newest, until)
        settled, still_open = self._ask(connection, pushdown, until, now)
        try:
            return self._merge(settled, still_open, until, now)
        except KeyboardInterrupt:
            self._start_anew()  # half of a look may be kept by now
            raise

    def _stands_still(self, connection: Connection, pushdown: StatementBuilder) -> bool:
        """Tell whether the rows that are open are as many as at the last look.

        It is asked where the answer is much cheaper than a look that finds nothing.
        """
        if self._since is None or connection.by_index:
            return False
        campaign, since = self._campaign or "", connection.literal(self._since)
        asked = filled(pushdown.arrived(campaign), campaign, {SINCE: since})
        ((there,),) = one_by_one(connection.rows(asked))
        return bool(there == self._open.rows)

    def _connected(self) -> tuple[Connection, StatementBuilder]:
        if self._connection is None or self._pushdown is None:
            connection = connect(self.location)
            rows_are = connection.rows_are
            events = partial(rows_are.events, mark=connection.mark, name=self.location.text)
            try:
                events(connection.table)
            except BaseException:
                connection.close()
                raise
            window, bucket = None, 1
            if self._window is not None:
                window, bucket = minutes(self._window), self._window.bucket // MINUTE
            self._connection, self._statements = connection, {}
            asked = TableQuery(
                events,
                connection.table,
                connection.mark,
                connection.hashes,
                connection.distinct,
                window,
                bucket,
                rows_are.ignores,
                connection.day,
                connection.by_index,
            )
            self._pushdown = StatementBuilder(asked, connection.statement, connection.keep)
        return self._connection, self._pushdown

    def _ask(
        self, connection: Connection, pushdown: StatementBuilder, until: Mark | None, now: int
    ) -> tuple[RollupDelta, RollupDelta]:
        """Ask for what has come since the last look, and for what is still open."""
        asked = (self._since is not None, until is not None)
        if asked not in self._statements:
            self._statements[asked] = pushdown.rollup(
                self._campaign or "", since=asked[0], until=asked[1], follow=self._follow
            )
        values = {
            name: connection.literal(value)
            for name, value in ((SINCE, self._since), (UNTIL, until), (NOW, time(now)))
            if value is not None
        }
        statement = filled(self._statements[asked], self._campaign or "", values)
        untimed = minutes(self._window)[0] if self._window else 0
        return sort_out(connection.rows(statement), self._campaign or "", untimed)

    def _merge(
        self, settled: RollupDelta, still_open: RollupDelta, until: Mark | None, now: int
    ) -> bool:
        """Keep what a look at *now* has found; tell whether anything changed."""
        before = self._open
        gone = set(before.entries) - set(still_open.entries) - set(settled.entries)
        if gone:  # what was counted for a repeat was the first: seldom, so count all again
            self._start_anew()
            self._look()
            return True
        self._times.add(settled.times, self._campaign)
        self._times.settle(now, self._campaign)
        self._open_times = EventTimes()
        self._open_times.add(still_open.times, self._campaign)
        cells = Counter(settled.cells)
        cells.update(still_open.cells)
        cells.subtract(before.cells)
        entries = [*settled.entries, *still_open.entries]
        if before.entries:
            known = set(before.entries)
            entries = [entry for entry in entries if entry not in known]
        segments = list(dict.fromkeys((*(c.segment for c in cells), *(e.segment for e in entries))))
        places = {segment: place for place, segment in enumerate(segments)}
        numbers = self._segments.numbers(segments)
        add_cells(cells_of(cells, places), self._counted, numbers)
        if entries:
            new = columns_of(entries, places)
            self._entered.add(new.high, new.low, new.minute, new.is_test, numbers[new.segment])
        if settled.entered is not None:
            self._entered_in_window = settled.entered
        shown = (self._campaigns, self._messages, self._executions)
        for layers in zip(
            shown,
            self._settled.named,
            settled.named,
            before.named,
            still_open.named,
            strict=True,
        ):
            _show(*layers)
        self._settled.accepted += settled.accepted
        self._settled.refused += settled.refused
        self._settled.ignored += settled.ignored
        room = EXAMPLES - len(self._settled.rejects)
        self._settled.rejects += settled.rejects[:room]
        self._open, self._since = still_open, until
        told = self._health
        self._sum_health()
        return any(cells.values()) or bool(entries) or self._health != told

    def _sum_health(self) -> None:
        both = (self._settled, self._open)
        accepted = sum(found.accepted for found in both)
        events = sum(campaign.events for campaign in self._campaigns.values())
        rejects = [reject for found in both for reject in found.rejects][:EXAMPLES]
        self._health = Health(
            events=events,
            duplicates=accepted - events,
            rejected=sum(found.refused for found in both),
            ignored=sum(found.ignored for found in both),
            rejects=tuple(
                Reject(f"{self.location.table} (event_id {key})", None, cause)
                for key, cause in rejects
            ),
        )


def _newest(connection: Connection, pushdown: StatementBuilder, until: str) -> str | None:
    """Return the campaign of the table's newest event that is not after *until*."""
    rows = one_by_one(connection.rows(filled(pushdown.newest(), "", {NOW: until})))
    return newest_campaign({cid: None if at is None else microseconds(at) for cid, at in rows})


def _show(
    shown: dict[str, EntityStats],
    base: dict[str, EntityStats],
    new: dict[str, EntityStats],
    old: dict[str, EntityStats],
    now: dict[str, EntityStats],
) -> None:
    """Bring up to date what is shown of names: those that have settled, and the open ones."""
    for key, named in new.items():
        add_entity(base, key, named)
    for key in {**new, **old, **now}:
        known = [names[key] for names in (base, now) if key in names]
        if known:
            shown[key] = known[0] + known[1] if len(known) > 1 else known[0]
        else:
            del shown[key]
