"""The index page of a folder of snapshots."""
