"""Tables in databases: addresses, and rows as canonical events."""
