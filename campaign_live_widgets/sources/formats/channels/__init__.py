"""Formats of vendors that send through several channels, one module each."""
