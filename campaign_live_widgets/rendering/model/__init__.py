"""What is rendered: the report, its tables and its colours."""
