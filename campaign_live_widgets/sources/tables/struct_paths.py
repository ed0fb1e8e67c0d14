"""Dotted paths into the columns of a database's table, whatever the case of their names."""

from __future__ import annotations

from typing import Any

Table = Any


def at(table: Table, path: str) -> Any:  # noqa: ANN401 - a column, or None
    """Return the column at a dotted path, in any case; ``None`` if there is none."""
    columns = {column.lower(): column for column in reversed(table.columns)}
    if path.lower() in columns:
        return table[columns[path.lower()]]
    first, *rest = path.split(".")
    if first.lower() not in columns:
        return None
    column = table[columns[first.lower()]]
    for part in rest:
        kind = column.type()
        names = {n.lower(): n for n in reversed(kind.names)} if kind.is_struct() else {}
        if part.lower() not in names:
            return None
        column = column[names[part.lower()]]
    return column


def paths_of(table: Table) -> set[str]:
    """Return the dotted, lower-case paths of a table's columns and their structs."""

    def below(path: str, kind: Any) -> set[str]:  # noqa: ANN401 - of Ibis
        paths = {path.lower()}
        if kind.is_struct():
            for name, inner in kind.items():
                paths |= below(f"{path}.{name}", inner)
        return paths

    return {path for name, kind in table.schema().items() for path in below(name, kind)}
