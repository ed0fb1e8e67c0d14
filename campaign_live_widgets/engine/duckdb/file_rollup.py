"""The rollup of files: new events are counted in batches and merged into the aggregates."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import duckdb
import numpy as np

from campaign_live_widgets.engine.aggregates.cube_cells import add_cells
from campaign_live_widgets.engine.aggregates.entities import add_entity
from campaign_live_widgets.engine.aggregates.event_times import newest_campaign
from campaign_live_widgets.engine.aggregates.seen_ids import SeenEvents
from campaign_live_widgets.engine.base import Rollup
from campaign_live_widgets.engine.duckdb.batch_counter import BatchCounter
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.snapshot import Health, Reject
from campaign_live_widgets.sources import EXAMPLES, Location, Tail, Tally, quoted
from campaign_live_widgets.sources.files.interrupts import held_back, stop_if_interrupted
from campaign_live_widgets.sources.files.raw_bytes import line_count
from campaign_live_widgets.sources.files.staging import UNREADABLE, Stage, why

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from campaign_live_widgets.engine.duckdb.batch_counter import BatchDelta
    from campaign_live_widgets.sources import FileSlice

_T = TypeVar("_T")
_ENDING: Final = 12
"""Characters of a file extension that are shown."""
_CHUNK_BYTES: Final = 1 << 29
"""Bytes of files in one batch: limits memory while a large history is read."""


class FileRollup(Rollup):
    """A rollup of files, which DuckDB counts in batches; see :class:`Rollup`."""

    location: Location

    def _open(self, source: str | os.PathLike[str]) -> None:
        self.location = Location.parse(source)
        self._keep_ids = self._follow  # what counting needs over more than one pass
        self._con = duckdb.connect()
        self._con.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        self._stage = Stage(self._con, self.location.format, {})
        self._con.execute(f"SET temp_directory = {quoted(self._stage.folder)}")
        self._start()

    def _start(self) -> None:
        """Start with no file and no event."""
        self._tail = Tail(self.location, follow=self._follow)
        self._stage.files = self._tail.files
        self._seen = SeenEvents()
        self._counter = BatchCounter(self._con, self._stage, self._seen, self._window)
        self._returned, self._gone_version = 0, -1
        self._is_cleared = False  # whether a page has had the source counted again since

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
            old_health, old_seen = self._health, self._seen
            self._is_cleared |= self.gone.poll()
            slices, is_cleared = self._tail.poll(), self._is_cleared
            is_changed = bool(slices)
            if is_cleared or self._tail.is_rewritten:
                is_changed = True
                self._count_from_start(stop_if_asked)
                if not is_cleared:
                    self.gone.add(*old_seen.without(self._seen))
            else:
                self._count_files(slices, stop_if_asked)
            self._sum_health()
            if not self._follow:
                self._require_rows()
            if not is_changed:
                self._seen.compact()
                self.before_change()
                self._entered.compact()
            return is_changed or self._health != old_health

    def recount(self) -> None:
        """Count all files again, and forget which events are gone; see :meth:`Rollup.recount`."""
        with held_back(self._con) as stop_if_asked:
            self._count_from_start(stop_if_asked)
            self.gone.clear()
            self._sum_health()

    def record_gone(self) -> None:
        """Find events that are gone since the last refresh; see :meth:`Rollup.record_gone`."""
        self.refresh()

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
        self._keep_ids |= len(batches) > 1
        if self._campaign is None and len(batches) > 1:
            self._campaign = self._newest_campaign(batches)
        for chunk in batches:
            stop_if_asked()
            self._count_slices(chunk)

    def _newest_campaign(self, batches: Sequence[Sequence[FileSlice]]) -> str | None:
        """Return the campaign of the newest event of all chunks."""
        newest: dict[str, int | None] = {}
        for chunk in batches:
            try:
                self._stage.stage(chunk)
                for campaign, last in self._counter.newest(self._until(self._at)):
                    previous = newest.setdefault(campaign, last)
                    if last is not None and (previous is None or last > previous):
                        newest[campaign] = last
            except UNREADABLE as error:
                stop_if_interrupted(error)
                continue  # counting it will report the error
            finally:
                self._stage.clear()
        return newest_campaign(newest)

    def _count_slices(self, slices: Sequence[FileSlice]) -> None:
        """Count slices together; if that fails, count each alone."""
        try:
            batch = self._stage.stage(slices)
            now = self._now()
            counted = self._counter.count(
                batch,
                self._campaign,
                keeps=self._keep_ids,
                now=now,
                until=self._until(self._at),
            )
            lines = {f.file.path: line_count(f) if self._follow else 0 for f in batch.slices}
        except UNREADABLE as error:
            stop_if_interrupted(error)
            if len(slices) > 1:
                self._keep_ids = True  # there will be more than one pass
                if self._campaign is None:
                    self._campaign = self._newest_campaign([[file_slice] for file_slice in slices])
                for file_slice in slices:
                    self._count_slices([file_slice])
                return
            if Path(slices[0].file.path).exists():
                self._tail.give_up(slices[0], why(error))
            return
        finally:
            self._stage.clear()
        self._merge(counted, now)
        for file_slice in slices:
            path = file_slice.file.path
            if path in batch.problems:
                self._tail.give_up(file_slice, batch.problems[path])
            elif path in lines:
                self._tail.commit(file_slice, lines[path], counted.tallies.get(path, Tally()))

    def _merge(self, counted: BatchDelta, now: int) -> None:
        """Add a batch's delta, as read at *now*; nothing here can fail half-way."""
        self.before_change()
        self._campaign = counted.campaign
        self._times.add(counted.times, self._campaign)
        self._times.record_past(now, self._campaign)
        numbers = self._segments.numbers(counted.segments)
        add_cells(counted.cells, self._counted, numbers)
        if counted.entries is not None:
            high, low, minute, is_test, segment = counted.entries
            self._entered.add(
                high, low, minute.astype(np.int64), is_test.astype(bool), numbers[segment]
            )
        if counted.entered is not None:
            self._entered_in_window = counted.entered
        for totals, additions in (
            (self._campaigns, counted.campaigns),
            (self._messages, counted.messages),
            (self._executions, counted.executions),
        ):
            for key, stats in additions.items():
                add_entity(totals, key, stats)
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
        tallies = [state.tally for state in self._tail.files.values()]
        rejects = islice((r for tally in tallies for r in tally.rejects), EXAMPLES)
        notes = sorted({**self._tail.waiting, **self._tail.problems}.items())
        self._health = Health(
            events=sum(campaign.events for campaign in self._campaigns.values()),
            duplicates=sum(tally.duplicates for tally in tallies),
            rejected=sum(tally.rejected for tally in tallies),
            ignored=sum(tally.ignored for tally in tallies),
            gone=self._count_gone(),
            rejects=tuple(map(self._with_relative_path, rejects)),
            notes=(
                *(f"{self._relative(path)}: {text}" for path, text in notes),
                *_ignored_files_note(self._tail.others),
            ),
        )

    def _count_gone(self) -> int:
        """Return how many events that were counted are in no file now."""
        if self.gone.version != self._gone_version:
            self._gone_version = self.gone.version
            self._returned = int(self._seen.lookup(*self.gone.ids.columns()).sum())
        return len(self.gone.ids) - self._returned

    def _require_rows(self) -> None:
        """Raise :class:`SourceError` if the source has no readable rows."""
        if self._health.events or self._health.rejected or self._health.ignored:
            return
        for path, cause in (*self._tail.problems.items(), *self._tail.waiting.items()):
            message = f"{path}: {cause}"
            raise SourceError(message)
        if not self.location.files():
            what = "no file matches" if self.location.is_glob else "there is no event file"
            message = f"{self.location.text}: {what} (Parquet, CSV or NDJSON)"
            raise SourceError(message)


def chunks(slices: Sequence[FileSlice]) -> Iterator[list[FileSlice]]:
    """Split file slices so that one pass reads a bounded number of bytes (or one file)."""
    return chunks_of(slices, lambda file_slice: file_slice.end - file_slice.start)


def chunks_of(items: Iterable[_T], length: Callable[[_T], int]) -> Iterator[list[_T]]:
    """Split items into batches of a limited number of bytes, at least one item each."""
    chunk: list[_T] = []
    size = 0
    for item in items:
        if chunk and size + length(item) > _CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(item)
        size += length(item)
    if chunk:
        yield chunk


def _ignored_files_note(others: Mapping[str, int]) -> Iterator[str]:
    """Yield a note of files that are ignored because of their extension, if there are any."""
    if others:
        endings = ", ".join(
            f"{ending[:_ENDING] or 'none'} ({count})"
            for ending, count in sorted(others.items(), key=lambda item: (-item[1], item[0]))[:5]
        )
        total = sum(others.values())
        files = "1 file is" if total == 1 else f"{total} files are"
        yield (
            f"{files} ignored because of the file extension: {endings}; "
            "supported: Parquet, CSV and NDJSON"
        )
