"""How names of relations in a statement begin, which say how they are joined to many rows."""

from __future__ import annotations

from typing import Final

COPIED: Final = "clw_copied_"
"""Of few rows, whatever an engine estimates: they are copied to all workers."""
DIVIDED: Final = "clw_divided_"
"""Divided by a hash, as the many rows are: each part is joined where these are."""
