"""What is in a source: its files or tables, their columns, and what a report needs of them."""
