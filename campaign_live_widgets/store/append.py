"""Rows from a program, call by call; concurrent calls share a commit."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from campaign_live_widgets.errors import StoreError
from campaign_live_widgets.snapshot import Reject
from campaign_live_widgets.sources import FILE_BITS
from campaign_live_widgets.sources.batch_relation import BATCH
from campaign_live_widgets.sources.files.interrupts import stop_if_interrupted
from campaign_live_widgets.sources.store_log import Ingested
from campaign_live_widgets.store.new_events import BatchIds
from campaign_live_widgets.store.row_staging import JsonRows, RowStaging
from campaign_live_widgets.store.unmapped import UnmappedRow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign_live_widgets.sources.mapping.mapped_files import MappedFiles
    from campaign_live_widgets.store.unmapped import UnmappedRows
    from campaign_live_widgets.store.writer import Writer

    Row = Mapping[str, Any]

OnReject = Literal["count", "keep", "leave"]
"""What happens to a rejected row: it is counted in the store's log; the row itself is kept, too,
until it can be mapped; or it is neither, where it was counted before."""

_GROUP_ROWS: Final = 20_000
"""Rows of one commit, unless a single call has more."""
_NO_EVENT: Final = "(cause IS NOT NULL OR part = 0) AND part <= 1"


@dataclass(frozen=True, slots=True)
class Appended:
    """The rows of one call, counted by outcome; all of them are stored."""

    events: int
    duplicates: int
    rejected: int
    ignored: int = 0
    rejects: tuple[Reject, ...] = ()
    forgotten: int = 0
    """Kept rows that were deleted for these, or because of their age."""


@dataclass(slots=True, eq=False)
class _Call:
    """A call in the queue.

    Its thread waits for ``wake``, which is set when the call is finished, or when it is its turn
    to write.
    """

    rows: JsonRows
    name: str
    durable: bool
    rejected: OnReject = "count"
    result: Appended | None = None
    error: BaseException | None = None
    wake: Event = field(default_factory=Event)

    @property
    def is_finished(self) -> bool:
        """Return whether the call has a result or an error."""
        return self.result is not None or self.error is not None


class Appender:
    """Group commit: one thread writes the calls of all threads that wait.

    Most of the cost of a commit does not depend on its rows: the lock, the files, the fsync. So
    calls that wait are written together. There is no extra thread for that; the callers take
    turns. A call joins the queue, and if no thread writes, its thread becomes the writer. The
    writer takes calls from the front of the queue, commits them together, sets their results and
    wakes their threads, until its own call is finished. Then it hands over to the first call in
    the queue, by waking its thread without a result. Example, with calls A to D::

        thread    commit 1     commit 2       commit 3
        A         writes A     (returned)
        B         waits        writes B, C    (returned)
        C         waits        waits          (returned)
        D                      waits          writes D

    B and C arrived during commit 1 and share commit 2; C never writes. A hands over to B, and B
    to D. Two invariants, under ``_lock``:

    - ``_is_writing`` is true from the first call until a hand-over finds the queue empty. So at
      most one thread writes, and a waiting call always has a writer before it.
    - A thread that is woken is finished, or it is the writer. If Ctrl-C interrupts its wait, its
      call leaves the queue; if it was the writer already, it hands over, or the others would
      wait for ever.
    """

    def __init__(
        self,
        writer: Writer,
        unmapped: UnmappedRows,
        mapped: MappedFiles | None,
        *,
        outcomes: bool = False,
    ) -> None:
        self._outcomes = outcomes
        self._writer, self._unmapped, self._mapped = writer, unmapped, mapped
        self._con = writer.connection()
        self._staging = RowStaging(self._con)
        self._lock = Lock()
        self._queue: list[_Call] = []
        self._is_writing = False

    def append(
        self,
        rows: Sequence[Row],
        *,
        name: str,
        format_name: str | None,
        durable: bool,
        rejected: OnReject = "count",
    ) -> Appended:
        """Store rows; see :meth:`~campaign_live_widgets.store.Store.append`."""
        mapped = self._mapped.format_of_rows(format_name) if self._mapped else None
        call = _Call(
            JsonRows(rows, format_name, mapped, outcomes=self._outcomes), name, durable, rejected
        )
        with self._lock:
            self._queue.append(call)
            is_writer = not self._is_writing
            self._is_writing = True
        if not is_writer:
            self._wait(call)
        if not call.is_finished:
            try:
                while not call.is_finished:
                    self._write_group(self._next_group())
            finally:
                self._hand_over()
        if call.error is not None:
            raise call.error
        assert call.result is not None  # noqa: S101 - for the type checker
        return call.result

    def _wait(self, call: _Call) -> None:
        """Wait until a call is finished or may write; an interrupted one leaves the queue."""
        try:
            call.wake.wait()
        except BaseException:
            with self._lock:
                is_writer = call.wake.is_set() and not call.is_finished
                if call in self._queue:
                    self._queue.remove(call)
            if is_writer:
                self._hand_over()
            raise

    def _hand_over(self) -> None:
        """Make the first call in the queue the writer, if there is one."""
        with self._lock:
            self._is_writing = bool(self._queue)
            if self._queue:
                self._queue[0].wake.set()

    def _next_group(self) -> list[_Call]:
        """Take the calls of the next commit from the front of the queue."""
        with self._lock:
            size, rows = 0, 0
            for call in self._queue:
                if size and rows + len(call.rows) > _GROUP_ROWS:
                    break
                size, rows = size + 1, rows + len(call.rows)
            group, self._queue = self._queue[:size], self._queue[size:]
        return group

    def _write_group(self, group: list[_Call]) -> None:
        """Write calls in one commit; if it fails, write each alone, as one may be the cause."""
        try:
            self._write(group)
        except Exception as error:  # noqa: BLE001 - it is raised in the threads of the calls
            if len(group) > 1 and not isinstance(error, StoreError):
                for call in group:
                    self._write_group([call])
                return
            for call in group:
                call.error = error
        except BaseException as error:
            interrupted = StoreError(f"{self._writer.folder}: the write was interrupted")
            interrupted.__cause__ = error
            for call in group:
                call.error = call.error or interrupted
            raise
        finally:
            for call in group:
                if call.is_finished:
                    call.wake.set()

    def _write(self, group: list[_Call]) -> None:
        try:
            with self._staging.staged([call.rows for call in group]) as offsets:
                self._commit(group, offsets)
        except RuntimeError as error:
            stop_if_interrupted(error)
            raise

    def _commit(self, group: list[_Call], offsets: list[int]) -> None:
        """Commit the staged rows, and set the result of each call."""
        dropped = self._con.execute(
            f"SELECT place >> {FILE_BITS}, row, cause FROM {BATCH} WHERE {_NO_EVENT} ORDER BY ALL"
        ).fetchall()
        rejects: list[list[Reject]] = [[] for _ in group]
        ignored = [0] * len(group)
        for number, row, cause in dropped:
            if not cause:
                ignored[number] += 1
            else:
                rejects[number].append(Reject(group[number].name, row - offsets[number], cause))
        counted = [
            [] if call.rejected == "leave" else rejected
            for call, rejected in zip(group, rejects, strict=True)
        ]
        ids = BatchIds.read(self._con, has_dropped_rows=bool(dropped))
        call_numbers = ids.position >> (FILE_BITS + 1)
        with self._writer.locked():
            is_new = ids.new_to(self._writer)
            stored = np.bincount(call_numbers[is_new], minlength=len(group))
            repeated = np.bincount(call_numbers[~is_new], minlength=len(group))
            counts = [
                Ingested(
                    key="",
                    name=call.name,
                    size=0,
                    events=int(stored[number]),
                    duplicates=int(repeated[number]),
                    rejected=len(counted[number]),
                    ignored=ignored[number],
                )
                for number, call in enumerate(group)
            ]
            self._writer.durable = any(call.durable for call in group)
            forgotten = self._keep_rejected(group, rejects)
            try:
                ids.store(self._writer, self._con, bool(dropped), is_new, counts, counted)
            finally:
                self._writer.durable = True
        for call, count, rejected in zip(group, counts, rejects, strict=True):
            call.result = Appended(
                count.events,
                count.duplicates,
                len(rejected),
                count.ignored,
                tuple(rejected),
                forgotten if call is group[0] else 0,
            )

    def _keep_rejected(self, group: list[_Call], rejects: list[list[Reject]]) -> int:
        """Keep the rows of calls that ask for it, before the log has counted them as rejected."""
        rows = []
        for call, rejected in zip(group, rejects, strict=True):
            if call.rejected != "keep":
                continue
            causes: dict[int, list[str]] = {}
            for reject in rejected:
                causes.setdefault(reject.row or 1, []).append(reject.cause)
            rows += [
                UnmappedRow(
                    call.rows.format_name, call.name, number, tuple(each), call.rows.raw[number - 1]
                )
                for number, each in causes.items()
            ]
        return self._unmapped.keep(rows, durable=self._writer.durable) if rows else 0
