"""A store of events, as programs write to it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Self

from campaign_live_widgets.errors import StoreError
from campaign_live_widgets.sources import quoted
from campaign_live_widgets.sources.mapping.load import load_mapping
from campaign_live_widgets.sources.mapping.mapped_files import MappedFiles
from campaign_live_widgets.sources.mapping.rules import NO_FORMAT
from campaign_live_widgets.sources.sends import OUTCOMES, check_sends
from campaign_live_widgets.sources.store_log import is_store
from campaign_live_widgets.store.append import Appended, Appender
from campaign_live_widgets.store.compaction.compact import Compacted, compact
from campaign_live_widgets.store.folder import create
from campaign_live_widgets.store.ingest import StoreIngestion
from campaign_live_widgets.store.retry import Retried, retry
from campaign_live_widgets.store.unmapped import UnmappedRows
from campaign_live_widgets.store.writer import GRACE, Writer

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from types import TracebackType

    import pyarrow as pa

    from campaign_live_widgets.store.ingestion import Progress, Result

_COMPACT_EVERY: Final = 32
"""Commits after which ``append`` checks whether there are many small files."""
_NO_MAPPING: Final = "none"


class Store:
    """Events in a folder of Parquet files, each event exactly once.

    A report takes the folder as its source; only programs that write need this class. Several
    processes and threads may write to one store; they take turns.

    Parameters
    ----------
    path : str or path
        Folder of the store; a store is created if it is empty or missing.
    grace : float
        Seconds for which files that a compaction has replaced are not deleted.
    clock : callable
        Returns the current time, in seconds since the epoch.
    mapping : path, optional
        A mapping file, by which :meth:`append` reads rows; :meth:`ingest` takes the source's own.
    sends : str, optional
        What counts as sent in rows of :meth:`append`: ``events``, the default, or ``outcomes``.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        grace: float = GRACE,
        clock: Callable[[], float] = time.time,
        mapping: str | os.PathLike[str] | None = None,
        sends: str | None = None,
    ) -> None:
        self._mapped = _mapped_rows(mapping)
        self.path = Path(path).expanduser()
        if not is_store(self.path):
            create(self.path)
        self._writer = Writer(self.path, grace=grace, clock=clock)
        self._unmapped = UnmappedRows(self.path, clock)
        self._appender = Appender(
            self._writer,
            self._unmapped,
            self._mapped,
            outcomes=check_sends(sends) == OUTCOMES,
        )
        self._compaction_lock = Lock()
        self._compacted_at = 0
        """Number of the commit after which small files were last merged or checked."""

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        mapping: str | os.PathLike[str] | None = None,
        sends: str | None = None,
    ) -> Self:
        """Open a store; create it if the folder is empty or missing."""
        return cls(path, mapping=mapping, sends=sends)

    def close(self) -> None:
        """Close the connections to DuckDB."""
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def ingest(self, source: str | os.PathLike[str], *, progress: Progress | None = None) -> Result:
        """Store the new events in the files of a source.

        Files whose content has been ingested before are skipped. When it returns, all events are
        on the disk. If it is interrupted, the committed events are, and the next call continues
        from there.

        Parameters
        ----------
        source : str or path
            A file, a folder or a glob, as of a report.
        progress : callable, optional
            Called after each commit with the result so far, the bytes read and all bytes.

        Raises
        ------
        SourceError
            If the source cannot be read.
        StoreError
            If the store cannot be written.
        """
        result = StoreIngestion(self._writer, source, progress or _ignore_progress).run()
        compact(self._writer, everything=False)
        return result

    def append(
        self,
        events: Sequence[Mapping[str, Any]] | pa.Table,
        *,
        durable: bool = True,
        name: str = "append",
        format: str | None = "canonical",  # noqa: A002 - the word everywhere else
        keeps_rejected: bool = False,
    ) -> Appended:
        """Store the new events in rows; may be called from several threads.

        Calls that arrive while another one is being written share one commit; that makes many
        small calls cheap. When it returns, its events are stored, each exactly once.

        Parameters
        ----------
        events : sequence of dict, or pyarrow.Table
            Rows in canonical columns, or in those of *format*.
        durable : bool
            Whether the events are synced to the disk before it returns, so that they survive a
            power loss and not only the end of the process.
        name : str
            File name of the rejected rows in reports.
        format : str or None
            Format of the rows; ``None`` detects it by their fields.
        keeps_rejected : bool
            Whether rejected rows are kept as they are, for :meth:`retry`; not those of a table.

        Raises
        ------
        StoreError
            If nothing of the call has been stored.
        """
        if self._mapped and not isinstance(events, Sequence):
            events = events.to_pylist()
        if isinstance(events, Sequence):
            appended = self._appender.append(
                events,
                name=name,
                format_name=format,
                durable=durable,
                rejected="keep" if keeps_rejected else "count",
            )
        else:
            appended = self._append_table(events, name=name, format_name=format)
        self._compact_if_due()
        return appended

    def maps_any(self, format_name: str) -> bool:
        """Return whether the mapping reads rows of that name whatever their fields are."""
        mapped = self._mapped.format_of_rows(format_name) if self._mapped else None
        return mapped is not None and mapped.rule.format == NO_FORMAT

    def retry(self) -> Retried:
        """Map the rows again that were kept when they were rejected.

        Those that are mapped now are stored as events, each once; they are deleted where they
        were kept, and no longer count as rejected.

        Raises
        ------
        StoreError
            If the store cannot be written, or a retry by another mapping was interrupted.
        """
        digest = self._mapped.digest if self._mapped else _NO_MAPPING
        result = retry(self._writer, self._appender, self._unmapped, digest)
        self._compact_if_due()
        return result

    def _compact_if_due(self) -> None:
        """Merge small files if there may be many; of concurrent calls only one does."""
        number = self._writer.state.number
        with self._compaction_lock:
            is_due = number >= self._compacted_at + _COMPACT_EVERY
            if is_due:
                self._compacted_at = number
        if is_due:
            compact(self._writer, everything=False)

    def _append_table(self, table: pa.Table, *, name: str, format_name: str | None) -> Appended:
        """Store a table through a temporary Parquet file, so that columns keep their types."""
        with TemporaryDirectory(prefix="campaign-live-") as folder:
            path = Path(folder) / "table.parquet"
            with self._writer.connection() as con:
                con.register("appended_table", table)
                con.execute(f"COPY appended_table TO {quoted(str(path))} (FORMAT parquet)")
            source = f"{format_name}:{path}" if format_name else path
            result = StoreIngestion(self._writer, source, _ignore_progress, name).run()
        if result.problems:
            message = f"the table cannot be read: {next(iter(result.problems.values()))}"
            raise StoreError(message)
        return Appended(
            result.events,
            result.duplicates,
            result.rejected,
            result.ignored,
            tuple(result.rejects),
        )

    def compact(self) -> Compacted:
        """Merge the small files of each campaign and day; readers are not affected."""
        return compact(self._writer, everything=True)


def _mapped_rows(mapping: str | os.PathLike[str] | None) -> MappedFiles | None:
    return None if mapping is None else MappedFiles(load_mapping(str(mapping)), "")


def _ignore_progress(_result: Result, _done: int, _total: int) -> None:
    """Report no progress."""
