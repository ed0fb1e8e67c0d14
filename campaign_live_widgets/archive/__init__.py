"""Snapshots on disk: what is in one, whether it is whole, what changed between two."""
