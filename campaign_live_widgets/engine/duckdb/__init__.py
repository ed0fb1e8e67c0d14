"""A rollup of files, computed by DuckDB."""
