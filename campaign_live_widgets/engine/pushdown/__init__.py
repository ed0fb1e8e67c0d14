"""A rollup that a database computes; only the counts travel."""
