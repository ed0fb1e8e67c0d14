"""The parts of the page around the tiles."""
