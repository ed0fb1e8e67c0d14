"""Small files of a store, merged into larger ones."""
