"""Load the events of files or of a store into a table of a database, each event once."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import duckdb

from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.loading.table import ingested, open_table
from campaign_live_widgets.loading.units import UNIT_ROWS, Units
from campaign_live_widgets.loading.writer import UnitWriter
from campaign_live_widgets.snapshot import Reject
from campaign_live_widgets.sources import Tally
from campaign_live_widgets.sources.files.staging import UNREADABLE
from campaign_live_widgets.sources.store_log import Ingested
from campaign_live_widgets.store.ingestion import Ingestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from concurrent.futures import Future

    from campaign_live_widgets.loading.table import EventTable
    from campaign_live_widgets.loading.units import Part, Unit
    from campaign_live_widgets.loading.writer import Loaded
    from campaign_live_widgets.sources.files.staging import Batch
    from campaign_live_widgets.sources.tables.address import DatabaseAddress
    from campaign_live_widgets.store.ingestion import Progress, Result

_UNSTORABLE: Final = "has a NUL character, which PostgreSQL cannot store"


def load(
    source: str | os.PathLike[str], address: DatabaseAddress, progress: Progress | None = None
) -> Result:
    """Load the new events in the files of a source into the table of an address.

    Files whose content has been loaded before are skipped. If it is interrupted, the next call
    continues after the last transaction.

    Raises
    ------
    SourceError
        If the source cannot be read.
    StoreError
        If the table cannot be written.
    UsageError
        If the address is not one of a table that can be loaded, or the client is not installed.
    """
    try:
        table = open_table(address)
        with closing(UnitWriter(table)) as writer:
            return TableIngestion(table, writer, source, progress or _no_progress).run()
    except ImportError as error:
        message = (
            f"{address.engine}:// needs {error.name or 'more packages'}: "
            "pip install 'campaign-live-widgets[postgresql]'"
        )
        raise UsageError(message) from error


class TableIngestion(Ingestion):
    """Ingests the files of a source into a table; see :class:`.Ingestion`."""

    def __init__(
        self,
        table: EventTable,
        writer: UnitWriter,
        source: str | os.PathLike[str],
        progress: Progress,
    ) -> None:
        con = duckdb.connect()
        con.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
        super().__init__(con, source, progress)
        self._table, self._writer = table, writer
        self._units = Units(con, UNIT_ROWS)
        self._loaded: set[str] = set()
        """Keys of the content that this run has loaded."""

    def _ingested(self) -> tuple[Mapping[str, Ingested], bool]:
        """Return which files have been loaded whole."""
        return ingested(self._table), False

    def _keep(self, batch: Batch) -> None:
        """Load the events of a batch, some transactions for a large one."""
        counts = {f.file.path: self._counts(f.file.path, f.end, batch) for f in batch.slices}
        is_ordered = all(
            (schema := self._tail.files[path].schema) is not None and schema.format == "canonical"
            for path in counts
        )
        total = sum(file_slice.end for file_slice in batch.slices)
        done = 0
        with closing(self._units.read(batch, is_ordered=is_ordered)) as units:
            for parts, loaded in self._load(units, counts):
                self._add_unit(loaded, counts, batch)
                done += sum(
                    part.file_slice.end * (part.end - part.start) // max(part.size, 1)
                    for part in parts
                )
                self._progress(self.result, self._bytes_read + min(done, total), self._bytes_total)
        skipped = {count.key for count in counts.values()} - self._loaded
        self.result.skipped += len(skipped)  # another process has loaded them meanwhile

    def _load(
        self, units: Iterator[Unit], counts: Mapping[str, Ingested]
    ) -> Iterator[tuple[Sequence[Part], Loaded]]:
        """Load units, and yield the parts of each with what it has added.

        While one is loaded, the next one is read. If that cannot be read, those before it are
        loaded and yielded all the same.
        """
        with ThreadPoolExecutor(1) as pool:
            running: list[tuple[Sequence[Part], Future[Loaded]]] = []
            try:
                while (unit := next(units, None)) is not None:
                    for parts, future in running:
                        yield parts, future.result()
                    running = [(unit.parts, pool.submit(self._writer.load, unit, counts))]
            except UNREADABLE:
                for parts, future in running:
                    yield parts, future.result()
                raise
            except BaseException:
                self._writer.cancel()
                raise
            for parts, future in running:
                yield parts, future.result()

    def _counts(self, path: str, size: int, batch: Batch) -> Ingested:
        """Return the content of a file, and its rows that are no events."""
        tally = batch.tallies.get(path, Tally())
        return Ingested(
            key=self._keys[path].key,
            name=os.path.abspath(path),
            size=size,
            duplicates=tally.duplicates,
            rejected=tally.rejected,
            ignored=tally.ignored,
        )

    def _add_unit(self, loaded: Loaded, counts: Mapping[str, Ingested], batch: Batch) -> None:
        """Add what one transaction has loaded to the result."""
        self.result.events += loaded.events
        self.result.duplicates += loaded.duplicates
        self.result.rejected += len(loaded.unstorable)
        self.result.rejects += [
            Reject(self._display_name(part.file_slice.file.path), None, _UNSTORABLE)
            for part in loaded.unstorable[:1]
        ]
        for part in loaded.parts:
            path = part.file_slice.file.path
            if part.is_last:
                tally = batch.tallies.get(path, Tally())
                self._loaded.add(counts[path].key)
                self._add(
                    counts[path],
                    [replace(r, file=self._display_name(r.file)) for r in tally.rejects],
                )


def _no_progress(_result: Result, _done: int, _total: int) -> None:
    """Report no progress."""
