"""HTML for files and for notebooks."""
