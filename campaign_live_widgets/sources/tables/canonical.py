"""Rows of a database's table → canonical events, as an Ibis expression for any engine."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from campaign_live_widgets.catalog import BOUNCE_TYPES
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources.formats import sql
from campaign_live_widgets.sources.formats.base import (
    CHANNELS,
    EVENT_TYPES,
    LATER_EVENT_TYPES,
    REQUIRED,
)
from campaign_live_widgets.sources.formats.canonical import COLUMNS, FLAGS
from campaign_live_widgets.sources.tables.promises import NO_PROMISES, Promises
from campaign_live_widgets.sources.tables.struct_paths import at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Table = Any
    Column = Any

RAW_ID: Final = "raw_id"
WATERMARK: Final = "mark"
CAUSE: Final = "cause"
NO_EVENT: Final = sql.NO_EVENT
"""The cause of a row that has no event: it is ignored, not rejected."""
_YES: Final = ("true", "t", "1", "yes", "y")
_NO: Final = ("false", "f", "0", "no", "n")
_WHITE: Final = " \t\n\r"
_SPACE: Final = 32
"""The code of the last of these; that of an empty text is 0."""
_LISTS: Final = {"channel": CHANNELS, "event_type": EVENT_TYPES, "bounce_type": BOUNCE_TYPES}
_CODE: Final = "^[A-Za-z_.-]{1,24}$"
_FIRST, _LAST = datetime.min, datetime.max  # noqa: DTZ901 - the years that there are


class Check(NamedTuple):
    """A check of a row.

    Attributes
    ----------
    passes : ibis column
        Whether it is sound, at little cost; if not, or if that is null, the row is examined.
    fails : ibis column
        Whether the row is rejected, for *cause*.
    """

    passes: Column
    fails: Column
    cause: Column | str


def canonical(  # noqa: PLR0913 - the last two of a mapping alone
    table: Table,
    watermark: str | None,
    name: str,
    promises: Promises = NO_PROMISES,
    *,
    before: Sequence[Check] = (),
    passed: Sequence[str] = (),
) -> Table:
    """Return a table's rows as events.

    Parameters
    ----------
    table : ibis table
        Its columns are the canonical ones, in any case; what is optional may be missing.
    mark : str or None
        The column that grows with every insert.
    name : str
        What errors call the table.
    promises : Promises
        What is not checked, because the table guarantees it.
    before : sequence of Check
        Checks before all others.
    passed : sequence of str
        Other columns that are returned too.

    Returns
    -------
    ibis table
        The canonical columns, no text of an accepted row blank (but for a bounce type, which is
        null then), with ``cause`` (why the row is rejected, :data:`NO_EVENT`, or null), ``raw_id``
        (the id in the table) and ``mark``. An engine reads only those that the report asks for.

    Raises
    ------
    SourceError
        Where a required column is missing, or the time is no time.
    """
    import ibis

    columns = {column.lower(): table[column] for column in reversed(table.columns)}
    _require(columns, name)
    # What is required is not blank where the row is accepted, and a blank bounce type is as good
    # as none: these are compared so often that to parse each again would take most of the time.
    bare = {c: _string(columns.get(c)) for c in (*REQUIRED, "bounce_type") if c != "timestamp"}
    others = (c for c in COLUMNS if c not in (*FLAGS, *bare, "timestamp"))
    texts = {**bare, **{c: as_text(columns.get(c)) for c in others}}
    texts["domain"] = as_domain(texts["domain"])
    texts |= {c: as_word(c, texts[c]) for c in sql.WORDS}
    time = as_time(columns["timestamp"])
    flags = {c: as_flag(columns.get(c)) for c in FLAGS}
    checks = [
        *before,
        *_checks(columns, {**bare, "timestamp": time}, promises),
        *_flag_checks(columns),
    ]
    if "event_type" not in promises.valid:
        kind = bare["event_type"]
        checks.append(Check(kind.notin(LATER_EVENT_TYPES), kind.isin(LATER_EVENT_TYPES), NO_EVENT))
    marked = ibis.null("int64") if watermark is None else columns[watermark.lower()]
    return table.select(
        **texts,
        **flags,
        timestamp=time,
        **{RAW_ID: columns["event_id"], WATERMARK: marked},
        **{CAUSE: _cause(checks)},
        **{column: table[column] for column in passed},
    )


def _checks(
    columns: dict[str, Column], values: dict[str, Column], promises: Promises
) -> Iterator[Check]:
    """Yield the checks of required values and of lists that the table does not promise."""
    for c in REQUIRED:
        may_be_blank = _is_text(columns[c]) and not promises.is_never_missing(c)
        if may_be_blank or c not in promises.not_null:
            passes, fails = is_filled(values[c], columns[c]), _is_blank(values[c], columns[c])
            yield Check(passes, fails, f"{c} is missing")
    if "timestamp" not in promises.valid:
        yield Check(_has_year(values["timestamp"]), *no_time(values["timestamp"]))
    for c, known in _LISTS.items():
        if c in promises.valid or c not in columns:
            continue
        passes = values[c].isin(known)
        if c in REQUIRED:
            listed = (*known, *LATER_EVENT_TYPES) if c == "event_type" else known
            yield Check(passes, *unknown(c, values[c], listed))
        else:
            yield Check(passes | values[c].isnull(), *unknown(c, as_text(columns[c]), known))


def _flag_checks(columns: dict[str, Column]) -> Iterator[Check]:
    for c in FLAGS:
        if c in columns and not _is_flag(columns[c]):
            has_no_value, is_unknown = columns[c].isnull(), as_flag(columns[c]).isnull()
            yield Check(
                ~is_unknown | has_no_value,
                is_unknown & as_text(columns[c]).notnull(),
                f"{c} is not true or false",
            )


def _cause(checks: Sequence[Check]) -> Column:
    """Return why a row is rejected, or null."""
    import ibis

    accepted = ibis.null("string")
    if not checks:
        return accepted
    # Nearly all rows are sound, which is found out at little cost: only others are examined.
    is_sound = ibis.and_(*(check.passes for check in checks))
    branches = ((check.fails, check.cause) for check in checks)
    return ibis.cases((is_sound, accepted), *branches, else_=accepted)


def together(tables: Sequence[Table], watermark: str | None, name: str) -> tuple[Table, str | None]:
    """Return the rows of several tables as those of one, and its watermark's column.

    A single table stays as it is. Of several, what one lacks is null there; a column that is of
    several types is text; of several sorts of time, a time in UTC.
    """
    import ibis

    if len(tables) == 1:
        spelled = {column.lower(): column for column in tables[0].columns}
        if watermark is None or watermark.lower() in spelled:
            return tables[0], watermark and spelled[watermark.lower()]
        return tables[0].mutate(**{WATERMARK: at(tables[0], watermark)}), WATERMARK
    for table in tables:
        _require({column.lower(): table[column] for column in table.columns}, name)
    wanted = {column: [at(table, column) for table in tables] for column in COLUMNS}
    if watermark is not None:
        wanted[WATERMARK] = [at(table, watermark) for table in tables]
    kinds = {c: common_type([x for x in some if x is not None]) for c, some in wanted.items()}
    rows = (
        table.select(
            **{
                c: ibis.null(kind) if wanted[c][place] is None else wanted[c][place].cast(kind)
                for c, kind in kinds.items()
                if kind is not None
            }
        )
        for place, table in enumerate(tables)
    )
    return ibis.union(*rows), watermark and WATERMARK


def common_type(columns: Sequence[Column]) -> Any:  # noqa: ANN401 - of Ibis
    """Return the type that columns of one name have together, ``None`` where there are none."""
    kinds = {column.type()(nullable=True) for column in columns}
    if len(kinds) <= 1:
        return next(iter(kinds), None)
    return "timestamp('UTC')" if all(map(is_time, columns)) else "string"


def _require(columns: dict[str, Column], name: str) -> None:
    missing = [column for column in REQUIRED if column not in columns]
    if missing:
        message = (
            f"{name}: has no column {', '.join(missing)}; make a view that names the columns so "
            "(campaign-live schema prints the table)"
        )
        raise SourceError(message)
    if not is_time(columns["timestamp"]):
        kind = columns["timestamp"].type()
        message = f"{name}: its column timestamp is {kind}; make a view that casts it to a time"
        raise SourceError(message)


def _string(column: Column | None) -> Column:
    """Return a column as unchanged text."""
    import ibis

    return ibis.null("string") if column is None else column.cast("string")


def as_text(column: Column | None) -> Column:
    """Return a column as text, null where it is blank or not there."""
    import ibis

    text = _string(column)
    if column is None or not _is_text(column):
        return text
    return ibis.ifelse(_is_white(text), ibis.null("string"), text)


def as_domain(text: Column) -> Column:
    """Return a domain in small letters, without what makes it an address or a URL; null if empty.

    The same as :func:`~campaign_live_widgets.sources.formats.sql.domain`.
    """
    import ibis

    first, *others = (text.contains(mark) for mark in sql.DOMAIN_ENDS)
    marked = reduce(or_, others, first)
    cut = text.re_replace("^([^@]*@)*", "").re_replace("[/?#](/|[^/])*", "")
    return ibis.ifelse(marked, cut.nullif(""), text).lower()


def as_word(column: str, text: Column) -> Column:
    """Return the value of a column of :data:`~.sql.WORDS`, null where it has another form."""
    import ibis

    fits = text.re_search(f"^({sql.WORDS[column]})$") & ~text.contains("\n")
    return ibis.ifelse(fits, text, ibis.null("string"))


def _is_blank(text: Column, column: Column) -> Column:
    """Return whether a column, as text, is null or blank."""
    return text.isnull() | _is_white(text) if _is_text(column) else text.isnull()


def is_filled(text: Column, column: Column) -> Column:
    """Return whether a column, as text, begins with what is no white space; null where it is."""
    return text.ascii_str() > _SPACE if _is_text(column) else text.notnull()


def _is_text(column: Column) -> bool:
    """Return whether a column's values are texts, which may be blank; of an unknown type, too."""
    kind = column.type()
    return bool(kind.is_string() or kind.is_unknown())


def _is_white(text: Column) -> Column:
    # The first character decides for most texts, without a scan of the whole text.
    # Not `strip`: Spark reads the last two of what that trims, \v and \f, as letters.
    return (text.ascii_str() <= _SPACE) & (text.translate(_WHITE, "") == "")


def _is_flag(column: Column) -> bool:
    kind = column.type()
    return bool(kind.is_boolean() or kind.is_null())


def as_flag(column: Column | None) -> Column:
    """Return a column as a truth value, null where it is not one or is missing."""
    import ibis

    if column is None:
        return ibis.null("boolean")
    if _is_flag(column):
        return column.cast("boolean")
    word = column.cast("string").translate(_WHITE, "").lower()
    return ibis.cases((word.isin(_YES), True), (word.isin(_NO), False), else_=ibis.null("boolean"))


def is_time(column: Column) -> bool:
    """Return whether a column is a time or a date."""
    kind = column.type()
    return bool(kind.is_timestamp() or kind.is_date())


def as_time(column: Column) -> Column:
    """Return a time or a day as a time."""
    return column.cast("timestamp") if column.type().is_date() else column


def no_time(time: Column) -> tuple[Column, str]:
    """Return the branch that rejects a time outside the years 1 to 9999."""
    return ~_has_year(time), "timestamp is not a time"


def _has_year(time: Column) -> Column:
    """Return whether a time is in the years 1 to 9999."""
    import ibis

    # Of the column's own type: else an engine converts each time.
    first, last = (ibis.literal(limit, time.type()) for limit in (_FIRST, _LAST))
    return time.between(first, last)


def unknown(name: str, column: Column, known: Sequence[str]) -> tuple[Column, Column]:
    """Return the branch that rejects a value that is not one of *known*."""
    return column.notin(known), not_known(name, column)


def not_known(name: str, column: Column) -> Column:
    """Return the cause that names an unknown value.

    Only one that looks like a code is shown: it could be an address or a profile.
    """
    import ibis

    value = ibis.ifelse(
        column.re_search(_CODE), ibis.literal(" '") + column + ibis.literal("'"), ""
    )
    return ibis.literal(f"unknown {name}") + value
