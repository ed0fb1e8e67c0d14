"""The doors: the report in a notebook, the command line, the pages."""
