"""Formats of senders of e-mail, one module each."""
