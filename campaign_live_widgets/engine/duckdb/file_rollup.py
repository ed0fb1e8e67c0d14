"""The rollup of files: new events are counted in batches and merged into the aggregates."""

from __future__ import annotations

from contextlib import suppress
from math import inf
from pathlib import Path
from time import thread_time
from typing import TYPE_CHECKING, Final

import duckdb

from campaign_live_widgets.engine.aggregates.entities import add_entity
from campaign_live_widgets.engine.aggregates.event_times import newest_campaign
from campaign_live_widgets.engine.aggregates.seen_ids import SeenEvents
from campaign_live_widgets.engine.base import AHEAD
from campaign_live_widgets.engine.duckdb import queries as sql
from campaign_live_widgets.engine.duckdb.batch_counter import BatchCounter
from campaign_live_widgets.engine.duckdb.campaign_pass import count_campaign
from campaign_live_widgets.engine.duckdb.resumable_rollup import ResumableRollup
from campaign_live_widgets.engine.duckdb.small_counter import count_small
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.snapshot import Health, Reject
from campaign_live_widgets.sources import Location, Tail, Tally, quoted
from campaign_live_widgets.sources.files.chunks import chunks
from campaign_live_widgets.sources.files.file_notes import grouped, unread_files_note
from campaign_live_widgets.sources.files.interrupts import held_back, stop_if_interrupted
from campaign_live_widgets.sources.files.opened import why
from campaign_live_widgets.sources.files.raw_bytes import line_count
from campaign_live_widgets.sources.files.small.reader import SmallReader, may_be_small
from campaign_live_widgets.sources.files.staging import UNREADABLE, Stage
from campaign_live_widgets.sources.sends import OUTCOMES_NOTE

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    from campaign_live_widgets.engine.batch_delta import BatchDelta
    from campaign_live_widgets.sources import FileSlice
    from campaign_live_widgets.sources.files.staging import Batch

_TEXT_AHEAD: Final = 1 << 26
"""Bytes of text up to which campaigns are counted before they are asked for."""
MUCH: Final = 1 << 22
"""Bytes of files after which memory is given back."""


class FileRollup(ResumableRollup):
    """A rollup of files, which DuckDB counts in batches; see :class:`Rollup`."""

    location: Location

    def _open(self, source: str | os.PathLike[str]) -> None:
        self.location = Location.parse(source)
        self._has_read_much = False
        self._keep_ids = self._follow  # what counting needs over more than one pass
        self._con = duckdb.connect()
        self._con.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        self._mapped = self.location.mapped_files()
        self._stage = Stage(self._con, self.location.format, {}, mapped=self._mapped)
        self._stage.schemas.outcomes = self.location.outcomes
        self._small = SmallReader(self._con, self._stage, sql.hashes)
        self._con.execute(f"SET temp_directory = {quoted(self._stage.folder)}")
        digest = self._mapped.digest if self._mapped else ""
        self._open_state(self.location.text, self.location.outcomes * "sends-" + digest)
        self._start()

    def _start(self) -> None:
        """Start with no file and no event."""
        self._tail = Tail(self.location, follow=self._follow, mapped=self._mapped)
        self._stage.files = self._tail.files
        self._seen = SeenEvents()
        self._counter = self._new_counter()
        self._returned, self._gone_version = 0, -1
        self._is_cleared = False  # whether a page has had the source counted again since

    def _new_counter(self) -> BatchCounter:
        return BatchCounter(
            self._con,
            self._stage,
            self._seen,
            self._window,
            uniques=self._uniques,
            small_cells=self._small_cells,
        )

    def interrupt(self) -> None:
        """End a statement that another thread runs; see :meth:`Rollup.interrupt`."""
        with suppress(duckdb.Error):  # it is closed
            self._con.interrupt()

    def close(self) -> None:
        """Close DuckDB and remove temporary files."""
        self._stage.close()
        self._con.close()

    # --- reading ---------------------------------------------------------------------------

    def refresh(self) -> bool:
        """Read what is new in the source; return whether any count or note changed.

        Raises
        ------
        SourceError
            If the source cannot be read; earlier counts are kept.
        """
        with held_back(self._con) as stop_if_asked:
            old_rows = self._facts.rows
            self._load_once()
            self._is_cleared |= self.gone.poll()
            slices = self._new_slices()
            is_loaded = self._must_choose
            is_changed = bool(slices) or is_loaded
            if self._is_cleared or self._tail.is_rewritten:
                is_changed = self._has_changed = True
                self._recount(stop_if_asked)
            else:
                self._count_files(slices, stop_if_asked)
            self._choose_again(stop_if_asked)
            self._sum_health()
            if not self._follow:
                self._require_rows()
            self._has_changed |= bool(slices)
            if not is_changed:
                self._seen.compact()
                self._compact()
                self._release()
            return is_changed or self._facts.rows != old_rows

    def _new_slices(self) -> list[FileSlice]:
        """Return what is new in the files that may have changed."""
        started, changed = thread_time(), self.changes.take()
        slices = self._tail.poll(changed)
        self.changes.polled(thread_time() - started if self._tail.has_polled_all else None)
        if changed is not None and self._tail.has_polled_all:
            self.changes.expect_more()
        return slices

    def _recount(self, stop_if_asked: Callable[[], None]) -> None:
        """Count what is in the files now, and record which events are gone."""
        old_seen, is_cleared = self._seen, self._is_cleared
        self._count_from_start(stop_if_asked)
        if not is_cleared:
            self.gone.add(*old_seen.without(self._seen))

    def _count_another(self, campaign: str) -> None:
        with held_back(self._con) as stop_if_asked:
            self._count_held(campaign, stop_if_asked)
        self._has_changed = True

    def _count_held(self, campaign: str, stop_if_asked: Callable[[], None]) -> None:
        """Hold a campaign, and count it in what was read of the files."""
        self._hold(campaign)
        if campaign not in self._facts.campaigns:
            return
        try:
            now = self._facts.now()
            deltas = count_campaign(
                self._con, self._stage, self._counter, self._tail, campaign, now, stop_if_asked
            )
            if deltas is None:
                self._recount(stop_if_asked)
                self._sum_health()
                return
        except BaseException:
            self._drop(campaign)
            raise
        self._has_read_much |= sum(part.end for part in self._tail.counted()) > MUCH
        self.before_change()
        self._facts.times.record_past(now, self._held)
        for delta in deltas:
            self._facts.times.add_minutes(delta.times)
            self._held[campaign].add(delta.parts[campaign])

    def _compact(self) -> None:
        """Sort what was added, so that the next refresh does not have to."""
        self.before_change()
        for counts in self._held.values():
            counts.compact()

    def recount(self) -> None:
        """Count all files again, and forget which events are gone; see :meth:`Rollup.recount`."""
        self._is_first, self._has_changed = False, True
        with held_back(self._con) as stop_if_asked:
            self._count_from_start(stop_if_asked)
            self.gone.clear()
            self._sum_health()

    def _count_from_start(self, stop_if_asked: Callable[[], None]) -> None:
        """Count what is in the files now, in place of what was counted.

        The counts are sums, from which the events of a file that is no longer there cannot be
        subtracted.
        """
        earlier = dict(vars(self))
        try:
            self._reset()
            self._start()
            self._count_files(self._tail.poll(), stop_if_asked)
        except BaseException:
            vars(self).update(earlier)
            self._stage.files = self._tail.files
            raise

    def _count_files(self, slices: Sequence[FileSlice], stop_if_asked: Callable[[], None]) -> None:
        """Count slices, in batches of a limited size."""
        batches = list(chunks(slices))
        self._has_read_much |= sum(part.end - part.start for part in slices) > MUCH
        self._keep_ids |= len(batches) > 1
        if self._campaign is None and len(batches) > 1:
            self._choose(batches)
        for chunk in batches:
            stop_if_asked()
            if not self._count_small(chunk):
                self._count_slices(chunk)

    def _count_small(self, slices: Sequence[FileSlice]) -> bool:
        """Count slices with few rows in Python; return whether that was possible."""
        campaign = self._campaign
        if self._small_cells or not self._follow or campaign is None or not self._facts.campaigns:
            return False
        batch = self._small.read(slices) if may_be_small(slices) else None
        if batch is None:
            return False
        now = self._facts.now()
        counted = count_small(
            batch, self._seen, campaign, self._held, now=now, uniques=self._uniques
        )
        lines = {file_slice.file.path: line_count(file_slice) for file_slice in slices}
        self._merge(counted, now)
        self._commit(batch.files, counted, lines)
        return True

    def _choose(self, batches: Sequence[Sequence[FileSlice]]) -> None:
        """Choose the campaign of the newest event of all chunks."""
        newest: dict[str, int | None] = {}
        for chunk in batches:
            try:
                self._stage.stage(chunk)
                for campaign, last in self._counter.newest(self._facts.until(self._at)):
                    previous = newest.setdefault(campaign, last)
                    if last is not None and (previous is None or last > previous):
                        newest[campaign] = last
            except UNREADABLE as error:
                stop_if_interrupted(error)
                continue  # counting it will report the error
            finally:
                self._stage.clear()
        self._campaign = newest_campaign(newest)
        if self._campaign is not None:
            self._hold(self._campaign)

    def _count_slices(self, slices: Sequence[FileSlice]) -> None:
        """Count slices together; if that fails, count each alone."""
        try:
            batch = self._stage.stage(slices)
            self._hold_newest(batch)
            now = self._facts.now()
            counted = self._counter.count(
                batch,
                self._campaign,
                self._held,
                keeps=self._keep_ids,
                now=now,
                until=self._facts.until(self._at),
            )
            lines = {f.file.path: line_count(f) if self._follow else 0 for f in batch.slices}
        except UNREADABLE as error:
            stop_if_interrupted(error)
            if len(slices) > 1:
                self._keep_ids = True  # there will be more than one pass
                if self._campaign is None:
                    self._choose([[file_slice] for file_slice in slices])
                for file_slice in slices:
                    self._count_slices([file_slice])
                return
            if Path(slices[0].file.path).exists():
                self._tail.give_up(slices[0], why(error))
            return
        finally:
            self._stage.clear()
        self._merge(counted, now)
        self._commit(batch, counted, lines)
        for file_slice in slices:
            path = file_slice.file.path
            if path in batch.problems:
                self._tail.give_up(file_slice, batch.problems[path])

    def _commit(self, batch: Batch, counted: BatchDelta, lines: Mapping[str, int]) -> None:
        """Mark the slices of a batch as read."""
        for file_slice in batch.slices:
            path = file_slice.file.path
            tally = counted.tallies.get(path, Tally())
            self._tail.commit(file_slice, lines[path], tally, counted.repeats.get(path))

    def _hold_newest(self, batch: Batch) -> None:
        """Hold the newest campaigns of a first batch of text, which takes long to parse again."""
        if not self._follow or self._facts.campaigns:
            return
        size = sum(part.end for part in batch.slices)
        if 2 * sum(part.end for part in batch.slices if _is_text(part)) <= size:
            return
        newest = dict(self._counter.newest(self._facts.until(self._at)))
        for _ in range(min(AHEAD, len(newest))):
            campaign = newest_campaign(newest)
            if campaign is not None and campaign not in self._held:
                self._hold(campaign).asked_at = -inf
            newest.pop(str(campaign))

    def count_ahead(self) -> bool:
        """Count the newest campaign that is not held, where text need not be parsed for long."""
        if all(self.holds(campaign.id) for campaign in self.campaigns()[:AHEAD]):
            return False
        text = sum(part.end for part in self._tail.counted() if _is_text(part))
        return text <= _TEXT_AHEAD and super().count_ahead()

    def _merge(self, counted: BatchDelta, now: int) -> None:
        """Add a batch's delta, as read at *now*; nothing here can fail half-way."""
        self.before_change()
        if self._campaign is None:
            self._campaign = counted.campaign
        for campaign, part in counted.parts.items():
            self._hold(campaign).add(part)
        facts = self._facts
        facts.times.add(counted.times, self._held)
        facts.times.record_past(now, self._held)
        for campaign, stats in counted.campaigns.items():
            add_entity(facts.campaigns, campaign, stats)
        if counted.ids:
            self._seen.add(*counted.ids)
            if len(self.gone.ids):
                self._returned += int(self.gone.ids.lookup(*counted.ids).sum())

    def _with_relative_path(self, reject: Reject) -> Reject:
        return Reject(self._relative(reject.file), reject.row, reject.cause)

    def _relative(self, path: str) -> str:
        """Return the path of a file relative to the source."""
        try:
            return str(Path(path).relative_to(self.location.watched))
        except ValueError:
            return path

    def _sum_health(self) -> None:
        """Sum the tallies of the files that exist now."""
        totals = self._tail.totals
        notes = sorted({**self._tail.waiting, **self._tail.problems}.items())
        remarks = {**self._tail.passed, **self._tail.guesses}
        rows = Health(
            events=sum(campaign.events for campaign in self._facts.campaigns.values()),
            duplicates=totals.duplicates,
            rejected=totals.rejected,
            ignored=totals.ignored,
            gone=self._count_gone(),
            rejects=tuple(map(self._with_relative_path, self._tail.rejects())),
            notes=(
                *(f"{self._relative(path)}: {text}" for path, text in notes),
                *(self._mapped.notes() if self._mapped else ()),
                *grouped({self._relative(path): text for path, text in remarks.items()}),
                *((OUTCOMES_NOTE,) if self.location.outcomes else ()),
                *unread_files_note(self._tail.others),
            ),
        )
        self._set_rows(rows)

    def _count_gone(self) -> int:
        """Return how many events that were counted are in no file now."""
        if self.gone.version != self._gone_version:
            self._gone_version = self.gone.version
            self._returned = int(self._seen.lookup(*self.gone.ids.columns()).sum())
        return len(self.gone.ids) - self._returned

    def _require_rows(self) -> None:
        """Raise :class:`SourceError` if the source has no readable rows."""
        rows = self._facts.rows
        if rows.events or rows.rejected or rows.ignored:
            return
        for path, cause in (*self._tail.problems.items(), *self._tail.waiting.items()):
            message = f"{path}: {cause}"
            raise SourceError(message)
        if not self.location.files():
            what = "no file matches" if self.location.is_glob else "there is no event file"
            message = f"{self.location.text}: {what} (Parquet, Avro, CSV or NDJSON)"
            raise SourceError(message)


def _is_text(file_slice: FileSlice) -> bool:
    return file_slice.file.kind != "parquet"
