"""Rollups that are read once or followed."""
