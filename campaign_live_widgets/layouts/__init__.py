"""How the tiles of a tab are arranged: documents, saved layouts of people and of teams."""
