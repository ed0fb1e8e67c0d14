"""The schemas of files that were seen before: a file with a known one is not described again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.sources.files.file_schema import detect_schema
from campaign_live_widgets.sources.files.parquet_footer import read_footer, schema_bytes

if TYPE_CHECKING:
    import duckdb

    from campaign_live_widgets.sources.files.location import DataFile
    from campaign_live_widgets.sources.files.scan_sql import FileSchema

_KEPT: Final = 64
LARGE: Final = 1 << 22
"""Bytes of a Parquet file above which reading its statistics costs less than it saves."""


class KnownSchemas:
    """Detects the schemas of files; *wanted* is the name of their format, if a user gave it."""

    def __init__(self, con: duckdb.DuckDBPyConnection, wanted: str | None) -> None:
        self._con, self._wanted = con, wanted
        self._by_start: dict[bytes, FileSchema] = {}
        """The start of a Parquet footer → the schema of all files with it."""

    def schema_of(self, file: DataFile, size: int) -> FileSchema:
        """Return the schema of a file of *size* bytes.

        Raises
        ------
        SourceError
            If the file cannot be opened, or does not match its file extension.
        """
        if file.kind != "parquet" or size > LARGE:
            return detect_schema(file, self._con, self._wanted)
        try:
            footer = read_footer(file.path, size)
        except OSError:  # detection raises it as an error
            footer = None
        if footer is None:
            return detect_schema(file, self._con, self._wanted, statistics=False)
        for start, known in self._by_start.items():
            if footer.startswith(start):
                return known
        schema = detect_schema(file, self._con, self._wanted, statistics=False)
        if start_of_schema := schema_bytes(footer):
            self._by_start[start_of_schema] = schema
            if len(self._by_start) > _KEPT:
                del self._by_start[next(iter(self._by_start))]
        return schema
