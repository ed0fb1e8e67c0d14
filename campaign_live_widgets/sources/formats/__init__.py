"""One module for each format of events."""
