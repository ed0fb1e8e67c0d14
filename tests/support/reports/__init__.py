"""Reports and snapshots without a source, and what tests look up in them."""
