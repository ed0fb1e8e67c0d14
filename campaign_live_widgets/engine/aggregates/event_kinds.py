"""What kind of event a row is, packed into one small number: grouping by it is quick."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple

from campaign_live_widgets.catalog import BOUNCE_TYPES
from campaign_live_widgets.catalog.details import FAILURES
from campaign_live_widgets.sources import CHANNELS, EVENT_TYPES, quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence


class EventKind(NamedTuple):
    """A kind of event.

    ``late`` is a bounce after the message had been accepted; ``is_machine`` is of opens and clicks,
    ``None`` where it is not known.
    """

    channel: str
    event_type: str
    bounce_type: str | None
    late: bool
    is_test: bool
    is_machine: bool | None = None


JUDGED: Final = ("open", "click")
"""Event types of which machines are counted apart."""
_MACHINE: Final = (None, False, True)
"""The values of ``is_machine`` in the place of the bounce type."""
SLOTS: Final = len(BOUNCE_TYPES) + 1
"""Number of places for the bounce type, the first for none."""


def _kind(channel: str, event_type: str, slot: int, late: bool, is_test: bool) -> EventKind:  # noqa: FBT001
    if event_type in JUDGED and slot < len(_MACHINE):
        return EventKind(channel, event_type, None, late, is_test, _MACHINE[slot])
    return EventKind(channel, event_type, (None, *BOUNCE_TYPES)[slot], late, is_test)


# The place of a kind in this list is its number: the last part changes quickest.
EVENT_KINDS: Final = [
    _kind(*parts)
    for parts in product(CHANNELS, EVENT_TYPES, range(SLOTS), (False, True), (False, True))
]


def _place(column: str, values: Sequence[str]) -> str:
    return f"enum_code({column}::ENUM({', '.join(map(quoted, values))}))::INTEGER"


PACKED_KIND: Final = f"""
    (({_place("channel", CHANNELS)} * {len(EVENT_TYPES)}
      + {_place("event_type", EVENT_TYPES)}) * {SLOTS}
      + CASE WHEN event_type = 'bounce'
             THEN coalesce({_place("bounce_type", BOUNCE_TYPES)} + 1, 0)
             WHEN event_type IN ({", ".join(map(quoted, JUDGED))})
             THEN CASE WHEN is_machine THEN 2 WHEN NOT is_machine THEN 1 ELSE 0 END
             ELSE 0 END) * 4
      + CASE WHEN event_type = 'bounce' AND is_async THEN 2 ELSE 0 END
      + CASE WHEN is_test THEN 1 ELSE 0 END"""
"""SQL for the number of a row's kind."""


def packed_kinds(event_types: Collection[str]) -> list[int]:
    """Return the numbers of all kinds of these types."""
    return [number for number, kind in enumerate(EVENT_KINDS) if kind.event_type in event_types]


REASONED: Final = ("bounce", "error", "excluded")
"""Event types that are counted by reason."""


def _has_detail(kind: EventKind) -> bool:
    return kind.event_type in {*FAILURES, "click"} or (
        kind.event_type == "open" and kind.is_machine is True
    )


COUNTED_BY: Final = {
    "reason": tuple(packed_kinds(REASONED)),
    "detail": tuple(number for number, kind in enumerate(EVENT_KINDS) if _has_detail(kind)),
}
"""The numbers of the kinds that are counted by a dimension; by any other one, all are."""
