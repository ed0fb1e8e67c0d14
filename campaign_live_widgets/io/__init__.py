"""Files, names and durations: helpers that know nothing about campaigns."""
