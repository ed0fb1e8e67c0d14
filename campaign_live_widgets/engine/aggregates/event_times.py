"""Times of events, to find the last event up to any moment.

A clock may be wrong: an event may be dated after now. Such events are stored one by one until
their time is past. Of the others, the last one of each campaign is stored and, for counted
campaigns, the last one of every minute, for a report of the past.

For example, at 12:00 events of 11:58:10, 11:58:40 and 12:05 are read. The last event is that of
11:58:40, one is ahead; from 12:05 on the last event is that of 12:05, and none is ahead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

MINUTE_US: Final = 60_000_000


class Moment(NamedTuple):
    """Events of one campaign that were read together.

    ``events`` after now have one time, ``last``; of the others, only the
    time of the last one is stored.
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

    def plain(self) -> dict[str, Any]:
        """Return all times as plain values for :meth:`restore`."""
        return {
            "last": dict(self._last),
            "minutes": {
                campaign: list(times.values()) for campaign, times in self._minutes.items()
            },
            "ahead": {campaign: list(times.items()) for campaign, times in self._ahead.items()},
        }

    def restore(self, plain: dict[str, Any]) -> None:
        """Set all times to those of earlier :meth:`plain` values."""
        self._last = plain["last"]
        self._minutes = {
            campaign: {time // MINUTE_US: time for time in times}
            for campaign, times in plain["minutes"].items()
        }
        self._ahead = {campaign: dict(times) for campaign, times in plain["ahead"].items()}

    def add(self, moments: Iterable[Moment], counted: Container[str]) -> None:
        """Add events that were read; minutes are stored only for the campaigns *counted*."""
        for campaign, is_ahead, last, events in moments:
            if is_ahead:
                times = self._ahead.setdefault(campaign, {})
                times[last] = times.get(last, 0) + events
            else:
                self._record(campaign, last, is_counted=campaign in counted)

    def add_minutes(self, moments: Iterable[Moment]) -> None:
        """Add the minutes of events that were added before their campaign was counted."""
        for campaign, is_ahead, last, _ in moments:
            if not is_ahead:
                self._record(campaign, last, is_counted=True)

    def forget(self, campaign: str) -> None:
        """Remove all times of a campaign."""
        for times in (self._last, self._minutes, self._ahead):
            times.pop(campaign, None)

    def forget_minutes(self, campaign: str) -> None:
        """Remove the minutes of a campaign that is not counted any more."""
        self._minutes.pop(campaign, None)

    def record_past(self, now: int, counted: Container[str]) -> None:
        """Stop storing single times that are no longer after *now*."""
        for campaign, times in self._ahead.items():
            for time in [time for time in times if time <= now]:
                del times[time]
                self._record(campaign, time, is_counted=campaign in counted)

    def last(self, campaign: str, until: int) -> int | None:
        """Return the time of a campaign's last event that is not after *until*.

        In the past, where the campaign's last event is after *until*, this is exact at the end
        of a minute, and for the campaigns that are counted.
        """
        candidates = [time for time in self._ahead.get(campaign, ()) if time <= until]
        last = self._last.get(campaign)
        if last is not None and last <= until:
            candidates.append(last)
        else:
            candidates += [
                time for time in self._minutes.get(campaign, {}).values() if time <= until
            ]
        return max(candidates, default=None)

    def ahead(self, now: int) -> tuple[int, int | None]:
        """Return how many events of all campaigns are after *now*, and the time of the last."""
        future = {
            (campaign, time): count
            for campaign, times in self._ahead.items()
            for time, count in times.items()
            if time > now
        }
        return sum(future.values()), max((time for _, time in future), default=None)

    def next_ahead(self, now: int) -> int | None:
        """Return the time of the first event of all campaigns that is after *now*."""
        future = (time for times in self._ahead.values() for time in times if time > now)
        return min(future, default=None)

    def _record(self, campaign: str, time: int, *, is_counted: bool) -> None:
        self._last[campaign] = max(self._last.get(campaign, time), time)
        if is_counted:
            minutes = self._minutes.setdefault(campaign, {})
            minute = time // MINUTE_US
            minutes[minute] = max(minutes.get(minute, time), time)


def newest_campaign(newest: Mapping[str, int | None]) -> str | None:
    """Return the campaign with the newest event; ties, and campaigns without one, by id."""
    return min(
        newest, key=lambda cid: (newest[cid] is None, -(newest[cid] or 0), cid), default=None
    )
