"""What the values of a report's dimensions are called on its pages, in its files and sentences.

One mapping for each report, dimension and language: the same names in every tile, whichever rows
it shows.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog import (
    LOCALES,
    OTHERS,
    TILES,
    TOTAL,
    UNKNOWN,
    value_label,
)
from campaign_live_widgets.catalog.provider_names import OTHER
from campaign_live_widgets.report.distinct import Names
from campaign_live_widgets.report.once import once_per_snapshot
from campaign_live_widgets.report.tile_tables import tile_table
from campaign_live_widgets.snapshot import DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.snapshot import Message, Snapshot

_NAMED: Final = frozenset(DIMENSIONS) - {"bucket"}
"""Dimensions whose values come from outside."""
_REST: Final = {
    locale: re.compile(rf"\s*{re.escape(OTHERS(locale))}\s*\(\s*[\d\s]+\)\s*", re.IGNORECASE)
    for locale in LOCALES
}
"""How the rest of a chart's rows is called."""
_UNNAMED: Final = Names({})
"""Of rows that are times, metrics or other words of the report."""


def names_of(tile: Tile, snapshot: Snapshot, locale: str) -> Names:
    """Return what the rows of a tile are called, by their values in its frame.

    Empty where rows are times, metrics or other words of the report.
    """
    dimension = tile.columns[0]
    if dimension not in _NAMED:
        return _UNNAMED
    return dimension_names(snapshot, dimension, locale)


def row_names(
    dimension: str,
    values: Iterable[object],
    locale: str,
    names: Mapping[str, str] | None = None,
) -> Names:
    """Return what the rows of a tile are called.

    Parameters
    ----------
    dimension : str
    values : iterable
        The first column of the tile's frame, which is of that dimension.
    locale : str
    names : mapping, optional
        What :func:`names_of` returns. By default names are distinct within the tile alone;
        so are those of any other mapping of ``message_id`` to a display name.
    """
    codes = [str(value) for value in values]
    if isinstance(names, Names) and all(code in names for code in codes):
        return names
    return named(dimension, codes, locale, names if dimension == "message_id" else None)


MESSAGES_OFFERED: Final = 1_000
"""Messages of a campaign that a page offers; of more, only names that are shown are compared."""


def campaign_names(snapshot: Snapshot) -> Names:
    """Return what the campaigns of the source are called."""
    return _campaign_names(snapshot, None)


@once_per_snapshot
def _campaign_names(snapshot: Snapshot, _: None) -> Names:
    names = {**snapshot.campaign_names, snapshot.campaign_id: snapshot.campaign_name}
    return _names(tuple(sorted(names.items())))


def dimension_names(snapshot: Snapshot, dimension: str, locale: str) -> Names:
    """Return what all values of a dimension are called that a report may show."""
    return _dimension_names(snapshot, (dimension, locale))


def offered_messages(snapshot: Snapshot) -> list[Message]:
    """Return the messages that a page offers to choose: the newest, and those that are chosen."""
    chosen = snapshot.selection.messages
    return [
        message
        for place, message in enumerate(snapshot.messages)
        if place < MESSAGES_OFFERED or message.id in chosen
    ]


def _are_many(snapshot: Snapshot) -> bool:
    return len(snapshot.messages) > MESSAGES_OFFERED


def _shown_messages(snapshot: Snapshot) -> dict[str, str | None]:
    """Return the names of the messages that a page shows, of too many to compare all."""
    ids = {message.id: message.name for message in offered_messages(snapshot)}
    for tile in TILES.values():
        if tile.by == "message_id":
            first, _ = tile_table(tile, snapshot).first_rows(tile.by)
            ids |= {code: snapshot.message_names.get(code) for code in first.codes()}
    return ids


@once_per_snapshot
def _dimension_names(snapshot: Snapshot, of: tuple[str, str]) -> Names:
    dimension, locale = of
    if dimension == "message_id" and _are_many(snapshot):
        names = _shown_messages(snapshot)
        return named(dimension, names, locale, names)
    names = {} if dimension != "message_id" else _message_names(snapshot)
    return named(dimension, _values(snapshot, dimension), locale, names)


def named(
    dimension: str,
    values: Iterable[str],
    locale: str,
    names: Mapping[str, str | None] | None = None,
) -> Names:
    """Return what values of a dimension are called; *names* are those from outside."""
    known = names or {}
    labels: dict[str, str | None] = {value: known.get(value) for value in (*values, *known)}
    words: dict[str, str] = {}
    if dimension != "message_id":
        labels = {value: value_label(dimension, value, locale) for value in labels}
        own = (UNKNOWN, OTHER) if dimension == "provider" else (UNKNOWN,)
        words = {value: value_label(dimension, value, locale) for value in own}
    rest = (label for label in labels.values() if label and _REST[locale].fullmatch(label))
    taken = frozenset((TOTAL(locale), OTHERS(locale), *rest))
    return _names(tuple(sorted(labels.items())), taken, tuple(words.items()))


@lru_cache(maxsize=32)
def _names(
    labels: tuple[tuple[str, str | None], ...],
    taken: frozenset[str] = frozenset(),
    words: tuple[tuple[str, str], ...] = (),
) -> Names:
    """Return names; those of two refreshes are mostly equal."""
    return Names(dict(labels), taken, dict(words))


def _message_names(snapshot: Snapshot) -> dict[str, str | None]:
    ids: dict[str, str | None] = {message.id: message.name for message in snapshot.messages}
    return ids | dict(snapshot.message_names)


def _values(snapshot: Snapshot, dimension: str) -> list[str]:
    """Return the values in the rows of any tile: all, or those a tile with a limit lists."""
    tiles = [tile for tile in TILES.values() if tile.by == dimension]
    if all(tile.limit is not None for tile in tiles):
        return [code for tile in tiles for code in tile_table(tile, snapshot).codes()]
    return [v for v in dict.fromkeys(snapshot.counts[dimension].values) if isinstance(v, str)]
