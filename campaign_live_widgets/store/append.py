"""Events from a program, a call at a time; calls that wait are written together."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from campaign_live_widgets.errors import StoreError
from campaign_live_widgets.snapshot import Reject
from campaign_live_widgets.sources import FILE_BITS
from campaign_live_widgets.sources.batch_relation import BATCH
from campaign_live_widgets.sources.files.interrupts import stop_if_interrupted
from campaign_live_widgets.sources.store_log import Ingested
from campaign_live_widgets.store.new_events import Found
from campaign_live_widgets.store.row_staging import Lines, Rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign_live_widgets.store.writer import Writer

    Row = Mapping[str, Any]

_TOGETHER: Final = 20_000
"""Rows that are written in one commit, unless a single call has more."""
_NO_EVENT: Final = "(cause IS NOT NULL OR part = 0) AND part <= 1"


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of the rows of one call; all of it is on the disk."""

    events: int
    duplicates: int
    rejected: int
    ignored: int = 0
    rejects: tuple[Reject, ...] = ()


@dataclass(slots=True, eq=False)
class _Call:
    """One call that waits; its ``turn`` comes once it is written, or once it is to write."""

    rows: Lines
    name: str
    durable: bool
    done: Appended | None = None
    error: BaseException | None = None
    turn: Event = field(default_factory=Event)

    @property
    def ended(self) -> bool:
        """Tell whether it has been written, or cannot be."""
        return self.done is not None or self.error is not None


class Appender:
    """Writes what several threads give to it, in as few commits as it takes.

    One of them writes: its own call and all that wait by then. The others wait until theirs is
    written; the first whose call is not is the next to write.
    """

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._con = writer.connection()
        self._rows = Rows(self._con)
        self._list = Lock()
        self._waiting: list[_Call] = []
        self._is_writing = False

    def append(
        self, rows: Sequence[Row], *, name: str, wanted: str | None, durable: bool
    ) -> Appended:
        """Store rows; see :meth:`~campaign_live_widgets.store.Store.append`."""
        call = _Call(Lines(rows, wanted), name, durable)
        with self._list:
            self._waiting.append(call)
            writes = not self._is_writing
            self._is_writing = True
        if not writes:
            self._wait(call)
        if not call.ended:
            try:
                while not call.ended:
                    self._write_together(self._next())
            finally:
                self._pass_on()
        if call.error is not None:
            raise call.error
        assert call.done is not None  # noqa: S101 - for the type checker
        return call.done

    def _wait(self, call: _Call) -> None:
        """Wait for a call's turn; where that is broken off, nobody waits for this one."""
        try:
            call.turn.wait()
        except BaseException:
            with self._list:
                was_to_write = call.turn.is_set() and not call.ended
                if call in self._waiting:
                    self._waiting.remove(call)
            if was_to_write:
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        """Let the first that waits write, if any does."""
        with self._list:
            self._is_writing = bool(self._waiting)
            if self._waiting:
                self._waiting[0].turn.set()

    def _next(self) -> list[_Call]:
        """Take the calls that are written together, the first come first."""
        with self._list:
            taken, rows = 0, 0
            for call in self._waiting:
                if taken and rows + len(call.rows) > _TOGETHER:
                    break
                taken, rows = taken + 1, rows + len(call.rows)
            calls, self._waiting = self._waiting[:taken], self._waiting[taken:]
        return calls

    def _write_together(self, calls: list[_Call]) -> None:
        """Write calls in one commit; where that fails, each alone: one may be the cause."""
        try:
            self._write(calls)
        except Exception as error:  # noqa: BLE001 - whoever called is told
            if len(calls) > 1 and not isinstance(error, StoreError):
                for call in calls:
                    self._write_together([call])
                return
            for call in calls:
                call.error = error
        except BaseException as error:
            broken = StoreError(f"{self._writer.folder}: the write was broken off")
            broken.__cause__ = error
            for call in calls:
                call.error = call.error or broken
            raise
        finally:
            for call in calls:
                if call.ended:
                    call.turn.set()

    def _write(self, calls: list[_Call]) -> None:
        try:
            with self._rows.laid_out([call.rows for call in calls]) as starts:
                self._commit(calls, starts)
        except RuntimeError as error:
            stop_if_interrupted(error)
            raise

    def _commit(self, calls: list[_Call], starts: list[int]) -> None:
        """Commit what is laid out, and tell each call what became of its rows."""
        dropped = self._con.execute(
            f"SELECT place >> {FILE_BITS}, row, cause FROM {BATCH} WHERE {_NO_EVENT} ORDER BY ALL"
        ).fetchall()
        rejects: list[list[Reject]] = [[] for _ in calls]
        ignored = [0] * len(calls)
        for number, row, cause in dropped:
            if cause is None:
                ignored[number] += 1
            else:
                rejects[number].append(Reject(calls[number].name, row - starts[number], cause))
        found = Found.in_relation(self._con, refused=bool(dropped))
        of_call = found.position >> (FILE_BITS + 1)
        with self._writer.locked():
            new = found.new(self._writer)
            stored = np.bincount(of_call[new], minlength=len(calls))
            repeated = np.bincount(of_call[~new], minlength=len(calls))
            told = [
                Ingested(
                    key="",
                    name=call.name,
                    size=0,
                    events=int(stored[number]),
                    duplicates=int(repeated[number]),
                    rejected=len(rejects[number]),
                    ignored=ignored[number],
                )
                for number, call in enumerate(calls)
            ]
            self._writer.durable = any(call.durable for call in calls)
            try:
                found.store(self._writer, self._con, bool(dropped), new, told, rejects)
            finally:
                self._writer.durable = True
        for call, one, refused in zip(calls, told, rejects, strict=True):
            call.done = Appended(
                one.events, one.duplicates, one.rejected, one.ignored, tuple(refused)
            )
