"""Servers and other processes that tests start, and requests to them."""
