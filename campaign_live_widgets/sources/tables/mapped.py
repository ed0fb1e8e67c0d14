"""Rows of a database's table → canonical events by a rule of a mapping, as an Ibis expression.

It is the second definition of what a rule means; the first is
:mod:`campaign_live_widgets.sources.mapping.format`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources.formats.canonical import COLUMNS, FLAGS
from campaign_live_widgets.sources.mapping.values_sql import Names, forms_shown
from campaign_live_widgets.sources.tables.canonical import (
    NO_EVENT,
    WATERMARK,
    Check,
    as_time,
    canonical,
    common_type,
    is_time,
    not_known,
    together,
)
from campaign_live_widgets.sources.tables.mapped_functions import FUNCTIONS
from campaign_live_widgets.sources.tables.mapped_row import TABLE_NUMBER, Row
from campaign_live_widgets.sources.tables.promises import NO_PROMISES, Promises
from campaign_live_widgets.sources.tables.struct_paths import at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign_live_widgets.sources.mapping.rules import Outcomes, Rule

    Table = Any
    Column = Any

_PART: Final = "part"


class MappedTables:
    """A rule for tables: the two functions of a :class:`.RowFormat`.

    Parameters
    ----------
    rule : Rule
    tables : sequence of str
        The names of the tables, as the address gives them.
    engine : str
        ``postgresql`` or ``spark``, whose functions convert zones and make digests.
    """

    def __init__(self, rule: Rule, tables: Sequence[str], engine: str) -> None:
        self._rule, self._tables, self._functions = rule, tables, FUNCTIONS[engine]
        self._fields = _fields(rule)

    def gathered(
        self, tables: Sequence[Table], watermark: str | None, name: str
    ) -> tuple[Table, str | None]:
        """Return the rows of all tables as those of one; see :class:`.RowFormat`."""
        import ibis

        for table in tables:
            self._require(table, name)
        if len(tables) == 1:
            return together(tables, watermark, name)
        values = {
            field: [at(table, path) for table in tables] for field, path in self._fields.items()
        }
        kinds = {
            field: common_type([column for column in columns if column is not None]) or "string"
            for field, columns in values.items()
        }
        if watermark is not None:
            values[WATERMARK] = [at(table, watermark) for table in tables]
            kinds[WATERMARK] = common_type(values[WATERMARK])
        rows = (
            table.select(
                **{
                    field: ibis.null(kind)
                    if values[field][place] is None
                    else values[field][place].cast(kind)
                    for field, kind in kinds.items()
                },
                **{TABLE_NUMBER: ibis.literal(place, "int64")},
            )
            for place, table in enumerate(tables)
        )
        return ibis.union(*rows), watermark and WATERMARK

    def events(
        self,
        table: Table,
        watermark: str | None,
        name: str,
        promises: Promises = NO_PROMISES,  # noqa: ARG002 - they are about other columns
    ) -> Table:
        """Return rows as events; see :func:`.canonical`."""
        import ibis

        rule, outcomes = self._rule, self._rule.outcomes
        row = Row(table, self._fields, self._tables, self._functions)
        outcome = ibis.literal(1, "int64") if outcomes is None else _outcome(outcomes, row)
        ignored = [row.is_ignored(rows) for rows in rule.ignored]
        ignored += [c for parts in rule.columns.values() for c, _ in row.unlisted(parts, "ignore")]
        if outcomes is not None:
            ignored.append((outcome == 0).fill_null(False))  # noqa: FBT003
        time, broken = self._time(row, name)
        broken += [c for parts in rule.columns.values() for c in row.unlisted(parts, "reject")]
        if outcomes is not None:
            label, key = outcomes.parts[0].label, row.value(outcomes.parts)
            cause = ibis.ifelse(
                key.isnull(), ibis.literal(f"{label} is missing"), not_known(label, key)
            )
            broken.append((outcome.isnull(), cause))
        cause = ibis.cases(
            *((one.fill_null(False), ibis.literal(NO_EVENT)) for one in ignored),  # noqa: FBT003
            *((one.fill_null(False), why) for one, why in broken),  # noqa: FBT003
            else_=ibis.null("string"),
        )
        rows = table.mutate(
            **self._columns(row),
            mapped_time=time,
            outcome=outcome,
            broken=cause,
            mapped_mark=ibis.null("int64") if watermark is None else table[watermark],
        )
        rows = _split(rows, outcomes)
        mapped = rows.select(
            **{c: _of_outcome(rows, outcomes, c) for c in COLUMNS if c != "timestamp"},
            timestamp=rows.mapped_time,
            several=rows.several,
            mark=rows.mapped_mark,
            broken=rows.broken,
            **{_PART: rows[_PART]},
        )
        mapped = mapped.mutate(**self._identified(mapped, rule))
        checks = [Check(mapped.broken.isnull(), mapped.broken.notnull(), mapped.broken)]
        events = canonical(mapped, "mark", name, before=checks, passed=(_PART,))
        # a row that is rejected is one row, however many events it would give
        is_event = (events[_PART] == 1) | events["cause"].isnull()
        return (
            events.filter(is_event).drop(_PART)
            if outcomes and outcomes.has_several
            else events.drop(_PART)
        )

    def _require(self, table: Table, name: str) -> None:
        """Raise if columns that the rule needs are missing, and nothing else gives their value."""
        for column, parts in self._rule.columns.items():
            is_given = any(
                part.constant is not None
                or part.path is not None
                or any(at(table, path) is not None for path in part.names)
                for part in parts
            )
            if not is_given and column in ("event_id", "timestamp", "campaign_id", "profile_id"):
                message = f"{name}: has no column {parts[0].label}, which the mapping reads"
                raise SourceError(message)

    def _time(self, row: Row, name: str) -> tuple[Column, list[tuple[Column, Any]]]:
        """Return the time of a row, and conditions for rows whose time cannot be read."""
        import ibis

        parts = self._rule.columns["timestamp"]
        if len(parts) == 1 and parts[0].is_plain:
            column = row.column(parts[0].names)
            if column is None or not is_time(column):
                message = (
                    f"{name}: its column {parts[0].label} is no time; "
                    "give the form of its times in the mapping"
                )
                raise SourceError(message)
            return as_time(column), []
        time = ibis.coalesce(*(row.time(part) for part in parts))
        texts = [row.text(part) for part in parts]
        is_given = ibis.or_(*(text.notnull() for text in texts))
        cause = ibis.literal(f"timestamp is not a time{forms_shown(parts)}")
        return time, [(is_given & time.isnull(), cause)]

    def _columns(self, row: Row) -> dict[str, Column]:
        """Return the canonical columns of a row, but those that depend on its outcome."""
        import ibis

        columns: dict[str, Column] = {}
        for name, parts in self._rule.columns.items():
            if name == "timestamp":
                continue
            plain = row.column(parts[0].names) if len(parts) == 1 and parts[0].is_plain else None
            is_flag = name in FLAGS and plain is not None
            columns[name] = plain if is_flag else row.value(parts)
        if "address" in columns:
            address = columns.pop("address")
            bare = ibis.coalesce(address.re_extract(r"<([^<>]*)>[^<>]*$", 1).nullif(""), address)
            bare = bare.strip().nullif("")
            digest = self._functions.digest(bare.lower())
            domain = bare.lower().re_extract(r"@([^@]*)$", 1).nullif("")
            columns = {"profile_id": digest, "domain": domain, **columns}
            columns.setdefault("channel", ibis.literal("email"))
        if "message_id" not in columns:
            columns["message_id"] = columns["campaign_id"]
        columns["identity"] = _joined(
            [row.text_of((name,)) for name in self._rule.digest]
            or [row.text_of((path,)) for path in self._fields.values()]
        )
        return {f"mapped_{name}": column for name, column in columns.items()}

    def _identified(self, mapped: Table, rule: Rule) -> dict[str, Column]:
        """Return the event id of rows: their own, or a digest."""
        import ibis

        event_id = mapped.event_id
        if rule.has_own_ids:
            own = [mapped[c] for c in ("event_type", "campaign_id", "message_id", "channel")]
            joined = _joined([event_id, *own])
            event_id = self._functions.digest(joined)
        several = ibis.literal(":") + mapped.event_type
        return {"event_id": event_id + ibis.ifelse(mapped.several, several, "")}


def _fields(rule: Rule) -> dict[str, str]:
    """Return the paths that a rule reads: name of a field → path."""
    names = Names()
    given = [part for parts in rule.columns.values() for part in parts]
    given += rule.outcomes.parts if rule.outcomes else ()
    for one in (*(part.names for part in given), *(rows.names for rows in rule.ignored)):
        for path in one:
            names.of((path,))
    for path in rule.digest:
        names.of((path,))
    return {field: paths[0] for field, paths in names.fields.items()}


def _outcome(outcomes: Outcomes, row: Row) -> Column:
    """Return the number of a row's (first) event: 0 for none, null where it is rejected."""
    import ibis

    key, number, branches = row.value(outcomes.parts), 1, []
    key = key.fill_null("") if "" in outcomes.values else key
    for raw, events in outcomes.values.items():
        branches.append((raw, ibis.literal(number if events else 0, "int64")))
        number += len(events)
    others = ibis.literal(0, "int64") if outcomes.ignores_others else ibis.null("int64")
    return key.cases(*branches, else_=others)


def _split(rows: Table, outcomes: Outcomes | None) -> Table:
    """Return rows with ``number`` and ``part``: one for each event of a row."""
    import ibis

    if outcomes is None or not outcomes.has_several:
        return rows.mutate(number=rows.outcome, part=ibis.literal(1), several=ibis.literal(False))  # noqa: FBT003
    number, branches = 1, []
    for events in outcomes.values.values():
        if len(events) > 1:
            numbers = [ibis.literal(number + place, "int64") for place in range(len(events))]
            branches.append((rows.outcome == number, ibis.array(numbers)))
        number += len(events)
    one = ibis.array([rows.outcome])
    is_event = rows.broken.isnull()
    numbers = ibis.ifelse(is_event, ibis.cases(*branches, else_=one), one)
    rows = rows.mutate(numbers=numbers, several=is_event & (numbers.length() > 1))
    rows = rows.mutate(number=rows.numbers.unnest()).drop("numbers")
    return rows.mutate(part=(rows.number - rows.outcome + 1).fill_null(1))


def _of_outcome(rows: Table, outcomes: Outcomes | None, name: str) -> Column:
    """Return a canonical column, which outcomes may set."""
    import ibis

    own = f"mapped_{name}"
    if name == "event_id" and own not in rows.columns:
        own = "mapped_identity"
    other = rows[own] if own in rows.columns else ibis.null("string")
    events = list(enumerate(outcomes.events, 1)) if outcomes else []
    branches = [(place, event[name]) for place, event in events if name in event]
    if not branches:
        return other
    return rows.number.cases(*branches, else_=other.cast("string"))


def _joined(texts: Sequence[Column]) -> Column:
    import ibis

    filled = [text.fill_null("") for text in texts]
    return ibis.literal("\x1f").join(filled) if filled else ibis.literal("")
