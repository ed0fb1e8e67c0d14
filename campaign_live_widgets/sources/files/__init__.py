"""Files: where they are, what is new in them, and how they are read."""
