"""When events happened: what it takes to find the last one up to any moment.

Clocks lie: an event may be dated after now. Such events are kept one by one until their time
has come; of the others each campaign's last one is enough, and of the campaign that is counted
the last one of every minute, for a report of the past.

For example, at 12:00 events of 11:58:10, 11:58:40 and 12:05 are read. The last event is that of
11:58:40, one is ahead; from 12:05 on the last event is that of 12:05, and none is ahead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MINUTE_US: Final = 60_000_000


class Moment(NamedTuple):
    """Events of one campaign that were read together.

    ``events`` after now have one time, ``last``; the others, however many, are told by
    their last one.
    """

    campaign: str
    is_ahead: bool
    last: int
    events: int


class EventTimes:
    """The times of all campaigns' events, in microseconds since the epoch."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}
        self._minutes: dict[str, dict[int, int]] = {}
        self._ahead: dict[str, dict[int, int]] = {}

    def add(self, moments: Iterable[Moment], own: str | None) -> None:
        """Add what was read; minutes are kept of the campaign *own* alone."""
        for campaign, is_ahead, last, events in moments:
            if is_ahead:
                times = self._ahead.setdefault(campaign, {})
                times[last] = times.get(last, 0) + events
            else:
                self._pass(campaign, last, is_own=campaign == own)

    def settle(self, now: int, own: str | None) -> None:
        """Let go of the single times that have come to pass."""
        for campaign, times in self._ahead.items():
            for time in [time for time in times if time <= now]:
                del times[time]
                self._pass(campaign, time, is_own=campaign == own)

    def last(self, campaign: str, until: int) -> int | None:
        """Return the time of a campaign's last event that is not after *until*.

        In the past, where the campaign's last event is after *until*, this is exact at the end
        of a minute, and for the campaign that is counted.
        """
        found = [time for time in self._ahead.get(campaign, ()) if time <= until]
        last = self._last.get(campaign)
        if last is not None and last <= until:
            found.append(last)
        else:
            found += [time for time in self._minutes.get(campaign, {}).values() if time <= until]
        return max(found, default=None)

    def ahead(self, now: int) -> tuple[int, int | None]:
        """Return how many events of all campaigns are after *now*, and the time of the last."""
        found = {
            (campaign, time): count
            for campaign, times in self._ahead.items()
            for time, count in times.items()
            if time > now
        }
        return sum(found.values()), max((time for _, time in found), default=None)

    def _pass(self, campaign: str, time: int, *, is_own: bool) -> None:
        self._last[campaign] = max(self._last.get(campaign, time), time)
        if is_own:
            minutes = self._minutes.setdefault(campaign, {})
            minute = time // MINUTE_US
            minutes[minute] = max(minutes.get(minute, time), time)


def newest_campaign(newest: Mapping[str, int | None]) -> str | None:
    """Return the campaign with the newest event; ties, and campaigns without one, by id."""
    return min(
        newest, key=lambda cid: (newest[cid] is None, -(newest[cid] or 0), cid), default=None
    )
