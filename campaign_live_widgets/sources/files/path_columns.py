"""Columns in the folders of a path, as Hive writes them: ``campaign_id=spring/day=2026-11-20/``.

They are those of the whole absolute path, wherever the source begins in it: the same file has the
same columns as a separate source and within a folder. Where two folders have the same name, in
any case, the inner one counts.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from campaign_live_widgets.sources.formats.canonical import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_NULL: Final = "__HIVE_DEFAULT_PARTITION__"


def path_columns(path: str) -> Mapping[str, str | None]:
    """Return the canonical columns in the folders of a file: lower-case name → value.

    A value is text, null where it is Hive's word for it or blank.
    """
    folder = os.path.dirname(os.path.abspath(path))
    return _columns(folder) if "=" in folder else {}


@lru_cache(maxsize=1 << 14)
def _columns(folder: str) -> Mapping[str, str | None]:
    columns: dict[str, str | None] = {}
    for part in folder.split(os.sep):
        name, is_pair, value = part.partition("=")
        column = unquote(name).strip().lower()
        if is_pair and column in COLUMNS:
            text = unquote(value)
            columns[column] = None if text == _NULL or not text.strip() else text
    return columns


def column_for(paths: Sequence[str], columns: Sequence[str]) -> str | None:
    """Return the one of *columns* that has the name of a field, given the field's dotted paths.

    A vendor's names may be written in another way: ``campaignID`` is ``campaign_id``.
    """
    last = {_squeezed(path.rpartition(".")[2]) for path in paths}
    return next((column for column in columns if _squeezed(column) in last), None)


def _squeezed(name: str) -> str:
    return name.lower().replace("_", "")
