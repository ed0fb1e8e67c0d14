"""What kind of event a row is, packed into one small number: grouping by it is quick."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple

from campaign_live_widgets.catalog import BOUNCE_TYPES
from campaign_live_widgets.sources import CHANNELS, EVENT_TYPES, quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class EventKind(NamedTuple):
    """A kind of event; ``late`` is a bounce after the message had been accepted."""

    channel: str
    event_type: str
    bounce_type: str | None
    late: bool
    is_test: bool


# The place of a kind in this list is its number: the last part changes quickest.
EVENT_KINDS: Final = [
    EventKind(*parts)
    for parts in product(CHANNELS, EVENT_TYPES, (None, *BOUNCE_TYPES), (False, True), (False, True))
]


def _place(column: str, values: Sequence[str]) -> str:
    return f"enum_code({column}::ENUM({', '.join(map(quoted, values))}))::INTEGER"


PACKED_KIND: Final = f"""
    (({_place("channel", CHANNELS)} * {len(EVENT_TYPES)}
      + {_place("event_type", EVENT_TYPES)}) * {len(BOUNCE_TYPES) + 1}
      + CASE WHEN event_type = 'bounce'
             THEN coalesce({_place("bounce_type", BOUNCE_TYPES)} + 1, 0) ELSE 0 END) * 4
      + CASE WHEN event_type = 'bounce' AND is_async THEN 2 ELSE 0 END
      + CASE WHEN is_test THEN 1 ELSE 0 END"""
"""SQL for the number of a row's kind."""


def packed_kinds(event_types: Collection[str]) -> list[int]:
    """Return the numbers of all kinds of these types."""
    return [number for number, kind in enumerate(EVENT_KINDS) if kind.event_type in event_types]
