"""The grid of tiles, and how people rearrange it."""
