"""Rows of a database's table → canonical events, as an Ibis expression for any engine."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.catalog import BOUNCE_TYPES
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources.formats.base import CHANNELS, EVENT_TYPES, REQUIRED
from campaign_live_widgets.sources.formats.canonical import COLUMNS
from campaign_live_widgets.sources.tables.struct_paths import at

if TYPE_CHECKING:
    from collections.abc import Sequence

    Table = Any
    Column = Any

FLAGS: Final = ("is_async", "is_test", "is_machine")
RAW_ID: Final = "raw_id"
WATERMARK: Final = "mark"
CAUSE: Final = "cause"
NO_EVENT: Final = ""
"""The cause of a row that has no event: it is ignored, not rejected."""
_YES: Final = ("true", "t", "1", "yes", "y")
_NO: Final = ("false", "f", "0", "no", "n")
_USED: Final = tuple(column for column in COLUMNS if column not in ("variant", "url", "is_machine"))
"""Columns that the report asks for; the others never leave the table."""
_WHITE: Final = " \t\n\r"
_BEGIN: Final = ("", *_WHITE)
_CODE: Final = "^[A-Za-z_.-]{1,24}$"
_FIRST, _LAST = datetime.min, datetime.max  # noqa: DTZ901 - the years that there are


def canonical(table: Table, watermark: str | None, name: str) -> Table:
    """Return a table's rows as events.

    Parameters
    ----------
    table : ibis table
        Its columns are the canonical ones, in any case; what is optional may be missing.
    mark : str or None
        The column that grows with every insert.
    name : str
        What errors call the table.

    Returns
    -------
    ibis table
        The canonical columns that the report asks for, no text of an accepted row blank (but for a
        bounce type, which is null then), with ``cause`` (why the row is rejected, or null),
        ``raw_id`` (the id in the table) and ``mark``.

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
    others = (c for c in _USED if c not in (*FLAGS, *bare, "timestamp"))
    texts = {**bare, **{c: as_text(columns.get(c)) for c in others}}
    texts["domain"] = texts["domain"].lower()
    time = as_time(columns["timestamp"])
    flags = {c: as_flag(columns.get(c)) for c in FLAGS}
    raw = {c: columns[c] for c in FLAGS if c in columns and not _is_flag(columns[c])}
    causes: list[tuple[Column, Column | str]] = [
        (_is_blank(bare[c], columns[c]) if c in bare else time.isnull(), f"{c} is missing")
        for c in REQUIRED
    ]
    causes += [
        no_time(time),
        unknown("channel", texts["channel"], CHANNELS),
        unknown("event_type", texts["event_type"], EVENT_TYPES),
        unknown("bounce_type", as_text(columns.get("bounce_type")), BOUNCE_TYPES),
        *(
            (flags[c].isnull() & as_text(column).notnull(), f"{c} is not true or false")
            for c, column in raw.items()
        ),
    ]
    del flags["is_machine"]
    marked = ibis.null("int64") if watermark is None else columns[watermark.lower()]
    return table.select(
        **texts,
        **flags,
        timestamp=time,
        **{RAW_ID: columns["event_id"], WATERMARK: marked},
        **{CAUSE: ibis.cases(*causes, else_=ibis.null("string"))},
    )


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
    if column is None or not column.type().is_string():
        return text
    return ibis.ifelse(_is_white(text), ibis.null("string"), text)


def _is_blank(text: Column, column: Column) -> Column:
    """Return whether a column, as text, is null or blank."""
    return text.isnull() | _is_white(text) if column.type().is_string() else text.isnull()


def _is_white(text: Column) -> Column:
    # The first character decides for most texts, without a scan of the whole text.
    # Not `strip`: Spark reads the last two of what that trims, \v and \f, as letters.
    return text[:1].isin(_BEGIN) & (text.translate(_WHITE, "") == "")


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
    import ibis

    inside = time.between(ibis.literal(_FIRST), ibis.literal(_LAST))
    return ~inside, "timestamp is not a time"


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
