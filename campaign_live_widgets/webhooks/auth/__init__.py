"""One module for each way to verify who sends."""
