"""One module for each way to verify the sender of a request."""
