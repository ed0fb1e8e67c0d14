"""Rows of vendors, made from events."""
