"""Campaigns, messages and executions of a source, whatever the window."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import nsmallest
from typing import TYPE_CHECKING

from campaign_live_widgets.snapshot import EXECUTIONS_LISTED, Campaign, Execution, Message, time_of
from campaign_live_widgets.sources import CHANNELS

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class EntityStats:
    """Events of one campaign, message or execution: how many, when, and its newest name.

    Times are microseconds since the epoch; *name* is the display name with the time of its event.
    """

    events: int
    oldest: int
    newest: int
    name: tuple[int, str] | None = None
    channels: frozenset[str] = frozenset()

    def __add__(self, other: EntityStats) -> EntityStats:
        """Return the sum for the same entity; the newest name wins."""
        return EntityStats(
            self.events + other.events,
            min(self.oldest, other.oldest),
            max(self.newest, other.newest),
            max(filter(None, (self.name, other.name)), default=None),
            self.channels | other.channels,
        )

    @property
    def newest_name(self) -> str | None:
        """Return the newest name."""
        return self.name[1] if self.name else None


def add_entity(entities: dict[str, EntityStats], key: str, stats: EntityStats) -> None:
    """Add the events of one campaign, message or execution."""
    entities[key] = entities[key] + stats if key in entities else stats


def timed_name(name: str | None, at: int) -> tuple[int, str] | None:
    """Return a display name with its time, as :attr:`EntityStats.name` has it."""
    return None if name is None else (at, name)


def campaigns(
    entities: Mapping[str, EntityStats], newest: Mapping[str, int | None]
) -> list[Campaign]:
    """Return campaigns, the one with the *newest* event first."""
    return [
        Campaign(
            cid, c.newest_name, c.events, time_of(c.oldest), None if last is None else time_of(last)
        )
        for cid, c, last in sorted(
            ((cid, c, newest[cid]) for cid, c in entities.items()),
            key=lambda item: (item[2] is None, -(item[2] or 0), item[0]),
        )
    ]


def messages(entities: Mapping[str, EntityStats]) -> tuple[Message, ...]:
    """Return messages, the one with the newest event first."""
    return tuple(
        Message(mid, m.newest_name, in_order(m.channels), m.events, time_of(m.newest))
        for mid, m in _newest_first(entities)
    )


def executions(entities: Mapping[str, EntityStats]) -> tuple[Execution, ...]:
    """Return the latest executions, the one with the newest event first."""
    return tuple(
        Execution(xid, x.events, time_of(x.oldest), time_of(x.newest))
        for xid, x in _newest_first(entities, EXECUTIONS_LISTED)
    )


def _newest_first(
    entities: Mapping[str, EntityStats], limit: int | None = None
) -> list[tuple[str, EntityStats]]:
    limit = len(entities) if limit is None else limit
    return nsmallest(limit, entities.items(), key=lambda item: (-item[1].newest, item[0]))


def in_order(channels: frozenset[str]) -> tuple[str, ...]:
    """Return channels in the order in which they are shown everywhere."""
    return tuple(channel for channel in CHANNELS if channel in channels)
