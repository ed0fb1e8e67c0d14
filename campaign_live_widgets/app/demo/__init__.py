"""A simulated live campaign."""
