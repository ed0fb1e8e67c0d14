"""What a report is asked for: query parameters, times, sources, the person, the environment."""
