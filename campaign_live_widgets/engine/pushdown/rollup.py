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
from campaign_live_widgets.engine.aggregates.event_times import EventTimes
from campaign_live_widgets.engine.base import Rollup
from campaign_live_widgets.engine.pushdown.connections.base import (
    Arrival,
    connect,
    error_line,
    failures,
    fetch_all,
)
from campaign_live_widgets.engine.pushdown.full_reader import FullReader
from campaign_live_widgets.engine.pushdown.kept.find import find_rollup
from campaign_live_widgets.engine.pushdown.kept.newest_event import campaign_of_newest_event
from campaign_live_widgets.engine.pushdown.kept.settled_entries import are_lost, earlier_entries
from campaign_live_widgets.engine.pushdown.placeholders import NOW, SINCE, UNTIL, fill
from campaign_live_widgets.engine.pushdown.result_rows import (
    RollupDelta,
    decode,
    part_of,
    update_entities,
)
from campaign_live_widgets.engine.pushdown.statement import Size, StatementBuilder
from campaign_live_widgets.engine.pushdown.table_health import health_of, table_notes
from campaign_live_widgets.engine.pushdown.table_query import TableQuery
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.snapshot import time_of
from campaign_live_widgets.sources import EXAMPLES
from campaign_live_widgets.sources.tables.address import DatabaseAddress

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign_live_widgets.engine.batch_delta import CampaignDelta
    from campaign_live_widgets.engine.pushdown.connections.base import (
        Catalog,
        Connection,
        Watermark,
    )
    from campaign_live_widgets.engine.pushdown.kept.keeper import KeptRollup


class DatabaseRollup(Rollup):
    """A rollup of a database's table, which the database counts; see :class:`Rollup`."""

    location: DatabaseAddress

    def _open(self, source: str | os.PathLike[str]) -> None:
        self.location = DatabaseAddress.parse(os.fspath(source))
        self._connection: Connection | None = None
        self._pushdown: StatementBuilder | None = None
        self._statements: dict[tuple[bool, bool, Size], str] = {}
        self._not_before = 0.0
        self._source = os.fspath(source)
        self._others: dict[str, DatabaseRollup] = {}
        """The rollups of the further campaigns that are held."""
        self._has_changed = False
        self._catalog: Catalog = ()
        self._forget_rows()

    def _forget_rows(self) -> None:
        """Start without any row."""
        self._since: Watermark | None = None
        self._arrival = Arrival(None)
        self._kept_note = ""
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
        with connection.instant():
            catalog = connection.read_catalog()
            if catalog == connection.catalog:
                if not self._is_continued_by(catalog):
                    self._start_over()
                self._catalog = catalog
                return self._poll_at_once(connection, pushdown)
        self._disconnect()  # the statements were made for other columns or promises
        return self._poll()

    def _is_continued_by(self, catalog: Catalog) -> bool:
        """Return whether no table was replaced, emptied or altered since the last refresh."""
        if any(are_lost(counts.entered) for counts in self._held.values()):
            return False
        tables = zip(self._catalog, catalog, strict=False)
        return all(before.is_continued_by(now) for before, now in tables)

    def _poll_at_once(self, connection: Connection, pushdown: StatementBuilder) -> bool:
        kept_rollup = find_rollup(connection) if self._since is None else None
        self._choose_campaign(connection, pushdown, kept_rollup)
        recent = self._recent_rows(connection, pushdown)
        if recent is not None and recent == self._pending.rows:
            return False
        arrival = Arrival(None)
        if self._follow:
            arrival = (
                kept_rollup.arrival if kept_rollup else connection.newest_watermark(self._since)
            )
        if self._is_behind(arrival):
            self._start_over()
        until, now = self._since, self._facts.now()
        is_read = kept_rollup is not None
        if kept_rollup is not None:
            self._read_kept(kept_rollup, now)
            until = self._since if self._follow else None
            recent = self._recent_rows(connection, pushdown)
            if self._window is not None:  # with single entries: profiles may be in both parts
                query = TableQuery.of(connection, None)
                pushdown = StatementBuilder.of(connection, query)
        if arrival.newest is not None:
            until = connection.stable(arrival.newest, until)
        self._arrival = arrival
        if self._since is None:
            is_read = self._read_all(connection, pushdown, until, now)
            if is_read and not self._follow:
                return True
            recent = self._recent_rows(connection, pushdown)
        stable, pending = self._query(connection, pushdown, until, now, recent)
        try:
            return self._merge(stable, pending, until, now) or is_read
        except KeyboardInterrupt:
            self._start_over()  # the merge may be half done
            raise

    def _choose_campaign(
        self, connection: Connection, pushdown: StatementBuilder, kept_rollup: KeptRollup | None
    ) -> None:
        """Take the campaign of the newest event, if none is given."""
        if self._campaign is None:
            last = connection.literal(time_of(self._facts.until(self._at)))
            self._campaign = campaign_of_newest_event(connection, pushdown, last, kept_rollup)
            if self._campaign is not None:
                self._hold(self._campaign)

    def _is_behind(self, arrival: Arrival) -> bool:
        """Return whether the rows before the last watermark are not those that were counted.

        The table was emptied or restored, or a row came with a watermark before all times.
        """
        if self._since is None:
            return False
        newest, ancient = arrival.newest, arrival.ancient
        is_gone = newest is None or newest < self._since  # type: ignore[operator]
        return is_gone or ancient != self._arrival.ancient

    def _read_all(
        self, connection: Connection, pushdown: StatementBuilder, until: Watermark | None, now: int
    ) -> bool:
        """Count all stable rows, where the engine does so in parts; return whether it does."""
        if not connection.reads_in_parts or (self._follow and until is None):
            return False
        values = {NOW: connection.literal(time_of(now))}
        if until is not None:
            values[UNTIL] = connection.literal(until)
        reader = FullReader(connection, pushdown.query, self._campaign or "", values)
        with connection.reading_all():
            self._add_all(reader.read, until, now)
        return True

    def _read_kept(self, kept_rollup: KeptRollup, now: int) -> None:
        """Take what the database keeps as the stable rows."""
        window = minutes(self._window) if self._window else None
        read = partial(kept_rollup.read, self._campaign or "", window, now)
        self._kept_note = kept_rollup.note
        self._add_all(read, kept_rollup.settled, now)

    def _add_all(
        self,
        read: Callable[[Callable[[CampaignDelta], None]], RollupDelta],
        until: Watermark | None,
        now: int,
    ) -> None:
        """Add what *read* returns of all stable rows, and what it passes to its argument."""
        self.before_change()
        counts = self._new_counts(None) if self._campaign is None else self._hold(self._campaign)
        try:
            stable = read(counts.add)
            counts.entered.compact()
            counts.entered_in_window = stable.entered
            self._merge(stable, RollupDelta(), until, now)
        except BaseException:
            self._start_over()  # some of it may be added
            raise

    def _recent_rows(self, connection: Connection, pushdown: StatementBuilder) -> int | None:
        """Return how many rows there are from the last watermark on, if that is quick to find."""
        if self._since is None or connection.by_index:
            return None
        campaign, since = self._campaign or "", connection.literal(self._since)
        statement = fill(pushdown.row_count(campaign), campaign, {SINCE: since})
        ((count,),) = fetch_all(connection.rows(statement))
        return int(count)

    def _connected(self) -> tuple[Connection, StatementBuilder]:
        if self._connection is None or self._pushdown is None:
            connection = connect(self.location)
            try:
                query = TableQuery.of(connection, self._window)
            except BaseException:
                connection.close()
                raise
            self._connection, self._statements = connection, {}
            self._pushdown = StatementBuilder.of(connection, query)
        return self._connection, self._pushdown

    def _query(
        self,
        connection: Connection,
        pushdown: StatementBuilder,
        until: Watermark | None,
        now: int,
        recent: int | None,
    ) -> tuple[RollupDelta, RollupDelta]:
        """Run the statement for rows from the last watermark on: stable ones, and pending ones."""
        has_since, has_until = self._since is not None, until is not None
        size = Size.of(recent)
        key = (has_since, has_until, size)
        if key not in self._statements:
            self._statements[key] = pushdown.rollup(
                self._campaign or "",
                since=has_since,
                until=has_until,
                follow=self._follow,
                size=size,
            )
        values = {
            name: connection.literal(value)
            for name, value in ((SINCE, self._since), (UNTIL, until), (NOW, time_of(now)))
            if value is not None
        }
        statement = fill(self._statements[key], self._campaign or "", values)
        window = pushdown.query.window
        untimed = window[0] if window else 0
        stable, pending = decode(connection.rows(statement), self._campaign or "", untimed)
        if window is not None and stable.entered is None:
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
        counts = self._new_counts(None) if self._campaign is None else self._hold(self._campaign)
        cells = Counter(stable.cells)
        cells.update(pending.cells)
        cells.subtract(before.cells)
        entries = [*stable.entries, *pending.entries]
        if before.entries:
            counted = set(before.entries)
            entries = [entry for entry in entries if entry not in counted]
        part = part_of(cells, entries, stable.entered)
        earlier = earlier_entries(self._connection, counts.entered, part)
        if missing or earlier is None:
            self._start_over()
            self._poll_at_once(*self._connected())
            return True
        self.before_change()
        counts.entered.recall(earlier)
        counts.add(part)
        facts = self._facts
        facts.times.add(stable.times, self._held)
        facts.times.record_past(now, self._held)
        facts.more_times = EventTimes()
        facts.more_times.add(pending.times, self._held)
        totals = (facts.campaigns, counts.messages, counts.executions)
        for entities in zip(
            totals,
            self._stable.entities,
            stable.entities,
            before.entities,
            pending.entities,
            strict=True,
        ):
            update_entities(*entities)
        self._stable.statuses.update(stable.statuses)
        room = EXAMPLES - len(self._stable.rejects)
        self._stable.rejects += stable.rejects[:room]
        self._pending, self._since = pending, until
        old_rows = facts.rows
        events = sum(campaign.events for campaign in facts.campaigns.values())
        notes = [*filter(None, (self._kept_note,)), *table_notes(self._connection, self._arrival)]
        deltas = (self._stable, self._pending)
        self._set_rows(health_of(deltas, events, self.location.table, notes))
        return any(cells.values()) or bool(entries) or facts.rows != old_rows
