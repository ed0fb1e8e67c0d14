"""The command ``campaign-live``."""
