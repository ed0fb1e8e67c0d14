"""A store of events, for those who write to it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Self

from campaign_live_widgets.errors import StoreError
from campaign_live_widgets.sources import quoted
from campaign_live_widgets.sources.store_log import is_store
from campaign_live_widgets.store.append import Appended, Appender
from campaign_live_widgets.store.compact import Compacted, compact
from campaign_live_widgets.store.ingest import Ingestion
from campaign_live_widgets.store.writer import GRACE, Writer, create

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping
    from types import TracebackType

    import pyarrow as pa

    from campaign_live_widgets.store.ingest import Progress, Result

_COMPACT_EVERY: Final = 32
"""Commits between two looks of ``append`` at how many small files there are."""


class Store:
    """Events in a folder of Parquet files, each event once, whatever comes twice or crashes.

    Readers need none of this: a report takes the folder as its source. Several processes and
    threads may write to one store; they take turns.

    Parameters
    ----------
    path : str or path
        The folder; made a store where it is empty or not there.
    grace : float
        Seconds for which files stay that compaction has replaced.
    clock : callable
        Returns the time now, in seconds since the epoch.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        grace: float = GRACE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = Path(path).expanduser()
        if not is_store(self.path):
            create(self.path)
        self._writer = Writer(self.path, grace=grace, clock=clock)
        self._appender = Appender(self._writer)
        self._looking = Lock()
        self._looked = 0
        """The commit after which there was a look at how many small files there are."""

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open a store, or make one where the folder is empty or not there."""
        return cls(path)

    def close(self) -> None:
        """Let go of the engine; what was written stays."""
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
        """Store the events in the files of a source that are not there yet.

        Files whose content has been ingested are passed over. When it returns, all is on the
        disk; where it is ended before, what has been committed is, and the rest comes with the
        next call.

        Raises
        ------
        SourceError
            Where the source cannot be read.
        StoreError
            Where the store cannot be written.
        """
        result = Ingestion(self._writer, source, progress or _silent).run()
        compact(self._writer, everything=False)
        return result

    def append(
        self,
        events: Sequence[Mapping[str, Any]] | pa.Table,
        *,
        durable: bool = True,
        name: str = "append",
        format: str | None = "canonical",  # noqa: A002 - the word everywhere else
    ) -> Appended:
        """Store rows that are not there yet; safe to call from several threads.

        Calls that come while another one is being written share one commit, so that many small
        ones cost little. When it returns, its events are counted once and for ever.

        Parameters
        ----------
        events : sequence of dict, or pyarrow.Table
            Rows in canonical columns, or in those of *format*.
        durable : bool
            Whether they have to be on the disk before it returns, so that they outlive a cut of
            the power and not only the end of the process.
        name : str
            What rejected rows are said to be from.
        format : str or None
            ``None`` recognises it by the fields of the rows.

        Raises
        ------
        StoreError
            Where nothing of it has been stored.
        """
        if isinstance(events, Sequence):
            done = self._appender.append(events, name=name, wanted=format, durable=durable)
        else:
            done = self._append_table(events, name=name, wanted=format)
        self._merge_in_time()
        return done

    def _merge_in_time(self) -> None:
        """Merge small files once there may be many; one call does it, the others go on."""
        number = self._writer.state.number
        with self._looking:
            due = number >= self._looked + _COMPACT_EVERY
            if due:
                self._looked = number
        if due:
            compact(self._writer, everything=False)

    def _append_table(self, table: pa.Table, *, name: str, wanted: str | None) -> Appended:
        """Store a table by way of a file: columns keep the types that they have."""
        with TemporaryDirectory(prefix="campaign-live-") as folder:
            path = Path(folder) / "table.parquet"
            with self._writer.connection() as con:
                con.register("given", table)
                con.execute(f"COPY given TO {quoted(str(path))} (FORMAT parquet)")
            source = f"{wanted}:{path}" if wanted else path
            result = Ingestion(self._writer, source, _silent, name).run()
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
        """Merge all small files of each campaign and day, whoever reads them meanwhile."""
        return compact(self._writer, everything=True)


def _silent(_result: Result, _done: int, _total: int) -> None:
    """Tell nobody."""
