"""What Spark does in its own way to keep a rollup; see :mod:`.tables`.

Each batch and each state has a new name, and each appears at once: Spark writes the files of one
statement into a new folder, and then renames that. A job that dies leaves
a batch that no state lists; it never counts. Spark has no lock, so a second job may run at the same
time. It cannot make anything count twice, because a state lists all batches that count, whatever
other states list. Which one is later shows when it commits: the one that began from a state that
is no longer the last one fails.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from campaign_live_widgets.engine.pushdown.connections.base import failures, fetch_all
from campaign_live_widgets.engine.pushdown.full_read import DOMAINS, Outcome
from campaign_live_widgets.engine.pushdown.full_statement import PART
from campaign_live_widgets.engine.pushdown.kept.keeper import Keeper
from campaign_live_widgets.engine.pushdown.kept.spark.compared import COMPARED, OF_PART
from campaign_live_widgets.engine.pushdown.kept.spark.reader import DAMAGED, SparkRollup
from campaign_live_widgets.engine.pushdown.kept.spark.statements import (
    BatchBuilder,
    insertion,
    merger,
    more_examples,
)
from campaign_live_widgets.engine.pushdown.kept.spark.tables import (
    ADDED,
    BATCH,
    COMMIT,
    COUNTS,
    KINDS,
    MESSAGES,
    PLACES,
    ROWS,
    SQL,
    SparkTables,
    text_literal,
)
from campaign_live_widgets.engine.pushdown.kept.state import State, parsed_watermark
from campaign_live_widgets.engine.pushdown.kept.tables import STATE, SUFFIX
from campaign_live_widgets.engine.pushdown.placeholders import NOW, SINCE, UNTIL, fill
from campaign_live_widgets.engine.pushdown.statement import Size
from campaign_live_widgets.engine.pushdown.table_query import TableQuery
from campaign_live_widgets.errors import CampaignLiveError, SourceError
from campaign_live_widgets.sources.formats.sql import identifier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign_live_widgets.engine.pushdown.connections.base import Connection, Watermark
    from campaign_live_widgets.engine.pushdown.kept.keeper import Names

_SETTINGS: Final = {
    # A statement writes into a new folder, and replaces only the batches that it has.
    "spark.sql.sources.partitionOverwriteMode": "dynamic",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}
_MERGED: Final = 12
"""How many batches of one size become one of the next size."""
_WHOLE: Final = 9
"""The size of a batch of all rows."""
_REPLACED: Final = timedelta(minutes=10)
"""How long a batch stays that no longer counts: a report may be reading it."""
_DEAD: Final = timedelta(days=1)
"""How long a batch stays that never counted: its job may still be running."""
_TIME: Final = "%Y%m%dT%H%M%S"


class SparkKeeper(Keeper):
    """The rollup beside a table of Spark."""

    compared = COMPARED

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        address = connection.database
        if address.rollup is not None and "." in address.rollup:
            given = f"{address.name}.{address.rollup}".split(".")
        else:
            *namespace, table = address.paths[0]
            given = [*namespace, address.rollup or f"{table}{SUFFIX}"]
        self._tables = SparkTables(tuple(part for part in given if part))
        self.state_name = self._tables.text(STATE)
        self._last, self._past_until = "", "NULL"
        self._state: State | None = None
        self._has_changed = False
        self._batches: tuple[str, ...] = ()
        self._rows = 0
        self._own: list[str] = []

    def require_tables(self) -> None:
        """Raise :class:`SourceError` if one of its tables does not exist."""
        for part in (STATE, COUNTS):
            if not self._exists(part):
                text, table = self.connection.database.text, self.connection.database.table
                message = (
                    f"{text}: the table {self._tables.text(part)} of its rollup does not exist; "
                    f"campaign-live schema --for spark --rollup --table {table} prints the tables "
                    "to create"
                )
                raise SourceError(message)

    def is_readable(self) -> bool:
        """Return whether both tables are there, and may be read."""
        return all(map(self._exists, (STATE, COUNTS)))

    def _exists(self, part: str) -> bool:
        try:
            fetch_all(self.connection.rows(f"DESCRIBE TABLE {self._tables.name(part)}"))
        except failures() as error:
            if type(error).__name__ == "AnalysisException":  # neither found nor allowed
                return False
            raise
        return True

    def read_state(self) -> State | None:
        """Return the last state; None if there is none, or the table of events was empty."""
        self.connection.execute(f"REFRESH TABLE {self._tables.name(COUNTS)}")
        last = max(self._partitions(STATE), default="")
        columns = "version, digest, cubes, source, settled, ancient, past_until"
        rows = fetch_all(
            self.connection.rows(
                f"SELECT batches, counted_rows, {columns} FROM {self._tables.name(STATE)}"
                f" WHERE {COMMIT} = {text_literal(last)}"
            )
        )
        self._last, self._state = last, None
        for batches, number, version, digest, cubes, source, settled, ancient, past_until in rows:
            self._batches, self._rows = tuple(batches), number
            if settled is not None:
                until = parsed_watermark(settled)
                facts = (version, digest, tuple(cubes), source, until, ancient)
                self._state = State(*facts, _in_utc(past_until))
        return self._state

    def source(self) -> tuple[str, str]:
        """Return the table's name and place, and its text if it is a view."""
        name = identifier(*self.connection.database.paths[0], mark="`")
        rows = fetch_all(self.connection.rows(f"DESCRIBE TABLE EXTENDED {name}"))
        titles = [number for number, row in enumerate(rows) if str(row[0]).startswith("# Detailed")]
        facts = {key: value for key, value, *_ in rows[titles[0] if titles else len(rows) :]}
        known = ["Catalog", "Database", "Table", "Name", "Type", "Location"]
        if facts.get("Type") == "MANAGED":  # others may be described again over the same files
            known.append("Created Time")
        return " ".join(facts[key] for key in known if key in facts), facts.get("View Text", "")

    def rollup(self, state: State) -> SparkRollup:
        """Return what reads its counts."""
        return SparkRollup(self, state, self._tables, self._batches, self._rows)

    def damage(self, state: State) -> str | None:  # noqa: ARG002 - of the last one
        """Return why batches are not whole, as the end of a sentence; None if they are."""
        counts = self._tables.batches(self._batches)
        statement = f"SELECT sum({' + '.join(Outcome)}) {OF_PART[ROWS].format(counts=counts)}"
        ((rows,),) = fetch_all(self.connection.rows(statement))
        return None if (rows or 0) == self._rows else DAMAGED

    @property
    def names(self) -> Names:
        """Return the relations that ``check`` compares."""
        return self._names(self._batches)

    def _names(self, batches: tuple[str, ...]) -> Names:
        counts = self._tables.batches(batches)
        listed = ", ".join(f"'{one}', coalesce(sum({one}), 0)" for one in Outcome)
        return {
            "counts": counts,
            "outcomes": (
                f"(SELECT stack({len(Outcome)}, {listed}) AS (outcome, total)"
                f" {OF_PART[ROWS].format(counts=counts)})"
            ),
            "past_until": self._past_until,
        }

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Let statements write whole batches; see the module."""
        self._set()
        yield

    @contextmanager
    def checking(self) -> Iterator[None]:
        """Let statements write a batch that does not count, and drop it."""
        self._set()
        try:
            yield
        finally:
            self._drop(COUNTS, BATCH, self._own)

    def _set(self) -> None:
        for name, value in _SETTINGS.items():
            self.connection.execute(f"SET {name} = {value}")
            ((_, got),) = fetch_all(self.connection.rows(f"SET {name}"))
            if got.lower() != value.lower():  # otherwise a statement would replace all batches
                message = f"{self.connection.database.text}: the server does not let us set {name}"
                raise SourceError(message)

    def clear(self) -> None:
        """Begin without batches; those of the last state count until the next one."""
        counts = self._tables.name(COUNTS)
        columns = fetch_all(self.connection.rows(f"DESCRIBE TABLE {counts}"))
        if ADDED not in {name for name, *_ in columns}:
            self.connection.execute(
                f"ALTER TABLE {counts} ADD COLUMNS ({ADDED} {SQL[KINDS[ADDED]]})"
            )
        self._batches, self._rows, self._has_changed = (), 0, True

    def count(self, since: Watermark | None, until: Watermark, past_until: datetime) -> int:
        """Add a batch of the rows from one watermark to another; return how many there are."""
        rows, batches = self._count(since, until, past_until, self._batches)
        self._batches += batches
        self._rows += rows
        self._has_changed |= rows > 0
        return rows

    def recount(self, state: State) -> tuple[int, Names]:
        """Count the rows of a state again, into a batch that does not count."""
        self._past_until = self.connection.literal(state.past_until)
        rows, batches = self._count(None, state.settled, state.past_until, ())
        if (why := self.damage(state)) is not None:  # by a job that ran meanwhile
            message = f"{self.connection.database.text}: its rollup {why}; run the check again"
            raise CampaignLiveError(message)
        return rows, self._names(batches)

    def _count(
        self,
        since: Watermark | None,
        until: Watermark,
        past_until: datetime,
        counted: tuple[str, ...],
    ) -> tuple[int, tuple[str, ...]]:
        """Write batches of some rows; return how many rows there are, and the batches."""
        connection = self.connection
        query, size = TableQuery.of(connection, None), None
        values = {UNTIL: connection.literal(until), NOW: connection.literal(past_until)}
        if since is not None:
            values[SINCE] = connection.literal(since)
            statement = BatchBuilder(query, connection.statement, Size.MANY).rows_since()
            ((number,),) = fetch_all(connection.rows(fill(statement, "", values)))
            if not number:
                return 0, ()
            size = Size.of(number)
        builder = BatchBuilder(query, connection.statement, size)
        answer = builder.together(connection.keep_rows)
        batch = self._new_name(_WHOLE if since is None else 0)
        sql = fill(answer.sql, "", values)
        connection.execute(insertion(self._tables, batch, sql, list(answer.schema)))
        rows, rejected, *events = self._outcomes((batch,))
        if len(set(events)) > 1:
            message = f"{connection.database.text}: Spark lost files of a batch; run the job again"
            raise CampaignLiveError(message)
        if not rows:
            return 0, ()
        if not rejected:
            return rows, (batch,)
        examples = self._new_name()
        first = fill(builder.numbered_examples(), "", values)
        connection.execute(more_examples(self._tables, examples, counted, first))
        return rows, (batch, examples)

    def _outcomes(self, batches: tuple[str, ...]) -> list[int]:
        """Return the rows of batches, the rejected ones, and events as each part has them."""
        events = ", ".join(
            f"sum(total) FILTER (WHERE {PART} = {PLACES[part]})" for part in (MESSAGES, DOMAINS)
        )
        statement = (
            f"SELECT sum({' + '.join(Outcome)}), sum(rejected), sum(counted), {events}"
            f" FROM {self._tables.batches(batches)} AS counts"
        )
        (numbers,) = fetch_all(self.connection.rows(statement))
        return [number or 0 for number in numbers]

    def _new_name(self, level: int = 0) -> str:
        """Return the name of a new batch: its size, the time, and what no other name has."""
        name = f"{level}-{self.connection.server_time():{_TIME}}-{uuid4().hex[:12]}"
        self._own.append(name)
        return name

    def commit(self, state: State | None, *, is_new: bool) -> None:
        """Write the state that makes the new batches count, and drop what no longer does."""
        if state is None:
            if is_new:
                return
        elif not self._has_changed and self._state and state.settled == self._state.settled:
            return
        else:
            self._merge()
        self._require_last(self._last)
        number = int(self._last.partition("-")[0] or 0) + 1
        self._last = f"{number:012}-{uuid4().hex[:12]}"
        self._insert_state(state)
        self._require_last(self._last)
        self._clean()

    def _merge(self) -> None:
        """Make one of the last batches as soon as they are many of one size."""
        while True:
            level = _level(self._batches[-1]) if self._batches else 0
            few = list(takewhile(lambda name: _level(name) == level, reversed(self._batches)))  # noqa: B023
            if len(few) < _MERGED:
                return
            before, old = self._batches[: -len(few)], self._batches[-len(few) :]
            merged = self._new_name(level + 1)
            self.connection.execute(merger(self._tables, merged, old))
            self._batches = (*before, merged)

    def _insert_state(self, state: State | None) -> None:
        settled = None if state is None else state.settled
        text = settled if settled is None or isinstance(settled, int) else settled.isoformat()
        literal, now = self.connection.literal, self.connection.clock
        values = ["NULL"] * 7
        if state is not None:
            values = [
                str(state.version),
                text_literal(state.digest),
                _array(state.cubes),
                text_literal(str(state.source)),
                text_literal(str(text)),
                str(state.ancient),
                literal(state.past_until),
            ]
        values += [_array(self._batches), str(self._rows), now, text_literal(self._last)]
        self.connection.execute(
            f"INSERT OVERWRITE {self._tables.name(STATE)} PARTITION ({COMMIT})"
            f" SELECT {', '.join(values)}"
        )

    def _require_last(self, last: str) -> None:
        """Raise :class:`CampaignLiveError` if another state is the last one."""
        if max(self._partitions(STATE), default="") != last:
            message = (
                f"{self.connection.database.text}: another job has refreshed its rollup since "
                "this one began; what this one counted is ignored"
            )
            raise CampaignLiveError(message)

    def _partitions(self, part: str) -> list[str]:
        """Return the values of a table's partitions."""
        name = self._tables.name(part)
        self.connection.execute(f"REFRESH TABLE {name}")
        rows = fetch_all(self.connection.rows(f"SHOW PARTITIONS {name}"))
        return [text.partition("=")[2] for (text,) in rows]

    def _clean(self) -> None:
        """Drop states and batches that no report can be reading."""
        now = self.connection.server_time()
        rows = fetch_all(
            self.connection.rows(
                f"SELECT {COMMIT}, batches, refreshed_at FROM {self._tables.name(STATE)}"
            )
        )
        rows.sort(reverse=True)
        # A state counted until the next one was written.
        ends = [now, *(_in_utc(row[2]) for row in rows)]
        old = [row[0] for row, end in zip(rows, ends, strict=False) if now - end > _REPLACED]
        used = {batch for commit, batches, _ in rows if commit not in old for batch in batches}
        unused = [name for name in self._partitions(COUNTS) if name not in used]
        # Those of this job that it merged at once are in no list.
        listed = {*self._own, *(batch for _, batches, _ in rows for batch in batches)}
        self._drop(STATE, COMMIT, old)
        self._drop(
            *(COUNTS, BATCH),
            [name for name in unused if name in listed or now - _begun(name) > _DEAD],
        )

    def _drop(self, part: str, column: str, names: list[str]) -> None:
        if names:
            listed = ", ".join(f"PARTITION ({column} = {text_literal(name)})" for name in names)
            self.connection.execute(
                f"ALTER TABLE {self._tables.name(part)} DROP IF EXISTS {listed}"
            )


def _level(batch: str) -> int:
    return int(batch.partition("-")[0])


def _begun(batch: str) -> datetime:
    return datetime.strptime(batch.split("-")[1], _TIME).replace(tzinfo=UTC)


def _in_utc(time: datetime) -> datetime:
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


def _array(texts: tuple[str, ...]) -> str:
    return f"CAST(array({', '.join(map(text_literal, texts))}) AS ARRAY<STRING>)"
