"""A rollup that a database keeps: counts in tables beside the table of events."""
