"""The schemas of files that were seen before: a file with a known one is not described again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.sources.files.file_schema import detect_schema
from campaign_live_widgets.sources.files.parquet_footer import read_footer, schema_bytes
from campaign_live_widgets.sources.files.path_columns import path_columns
from campaign_live_widgets.sources.formats.times import add_time_function
from campaign_live_widgets.sources.sends import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from campaign_live_widgets.sources.files.file_state import FileState
    from campaign_live_widgets.sources.files.location import DataFile
    from campaign_live_widgets.sources.files.scan_sql import FileSchema
    from campaign_live_widgets.sources.mapping.format import MappedFormat
    from campaign_live_widgets.sources.mapping.mapped_files import MappedFiles

_KEPT: Final = 64
LARGE: Final = 1 << 22
"""Bytes of a Parquet file above which reading its statistics costs less than it saves."""


class KnownSchemas:
    """Detects the schemas of files.

    *wanted* is the name of their format, if a user gave it; a mapping may give formats to files.
    """

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        wanted: str | None,
        mapped: MappedFiles | None = None,
    ) -> None:
        add_time_function(con)  # the schemas' SQL needs it
        self._con, self._wanted, self._mapped = con, wanted, mapped
        self.outcomes = False
        """Whether each delivery and each bounce counts as a send."""
        self._by_start: dict[tuple[bytes, frozenset[str], MappedFormat | None], FileSchema] = {}
        """The start of a Parquet footer, the columns in its path, and what a mapping gives → the
        schema of such files."""

    def take_formats(self, files: Mapping[str, FileState]) -> None:
        """Give files whose states were restored the formats of the mapping."""
        for path, state in files.items():
            if state.schema is None:
                continue
            if self._mapped is not None:
                known = self._mapped.format_of(path)
                known = known or self._mapped.format_in_place_of(state.schema.format)
                state.schema = replace(state.schema, mapped=known)
            state.schema = self._with_sends(state.schema)

    def schema_of(self, file: DataFile, size: int) -> FileSchema:
        """Return the schema of a file of *size* bytes.

        Raises
        ------
        SourceError
            If the file cannot be opened, or does not match its file extension.
        """
        mapped = self._mapped.format_of(file.path) if self._mapped else None
        schema = self._schema_of(file, size, mapped)
        if self._mapped is not None and mapped is None:
            mapped = self._mapped.format_in_place_of(schema.format)
            schema = self._schema_of(file, size, mapped) if mapped else schema
        return self._with_sends(schema)

    def _with_sends(self, schema: FileSchema) -> FileSchema:
        """Return a schema with what counts as sent in its files."""
        rule = schema.mapped.rule if schema.mapped else None
        is_asked = self.outcomes or (rule is not None and rule.sends == OUTCOMES)
        return replace(schema, outcomes=True) if is_asked else schema

    def _schema_of(self, file: DataFile, size: int, mapped: MappedFormat | None) -> FileSchema:
        """Return the schema of a file in the format *mapped*, or in the one that is recognised."""
        if file.kind != "parquet" or size > LARGE:
            return detect_schema(file, self._con, self._wanted, mapped=mapped)
        try:
            footer = read_footer(file.path, size)
        except OSError:  # detection raises it as an error
            footer = None
        if footer is None:
            return detect_schema(file, self._con, self._wanted, statistics=False, mapped=mapped)
        in_path = frozenset(path_columns(file.path))
        for (start, names, format_of_start), known in self._by_start.items():
            is_alike = names == in_path and format_of_start is mapped
            if is_alike and footer.startswith(start):
                return known
        schema = detect_schema(file, self._con, self._wanted, statistics=False, mapped=mapped)
        if start_of_schema := schema_bytes(footer):
            self._by_start[start_of_schema, in_path, mapped] = schema
            if len(self._by_start) > _KEPT:
                del self._by_start[next(iter(self._by_start))]
        return schema
