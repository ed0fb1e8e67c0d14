"""What a rollup knows, saved on disk: the next process starts from it."""
