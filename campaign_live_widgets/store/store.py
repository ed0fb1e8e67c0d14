"""A store of events, for those who write to it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from campaign_live_widgets.sources.commits import is_store
from campaign_live_widgets.store.ingest import Ingestion
from campaign_live_widgets.store.writer import GRACE, Writer, create

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from types import TracebackType

    from campaign_live_widgets.store.ingest import Progress, Result


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
        return Ingestion(self._writer, source, progress or _silent).run()


def _silent(_result: Result, _done: int, _total: int) -> None:
    """Tell nobody."""
