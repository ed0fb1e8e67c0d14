"""Small batches of rows, read plainly where all their values are as expected."""
