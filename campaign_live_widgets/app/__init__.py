"""The programs: command line, notebook classes, page server, scheduled snapshots, demo."""
