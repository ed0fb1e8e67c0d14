"""The rollup of a database's table: the database counts, and only counts and hashes travel.

The watermark is a column that grows with every insert. A transaction that began earlier may still
add a row with a slightly smaller watermark, so the newest rows cannot be counted permanently. Rows
below ``newest watermark - overlap`` are *stable*: they are counted once and never read again.
Rows above are *pending*: each refresh counts them again. See :meth:`DatabaseRollup._merge`.
"""

from __future__ import annotations

import os
from collections import Counter
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from campaign_live_widgets.engine.aggregates.counts_by_dimension import minutes
from campaign_live_widgets.engine.aggregates.entities import add_entity
from campaign_live_widgets.engine.aggregates.event_times import EventTimes, newest_campaign
from campaign_live_widgets.engine.base import Rollup
from campaign_live_widgets.engine.batch_delta import CampaignDelta
from campaign_live_widgets.engine.pushdown.connections.base import (
    connect,
    error_line,
    failures,
    fetch_all,
    zoned_microseconds,
)
from campaign_live_widgets.engine.pushdown.placeholders import NOW, SINCE, UNTIL, fill
from campaign_live_widgets.engine.pushdown.result_rows import (
    RollupDelta,
    cells_of,
    columns_of,
    decode,
)
from campaign_live_widgets.engine.pushdown.statement import StatementBuilder, TableQuery
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.snapshot import MINUTE, Health, Reject, time_of
from campaign_live_widgets.sources import EXAMPLES
from campaign_live_widgets.sources.tables.address import DatabaseAddress

if TYPE_CHECKING:
    from campaign_live_widgets.engine.aggregates.entities import EntityStats
    from campaign_live_widgets.engine.pushdown.connections.base import Connection, Watermark


class DatabaseRollup(Rollup):
    """A rollup of a database's table, which the database counts; see :class:`Rollup`."""

    location: DatabaseAddress

    def _open(self, source: str | os.PathLike[str]) -> None:
        self.location = DatabaseAddress.parse(os.fspath(source))
        self._connection: Connection | None = None
        self._pushdown: StatementBuilder | None = None
        self._statements: dict[tuple[bool, bool], str] = {}
        self._not_before = 0.0
        self._source = os.fspath(source)
        self._others: dict[str, DatabaseRollup] = {}
        """The rollups of the further campaigns that are held."""
        self._has_changed = False
        self._forget_rows()

    def _forget_rows(self) -> None:
        """Start without any row."""
        self._since: Watermark | None = None
        self._stable, self._pending = RollupDelta(), RollupDelta()

    def _reset(self) -> None:
        super()._reset()
        self._take_counts()

    def _take_counts(self) -> None:
        """Take over the counts of further campaigns."""
        for campaign, other in self._others.items():
            self._held[campaign] = other.counts_of()

    def _start_over(self) -> None:
        """Forget all counts: the next refresh counts the whole table."""
        self._reset()
        self._forget_rows()

    def close(self) -> None:
        """Close the connections."""
        for other in self._others.values():
            other.close()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def refresh(self) -> bool:
        """Count what is new in the table; return whether any number changed.

        Raises
        ------
        SourceError
            If the database does not answer; earlier counts are kept.
        """
        self._has_changed |= self._refresh_own()
        for other in self._others.values():
            self._has_changed |= other.refresh()
        self._take_counts()
        changed, self._has_changed = self._has_changed, False
        return changed

    def _count_another(self, campaign: str) -> None:
        other = DatabaseRollup(self._source, campaign, at=self._at, clock=self._clock)
        other.before_change = self._announce_change
        try:
            other.refresh()
        except BaseException:
            other.close()
            raise
        self._others[campaign] = other
        self._take_counts()

    def count_ahead(self) -> bool:
        """Count no campaign before it is asked for: each costs the server a statement."""
        return False

    def _announce_change(self) -> None:
        """Call what is :attr:`before_change` then."""
        self.before_change()

    def _drop(self, campaign: str) -> None:
        super()._drop(campaign)
        self._others.pop(campaign).close()

    def _refresh_own(self) -> bool:
        """Count what is new of the rollup's own campaign; return whether any number changed."""
        if self._follow and monotonic() < self._not_before:
            return False
        try:
            changed = self._poll()
        except failures() as error:
            self._disconnect()
            raise SourceError(error_line(self.location, error)) from error
        except KeyboardInterrupt:
            self._disconnect()  # a statement may still be running on it
            raise
        self._not_before = monotonic() + self.location.every
        return changed

    def _disconnect(self) -> None:
        """Close a connection that may be broken; the next refresh opens another."""
        with suppress(Exception):  # a broken connection may fail in any way
            if self._connection is not None:
                self._connection.close()
        self._connection = None

    def _poll(self) -> bool:
        connection, pushdown = self._connected()
        connection.invalidate_cache()
        if self._campaign is None:
            last = connection.literal(time_of(self._facts.until(self._at)))
            self._campaign = _newest(connection, pushdown, last)
            if self._campaign is not None:
                self._hold(self._campaign)
        if self._is_unchanged(connection, pushdown):
            return False
        newest = connection.newest_watermark(self._since) if self._follow else None
        until, now = self._since, self._facts.now()
        if newest is not None:
            until = connection.stable(newest, until)
        stable, pending = self._query(connection, pushdown, until, now)
        try:
            return self._merge(stable, pending, until, now)
        except KeyboardInterrupt:
            self._start_over()  # the merge may be half done
            raise

    def _is_unchanged(self, connection: Connection, pushdown: StatementBuilder) -> bool:
        """Return whether there are as many pending rows as at the last refresh.

        Only checked where that is much cheaper than counting the pending rows again.
        """
        if self._since is None or connection.by_index:
            return False
        campaign, since = self._campaign or "", connection.literal(self._since)
        statement = fill(pushdown.row_count(campaign), campaign, {SINCE: since})
        ((count,),) = fetch_all(connection.rows(statement))
        return bool(count == self._pending.rows)

    def _connected(self) -> tuple[Connection, StatementBuilder]:
        if self._connection is None or self._pushdown is None:
            connection = connect(self.location)
            row_format = connection.row_format
            events = partial(
                row_format.events, watermark=connection.watermark, name=self.location.text
            )
            try:
                events(connection.table)
            except BaseException:
                connection.close()
                raise
            window, bucket = None, 1
            if self._window is not None:
                window, bucket = minutes(self._window), self._window.bucket // MINUTE
            self._connection, self._statements = connection, {}
            query = TableQuery(
                events,
                connection.table,
                connection.watermark,
                connection.hashes,
                connection.distinct,
                window,
                bucket,
                row_format.ignores,
                connection.day,
                connection.by_index,
            )
            self._pushdown = StatementBuilder(query, connection.statement, connection.keep)
        return self._connection, self._pushdown

    def _query(
        self, connection: Connection, pushdown: StatementBuilder, until: Watermark | None, now: int
    ) -> tuple[RollupDelta, RollupDelta]:
        """Run the statement for rows from the last watermark on: stable ones, and pending ones."""
        has_since, has_until = self._since is not None, until is not None
        key = (has_since, has_until)
        if key not in self._statements:
            self._statements[key] = pushdown.rollup(
                self._campaign or "", since=has_since, until=has_until, follow=self._follow
            )
        values = {
            name: connection.literal(value)
            for name, value in ((SINCE, self._since), (UNTIL, until), (NOW, time_of(now)))
            if value is not None
        }
        statement = fill(self._statements[key], self._campaign or "", values)
        untimed = minutes(self._window)[0] if self._window else 0
        stable, pending = decode(connection.rows(statement), self._campaign or "", untimed)
        if self._window is not None and stable.entered is None:
            stable.entered = {False: 0, True: 0}  # no row at all
        return stable, pending

    def _merge(
        self, stable: RollupDelta, pending: RollupDelta, until: Watermark | None, now: int
    ) -> bool:
        """Add the answer of a refresh at *now*; return whether anything changed."""
        # The cubes always contain stable + pending rows. A refresh reads from the last watermark
        # limit on, so it returns what was pending before (some of it stable now) and what is new:
        #
        #     cubes += stable + pending - pending of the last refresh
        #
        # For example, with an overlap of 120 s:
        #
        #     refresh 1, newest row 12:00:00 -> limit 11:58:00, 90 stable rows, 10 pending: +100
        #     refresh 2, newest row 12:01:00 -> limit 11:59:00, and of the rows from 11:58:00 on
        #       6 are stable and 9 pending (5 are new, one of them a late commit of 11:58:30):
        #       +6 +9 -10 = +5, so the cubes contain 105 rows
        #     refresh 3 reads only rows from 11:59:00 on; the 6 rows below are never read again.
        #
        # Entries of profiles are a set and cannot be subtracted. Usually every entry that was
        # pending is still in the answer, and only new ones are added. An entry disappears only if
        # a late row with the same event id turns out to be the first one: then count all again.
        before = self._pending
        missing = set(before.entries) - set(pending.entries) - set(stable.entries)
        if missing:
            self._start_over()
            self._poll()
            return True
        self.before_change()
        facts = self._facts
        facts.times.add(stable.times, self._held)
        facts.times.record_past(now, self._held)
        facts.more_times = EventTimes()
        facts.more_times.add(pending.times, self._held)
        cells = Counter(stable.cells)
        cells.update(pending.cells)
        cells.subtract(before.cells)
        entries = [*stable.entries, *pending.entries]
        if before.entries:
            counted = set(before.entries)
            entries = [entry for entry in entries if entry not in counted]
        segments = list(dict.fromkeys((*(c.segment for c in cells), *(e.segment for e in entries))))
        indices = {segment: index for index, segment in enumerate(segments)}
        counts = self._new_counts(None) if self._campaign is None else self._hold(self._campaign)
        part = CampaignDelta(segments=segments, cells=list(cells_of(cells, indices)))
        part.entries = list(columns_of(entries, indices)) if entries else None
        part.entered = stable.entered
        counts.add(part)
        totals = (facts.campaigns, counts.messages, counts.executions)
        for entities in zip(
            totals,
            self._stable.entities,
            stable.entities,
            before.entities,
            pending.entities,
            strict=True,
        ):
            _update_entities(*entities)
        self._stable.statuses.update(stable.statuses)
        room = EXAMPLES - len(self._stable.rejects)
        self._stable.rejects += stable.rejects[:room]
        self._pending, self._since = pending, until
        old_rows = facts.rows
        self._sum_health()
        return any(cells.values()) or bool(entries) or facts.rows != old_rows

    def _sum_health(self) -> None:
        both = (self._stable, self._pending)
        accepted = sum(delta.accepted for delta in both)
        events = sum(campaign.events for campaign in self._facts.campaigns.values())
        rejects = [reject for delta in both for reject in delta.rejects][:EXAMPLES]
        rows = Health(
            events=events,
            duplicates=accepted - events,
            rejected=sum(delta.rejected for delta in both),
            ignored=sum(delta.ignored for delta in both),
            rejects=tuple(
                Reject(f"{self.location.table} (event_id {key})", None, cause)
                for key, cause in rejects
            ),
        )
        self._set_rows(rows)


def _newest(connection: Connection, pushdown: StatementBuilder, until: str) -> str | None:
    """Return the campaign of the table's newest event that is not after *until*."""
    rows = fetch_all(connection.rows(fill(pushdown.newest(), "", {NOW: until})))
    return newest_campaign(
        {cid: None if at is None else zoned_microseconds(at) for cid, at in rows}
    )


def _update_entities(
    totals: dict[str, EntityStats],
    stable: dict[str, EntityStats],
    new: dict[str, EntityStats],
    old: dict[str, EntityStats],
    pending: dict[str, EntityStats],
) -> None:
    """Add *new* stable entities, and update *totals*: the stable and the pending ones.

    *old* are the pending ones of the last refresh.
    """
    for key, stats in new.items():
        add_entity(stable, key, stats)
    for key in {**new, **old, **pending}:
        parts = [entities[key] for entities in (stable, pending) if key in entities]
        if parts:
            totals[key] = sum(parts[1:], start=parts[0])
        else:
            del totals[key]
