"""The values of a row of a database's table, as a rule of a mapping reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.sources.tables.canonical import as_text, as_time, is_time, not_known
from campaign_live_widgets.sources.tables.mapped_times import time_of_form
from campaign_live_widgets.sources.tables.struct_paths import at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign_live_widgets.sources.mapping.rules import IgnoredRows, Part, Parts
    from campaign_live_widgets.sources.tables.mapped_functions import Functions

    Table = Any
    Column = Any

TABLE_NUMBER: Final = "table_number"
"""The column of several tables' rows that numbers the table."""


class Row:
    """The values of a row, as a rule reads them."""

    def __init__(
        self, table: Table, fields: dict[str, str], names: Sequence[str], functions: Functions
    ) -> None:
        self._table, self._names, self._functions = table, names, functions
        self._several = {path: field for field, path in fields.items()}
        self._is_several = TABLE_NUMBER in table.columns

    def _at(self, path: str) -> Column | None:
        if not self._is_several:
            return at(self._table, path)
        return self._table[self._several[path]]

    def column(self, names: tuple[str, ...]) -> Column | None:
        """Return the one column of some names, in its own type; ``None`` if there are others."""
        columns = [column for path in names if (column := self._at(path)) is not None]
        return columns[0] if len(columns) == 1 else None

    def text_of(self, names: tuple[str, ...]) -> Column:
        """Return the first of some columns that is not blank."""
        import ibis

        texts = [as_text(column) for path in names if (column := self._at(path)) is not None]
        return ibis.coalesce(*texts) if texts else ibis.null("string")

    def text(self, part: Part) -> Column:
        """Return the text of a part before it is translated."""
        import ibis

        if part.constant is not None:
            return ibis.literal(part.constant)
        text = self.text_of(part.names) if part.names else self._of_path(str(part.path))
        if part.pattern is None:
            return text
        fits = text.re_search(part.pattern.text)
        return as_text(
            ibis.ifelse(fits, text.re_extract(part.pattern.text, part.group), ibis.null("string"))
        )

    def _of_path(self, wanted: str) -> Column:
        """Return a part of the table's name, in place of a file's path."""
        import ibis

        values = [_part_of_name(name, wanted) for name in self._names]
        if not self._is_several:
            return ibis.literal(values[0], "string")
        number = self._table[TABLE_NUMBER]
        branches = [(number == place, value) for place, value in enumerate(values) if value]
        nothing = ibis.null("string")
        return ibis.cases(*branches, else_=nothing) if branches else nothing

    def value(self, parts: Parts) -> Column:
        """Return the first of several ways that gives a value."""
        import ibis

        return ibis.coalesce(*(self._translated(part) for part in parts))

    def _translated(self, part: Part) -> Column:
        import ibis

        text = self.text(part)
        if part.values is None:
            return text
        nothing = ibis.null("string")
        key = text.fill_null("") if "" in part.values else text
        branches = (
            (raw, nothing if word is None else ibis.literal(word))
            for raw, word in part.values.items()
        )
        return key.cases(*branches, else_=text if part.others == "keep" else nothing)

    def unlisted(self, parts: Parts, others: str) -> list[tuple[Column, Column]]:
        """Return conditions for rows with a value that is not listed, and the cause of each."""
        return [
            (self.text(part).notin(tuple(part.values)), not_known(part.label, self.text(part)))
            for part in parts
            if part.values is not None and part.others == others
        ]

    def is_ignored(self, rows: IgnoredRows) -> Column:
        """Return whether a row carries no event."""
        text = self.text_of(rows.names)
        fits = text.re_search(rows.pattern.text) if rows.pattern else text.isin(rows.values)
        return fits.fill_null(False)  # noqa: FBT003

    def time(self, part: Part) -> Column:
        """Return a time, null where it is not of one of the forms."""
        import ibis

        text, zone = self.text(part), part.zone or "UTC"
        times = []
        for form in part.forms:
            time, is_utc = time_of_form(text, form, self._functions)
            times.append(time if is_utc else self._functions.in_zone(time, zone))
        column = self.column(part.names) if not part.forms else None
        if column is not None and is_time(column):
            own = as_time(column)
            is_local = column.type().is_date() or column.type().timezone is None
            times.append(self._functions.in_zone(own, zone) if is_local and zone != "UTC" else own)
        return ibis.coalesce(*times) if times else ibis.null("timestamp('UTC')")


def _part_of_name(name: str, wanted: str) -> str | None:
    schema, _, table = name.rpartition(".")
    return {"name": table, "folder": schema or None, "all": name}.get(wanted)
