"""Events from a program, a call at a time; calls that wait are written together."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from campaign_live_widgets.engine.stage import BATCH
from campaign_live_widgets.errors import StoreError
from campaign_live_widgets.snapshot import Reject
from campaign_live_widgets.sources import FILE_BITS, folded_line, layout_of
from campaign_live_widgets.sources.commits import Ingested
from campaign_live_widgets.store.found import Found

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign_live_widgets.sources import Layout
    from campaign_live_widgets.store.writer import Writer

    Row = Mapping[str, Any]

_TOGETHER: Final = 20_000
"""Rows that are written in one commit, unless a single call has more."""
_SAMPLE: Final = 200
_ROWS: Final = "appended"
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
    """One call that waits."""

    rows: Sequence[Row]
    name: str
    wanted: str | None
    durable: bool
    done: Appended | None = None
    error: BaseException | None = None


class Appender:
    """Writes what several threads give to it, in as few commits as it takes."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._con = writer.connection()
        self._list, self._turn = Lock(), Lock()
        self._waiting: list[_Call] = []

    def append(
        self, rows: Sequence[Row], *, name: str, wanted: str | None, durable: bool
    ) -> Appended:
        """Store rows; see :meth:`~campaign_live_widgets.store.Store.append`."""
        call = _Call(rows, name, wanted, durable)
        with self._list:
            self._waiting.append(call)
        with self._turn:  # one writes; who comes next mostly finds its rows written
            if call.done is None and call.error is None:
                self._write_together(self._next())
            while call.done is None and call.error is None:
                self._write_together(self._next())
        if call.error is not None:
            raise call.error
        assert call.done is not None  # noqa: S101 - for the type checker
        return call.done

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
            if len(calls) == 1 or isinstance(error, StoreError):
                for call in calls:
                    call.error = error
                return
            for call in calls:
                self._write_together([call])
        except BaseException as error:
            for call in calls:
                call.error = error
            raise

    def _write(self, calls: list[_Call]) -> None:
        starts = self._lay_out(calls)
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

    def _lay_out(self, calls: Sequence[_Call]) -> list[int]:
        """Lay the rows out as ``batch``; return for each call what precedes its first row."""
        groups: dict[Layout, list[int]] = defaultdict(list)
        for number, call in enumerate(calls):
            sample = [row for row in call.rows[:_SAMPLE] if isinstance(row, dict)]
            groups[layout_of(sample, call.wanted)].append(number)
        starts = [0] * len(calls)
        selects = []
        for place, (layout, numbers) in enumerate(groups.items()):
            lines: list[str] = []
            owners: list[int] = []
            for number in numbers:
                starts[number] = len(lines)
                lines += [_line(row, folded=layout.folded) for row in calls[number].rows]
                owners += [number] * len(calls[number].rows)
            name = f"{_ROWS}_{place}"
            self._con.register(
                name,
                pd.DataFrame(
                    {"line": pd.Series(lines, dtype="str"), "file_index": np.array(owners, int)}
                ),
            )
            rows = (
                "(SELECT CASE WHEN json_valid(line) THEN line END AS json, file_index, "
                f"'' AS clw_file FROM {name})"
            )
            selects.append(layout.events_of(rows))
        union = " UNION ALL BY NAME ".join(f"({select})" for select in selects)
        self._con.execute(f"CREATE OR REPLACE TEMP TABLE {_ROWS} AS {union}")
        self._con.execute(f"CREATE OR REPLACE TEMP VIEW {BATCH} AS SELECT * FROM {_ROWS}")
        for place in range(len(groups)):
            self._con.unregister(f"{_ROWS}_{place}")
        return starts


def _line(row: object, *, folded: bool) -> str:
    """Return a row as a line of JSON; what is no number is nothing."""
    if isinstance(row, dict):
        row = {
            str(name): None if isinstance(value, float) and value != value else value  # noqa: PLR0124
            for name, value in row.items()
        }
    line = json.dumps(row, default=_plain)
    return folded_line(line.encode()).decode() if folded else line


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
