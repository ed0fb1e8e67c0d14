"""Where a field is in a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from campaign_live_widgets.sources.formats.sql import not_blank

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class FieldPath:
    """The path of a field in a file, and what the file guarantees about its values.

    Attributes
    ----------
    sql : str
        The expression that reads it; for NDJSON the JSON path.
    native : str
        ``time`` or ``flag`` where the file types it so; else nothing.
    clean : bool
        It is never blank: known from a Parquet file's statistics.
    complete : bool
        It is never null, likewise.
    in_path : bool
        It is a column in the folders of the path, named *sql*.
    raw : str
        The expression of its bytes, where it is text only if they are UTF-8; else nothing.
    """

    sql: str
    native: str = ""
    clean: bool = field(default=False, compare=False)  # files of one scan differ in these
    complete: bool = field(default=False, compare=False)
    in_path: bool = False
    raw: str = ""

    @property
    def json_name(self) -> str | None:
        """Return the name in a JSON object that it is the path of; ``None`` if it is another."""
        name = self.sql[3:-1]
        is_name = self.sql == f'$."{name}"' and not set(name) & {'"', "\\"}
        return name if is_name else None


FieldPaths: TypeAlias = tuple[tuple[str, tuple[FieldPath, ...]], ...]
"""Dotted lower-case path → its field paths, one per spelling."""


def first_of(field_paths: Sequence[FieldPath]) -> str:
    """Return SQL for the first of several field paths that is not blank."""
    if not field_paths:
        return "NULL::VARCHAR"
    values = [place.sql if place.clean else not_blank(place.sql) for place in field_paths]
    return values[0] if len(values) == 1 else f"coalesce({', '.join(values)})"
