"""One module for each engine that can be queried."""
