"""Messages between the reader and its clients: JSON and arrays of numbers, no pickle."""
