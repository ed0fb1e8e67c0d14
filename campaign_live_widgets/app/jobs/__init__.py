"""Scheduled snapshots: runs of the bundled notebooks by Papermill."""
