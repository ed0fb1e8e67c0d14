"""The classes that people use in notebooks."""
