"""The index of a store: sorted hashes of all event ids."""
