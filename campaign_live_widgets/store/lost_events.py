"""Which events a store has lost: its log and its index have them, but no intact file.

The ids of lost events are all ids of the index that are in no intact file. They are computed when
damage is found, in memory, and never stored. An event with such an id is not a duplicate: it is
stored again, and the damaged files of its campaign and day are given up in the same commit. From
then on the log has how many events of such a file are still missing.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from campaign_live_widgets.engine.duckdb.queries import hashes
from campaign_live_widgets.io.file_status import FileStatus, status_of
from campaign_live_widgets.sources.files.interrupts import stop_if_interrupted
from campaign_live_widgets.sources.files.staging import UNREADABLE
from campaign_live_widgets.sources.store_log import parquet
from campaign_live_widgets.sources.stored_files import has_digest
from campaign_live_widgets.store.index import id_index as ids
from campaign_live_widgets.store.index.rebuild_index import build_index, read_ids
from campaign_live_widgets.store.partition import DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    import duckdb
    from numpy.typing import NDArray

    from campaign_live_widgets.sources.store_log import State, StoredFile

_EVERY: Final = 60.0
"""Seconds after which a writer looks for damaged files again."""
_BLOCK: Final = 1 << 20
_RESTORED: Final = "restored_ids"


class LostEvents:
    """The lost events of one store, as its writer knows them."""

    def __init__(
        self,
        folder: Path,
        con: duckdb.DuckDBPyConnection,
        temporary_folder: Callable[[], AbstractContextManager[Path]],
    ) -> None:
        self._folder, self._con, self._temporary_folder = folder, con, temporary_folder
        self._high: ids.Hashes = np.empty(0, np.uint64)
        self._low: ids.Hashes = np.empty(0, np.uint64)
        self.damaged: dict[str, StoredFile] = {}
        """The damaged files that the log still lists."""
        self._compared: dict[str, tuple[FileStatus, bool]] = {}
        """Path → status of a file, and whether its content was intact then."""
        self._read: set[str] = set()
        """Paths of the files whose ids are not among the lost ones."""
        self._next_search = 0.0

    def files(self, state: State) -> list[StoredFile]:
        """Return the damaged and the given-up files; their rows are the missing events."""
        return [*(f for f in self.damaged.values() if f.path in state.files), *state.lost]

    def contains(self, high: ids.Hashes, low: ids.Hashes) -> NDArray[Any]:
        """Return which ids are those of lost events."""
        if not len(self._high):
            return np.zeros(len(high), dtype=bool)
        order = np.argsort(high)
        result = np.zeros(len(high), dtype=bool)
        result[order] = ids.contains_sorted([(self._high, self._low)], high[order], low[order])
        return result

    def remove(self, high: ids.Hashes, low: ids.Hashes) -> None:
        """Remove the ids of events that are stored again."""
        if len(self._high) and len(high):
            is_stored = ids.contains_sorted([ids.sort(high, low)], self._high, self._low)
            self._high, self._low = self._high[~is_stored], self._low[~is_stored]

    # --- finding damage --------------------------------------------------------------------

    def search(self, state: State, *, content: bool = False) -> bool:
        """Search for damaged files; return whether they are not the same as before.

        Every file must exist and have its size. With *content*, a file that was written to since
        it was stored must have its digest, too. All files are searched once a minute, the damaged
        ones each time.
        """
        listed = state.files
        if content or time.monotonic() >= self._next_search:
            candidates: Iterable[StoredFile] = listed.values()
            self._next_search = time.monotonic() + _EVERY
        else:
            candidates = [listed[path] for path in self.damaged if path in listed]
        damaged = {f.path: f for f in candidates if not self._is_intact(f, content=content)}
        changed = damaged.keys() != self.damaged.keys() & listed.keys()
        self.damaged = damaged
        return changed

    def _is_intact(self, file: StoredFile, *, content: bool) -> bool:
        path = self._folder / file.path
        status = status_of(path)
        if status is None or status.size != file.size:
            return False
        compared = self._compared.get(file.path)
        if compared is not None and compared[0] == status:
            return compared[1]
        if not content or status.modified == file.modified:
            return True
        try:
            is_intact = has_digest(str(path), status, file.digest)
        except OSError:
            return False
        if is_intact and file.modified is not None:
            with suppress(OSError):  # a copy: the next search need not read it again
                os.utime(path, ns=(file.modified, file.modified))
                status = status_of(path) or status
        self._compared[file.path] = (status, is_intact)
        return is_intact

    def update(
        self, state: State, open_index: Callable[[], list[ids.Run]], *, content: bool = False
    ) -> None:
        """Search for damaged files, and find the ids of the events that they have lost."""
        changed = self.search(state, content=content)
        if not self.damaged and not state.lost:
            self._high = self._low = np.empty(0, np.uint64)
            self._read.clear()
        elif changed or not self._read:
            self._find_ids(state, open_index())
        else:  # another writer may have stored some again
            for file in state.files.values():
                if file.path not in self._read and file.path not in self.damaged:
                    self.remove(*read_ids(self._con, parquet(self._folder, [file])))
                    self._read.add(file.path)

    def intact(self, state: State) -> list[StoredFile]:
        """Return the files that are not damaged."""
        return [file for file in state.files.values() if file.path not in self.damaged]

    def build(self, state: State, folder: Path) -> tuple[Path, int] | None:
        """Write an index of all intact files into *folder*; see :func:`.build_index`."""
        try:
            return build_index(self._con, self._folder, self.intact(state), folder)
        except UNREADABLE as error:
            stop_if_interrupted(error)
            before = set(self.damaged)
            for file in self.intact(state):
                status = status_of(self._folder / file.path)
                if status is None or not has_digest(
                    str(self._folder / file.path), status, file.digest
                ):
                    self.damaged[file.path] = file
                    if status is not None:
                        self._compared[file.path] = (status, False)
            if self.damaged.keys() == before:
                raise
            return self.build(state, folder)

    def _find_ids(self, state: State, runs: Sequence[ids.Run]) -> None:
        parts: list[ids.Ids] = []
        with self._temporary_folder() as folder:
            built = self.build(state, folder)
            stored = [ids.Run(*built)] if built is not None else []
            for run in runs:
                for start in range(0, len(run), _BLOCK):
                    part = slice(start, start + _BLOCK)
                    high, low = np.array(run.high[part]), np.array(run.low[part])
                    is_lost = ~ids.contains_sorted(
                        ((one.high, one.low) for one in stored), high, low
                    )
                    parts.append((high[is_lost], low[is_lost]))
            del stored
        empty = np.empty(0, np.uint64)
        high = np.concatenate([empty, *(part[0] for part in parts)])
        low = np.concatenate([empty, *(part[1] for part in parts)])
        self._high, self._low = ids.sort(high, low)
        self._read = {file.path for file in self.intact(state)}

    # --- storing again ---------------------------------------------------------------------

    def give_up(
        self,
        con: duckdb.DuckDBPyConnection,
        state: State,
        events: str,
        high: ids.Hashes,
        low: ids.Hashes,
    ) -> tuple[int, list[str], tuple[StoredFile, ...]]:
        """Return what changes in the log when *events*, with these ids, are stored.

        Returns
        -------
        (int, list of str, tuple of StoredFile)
            How many of them were lost; the files that are given up; and all files that have
            been given up, with the number of events that are still missing of each.
        """
        is_lost = self.contains(high, low)
        expected = sum(file.rows for file in self.files(state))
        if len(self._high) == expected:
            where = f"SEMI JOIN {_RESTORED} USING (high, low)"
        else:  # the index was lost, too: events of the same campaign and day replace the lost ones
            where = ""
            is_lost = np.ones(len(high), dtype=bool)
        if not is_lost.any():
            return 0, [], state.lost
        con.register(_RESTORED, pd.DataFrame({"high": high[is_lost], "low": low[is_lost]}))
        try:
            counted = con.execute(
                f"SELECT campaign_id, day, count(*) FROM (SELECT campaign_id, {DAY} AS day, "
                f"{hashes('event_id')} FROM {events}) {where} GROUP BY ALL"
            ).fetchall()
        finally:
            con.unregister(_RESTORED)
        restored = Counter({(campaign, day): count for campaign, day, count in counted})
        total = restored.total() if where else 0
        given_up = [
            file
            for path, file in self.damaged.items()
            if path in state.files and restored[file.campaign, file.day]
        ]
        lost = _subtract([*state.lost, *given_up], restored)
        if not where:
            before = sum(file.rows for file in (*state.lost, *given_up))
            total = before - sum(file.rows for file in lost)
        return total, [file.path for file in given_up], tuple(lost)


def _subtract(
    files: Iterable[StoredFile], restored: Mapping[tuple[str, int], int]
) -> list[StoredFile]:
    """Return given-up files with the number of events that are still missing of each."""
    left = dict(restored)
    result = []
    for file in files:
        key = (file.campaign, file.day)
        count = min(file.rows, left.get(key, 0))
        left[key] = left.get(key, 0) - count
        if count < file.rows:
            result.append(replace(file, rows=file.rows - count))
    return result
