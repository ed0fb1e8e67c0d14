"""Dotted paths into the columns of a database's table, whatever the case of their names.

Inside a column of JSON, names are spelled as the format spells them.
"""

from __future__ import annotations

from typing import Any, Final

Table = Any
Column = Any
JSON_TEXT: Final = "clw_json_text"
"""The function of JSON and of a dotted path into it, in whose place PostgreSQL gets its own."""


def at(table: Table, path: str) -> Any:  # noqa: ANN401 - a column, or None
    """Return the column at a dotted path, in any case; ``None`` if there is none."""
    columns = {column.lower(): column for column in reversed(table.columns)}
    if path.lower() in columns:
        return table[columns[path.lower()]]
    first, *rest = path.split(".")
    if first.lower() not in columns:
        return None
    column = table[columns[first.lower()]]
    for place, part in enumerate(rest):
        kind = column.type()
        if kind.is_json():
            return _text_in(column, rest[place:])
        names = {n.lower(): n for n in reversed(kind.names)} if kind.is_struct() else {}
        if part.lower() not in names:
            return None
        column = column[names[part.lower()]]
    return column


def _text_in(column: Column, path: list[str]) -> Column:
    """Return the value at a path in JSON, as text."""
    import ibis

    def text_of(_value: object, _path: object) -> None: ...

    signature = (("json", "string"), "string")
    return ibis.udf.scalar.builtin(text_of, name=JSON_TEXT, signature=signature)(
        column, ".".join(path)
    )


def paths_of(table: Table) -> set[str]:
    """Return the dotted, lower-case paths of a table's columns and their structs."""

    def below(path: str, kind: Any) -> set[str]:  # noqa: ANN401 - of Ibis
        paths = {path.lower()}
        if kind.is_struct():
            for name, inner in kind.items():
                paths |= below(f"{path}.{name}", inner)
        return paths

    return {path for name, kind in table.schema().items() for path in below(name, kind)}
