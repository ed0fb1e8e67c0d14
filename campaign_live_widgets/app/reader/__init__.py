"""The reader: one process reads a source for any number of pages, in any number of processes."""
