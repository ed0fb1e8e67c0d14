"""The live door: vendors' webhooks over HTTP, each verified, into a store of events."""
