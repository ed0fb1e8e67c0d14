"""Checks of a folder of snapshots."""
