"""Ingest the files of a source into a store, each event once."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from campaign_live_widgets.errors import StoreError, UsageError
from campaign_live_widgets.sources import Tally
from campaign_live_widgets.sources.files.interrupts import stop_if_interrupted
from campaign_live_widgets.sources.files.staging import UNREADABLE
from campaign_live_widgets.sources.store_log import Ingested
from campaign_live_widgets.store.folder import reported_profiles
from campaign_live_widgets.store.given_up import restore_given_up
from campaign_live_widgets.store.ingestion import Ingestion
from campaign_live_widgets.store.new_events import BatchIds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign_live_widgets.sources.files.staging import Batch
    from campaign_live_widgets.store.ingestion import Progress
    from campaign_live_widgets.store.writer import Writer


class StoreIngestion(Ingestion):
    """Ingests the files of a source into a store; see :class:`.Ingestion`."""

    def __init__(
        self,
        writer: Writer,
        source: str | os.PathLike[str],
        progress: Progress,
        name: str | None = None,
    ) -> None:
        self._writer = writer
        super().__init__(writer.connection(), source, progress, name)

    def _is_excluded(self, path: str) -> bool:
        """Return whether a file is part of the store itself; raise if the whole source is."""
        store = os.path.join(os.path.realpath(self._writer.folder), "")
        if os.path.realpath(self._location.watched).startswith(store.rstrip(os.sep)):
            message = f"{self._location.text}: the source is the store itself; give another source"
            raise UsageError(message)
        return os.path.realpath(path).startswith(store)

    def _begin(self) -> None:
        """Find the events that the store has lost, and store again what is intact of them."""
        with self._writer.locked():
            self._writer.find_lost_events()
            self.result.restored = self.result.events = restore_given_up(self._writer)

    def _end(self) -> None:
        """Note which events are still missing."""
        with self._writer.locked() as state:
            self.result.lost = self._writer.lost.files(state)

    def _ingested(self) -> tuple[Mapping[str, Ingested], bool]:
        """Return what was ingested before; it is read again while events are missing."""
        with self._writer.locked() as state:
            return dict(state.ingested), bool(self._writer.lost.files(state))

    def _keep(self, batch: Batch) -> None:
        """Store the new events of a batch in one commit."""
        self._report_profiles(batch)
        ids = BatchIds.of_batch(self._con, batch)
        try:
            with self._writer.locked():
                self._store(batch, ids)
        except StoreError:
            source_error = self._source_error()
            if source_error is None:
                raise
            raise source_error from None

    def _report_profiles(self, batch: Batch) -> None:
        """Note once that an older store has a profile for each mail of Journey Optimizer's."""
        if not any(self._stage.schema_of(each).format == "ajo" for each in batch.slices):
            return
        with self._writer.locked() as state:
            if not reported_profiles(self._writer.folder) and state.files:
                self.result.notes.append(
                    f"{self._writer.folder}: events of Journey Optimizer that were stored before "
                    "have a profile for each mail, new ones a profile for each person; to count "
                    "people in all, ingest everything into a new store"
                )

    def _source_error(self) -> BaseException | None:
        """Return why the staged rows cannot be read; ``None`` if they can, so the store failed."""
        try:
            for table in self._stage.tables:
                self._con.execute(f"SELECT max(hash(COLUMNS(*))) FROM {table}").fetchall()
        except UNREADABLE as error:
            stop_if_interrupted(error)
            return error
        return None

    def _store(self, batch: Batch, ids: BatchIds) -> None:
        """Store the new events of a batch; the writer holds the lock."""
        is_new = ids.new_to(self._writer)
        counts, rejects = [], []
        files = batch.files_of(ids.position)
        stored = np.bincount(files[is_new], minlength=len(batch.slices))
        repeated = np.bincount(files[~is_new], minlength=len(batch.slices))
        for index, file_slice in enumerate(batch.slices):
            path = file_slice.file.path
            tally = batch.tallies.get(path, Tally())
            content = self._keys[path]
            if content.is_known:
                self.result.events += int(stored[index])
                continue
            counts.append(
                Ingested(
                    key=content.key,
                    name=self._name or os.path.abspath(path),
                    size=file_slice.end,
                    events=int(stored[index]),
                    duplicates=int(repeated[index]) + tally.duplicates,
                    rejected=tally.rejected,
                    ignored=tally.ignored,
                    replaces=content.replaces,
                )
            )
            rejects.append([replace(r, file=self._display_name(r.file)) for r in tally.rejects])
        has_dropped_rows = bool(batch.rejected or batch.ignored)
        if counts or is_new.any():
            self.result.restored += ids.store(
                self._writer, self._con, has_dropped_rows, is_new, counts, rejects
            )
        for count, rejected in zip(counts, rejects, strict=True):
            self._add(count, rejected)
