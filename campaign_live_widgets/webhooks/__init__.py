"""A webhook receiver: verifies the events that mail vendors post, and appends them to a store."""
