"""Vendors that send through several channels: samples of their rows, and generated ones."""
