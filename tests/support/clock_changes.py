"""Changes of clocks, found by asking for the offset: nothing of the package is used here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

ZONES = sorted(available_timezones() - {"Factory", "localtime"})
ODD = (
    ("Europe/Paris", 2026),
    ("America/New_York", 2026),
    ("Europe/London", 2026),  # UTC and UTC+1
    ("Australia/Lord_Howe", 2026),  # half an hour
    ("Antarctica/Troll", 2026),  # two hours, no names
    ("Africa/Casablanca", 2026),  # no names, changes with Ramadan
    ("America/Havana", 2026),  # back to midnight
    ("Asia/Beirut", 2026),  # midnight does not exist
    ("America/Sao_Paulo", 2018),  # back to the day before
    ("America/St_Johns", 2010),  # back to the day before, a minute after midnight
    ("Pacific/Apia", 2011),  # no 30 December
    ("Pacific/Kwajalein", 1993),  # no 21 August
    ("Europe/Moscow", 2014),  # the same name before and after
    ("Asia/Pyongyang", 2018),  # the same name before and after, half an hour
    ("America/Caracas", 2016),
    ("Europe/Istanbul", 2016),  # a new name, the same offset
    ("Asia/Kathmandu", 1985),  # a quarter of an hour
)
"""Zones, and a year in which they change clocks."""
_STEP = timedelta(days=5)


def offset(moment: datetime, zone: str) -> timedelta:
    """Return the offset of a zone from UTC."""
    return moment.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()


@cache
def distinct_zones() -> tuple[str, ...]:
    """Return one of the zones whose clocks agree in every month: many have several names."""
    months = [datetime(year, m, 1, tzinfo=UTC) for year in range(1900, 2040) for m in range(1, 13)]
    zones: dict[tuple[timedelta | None, ...], str] = {}
    for zone in ZONES:
        info = ZoneInfo(zone)
        zones.setdefault(tuple(at.astimezone(info).utcoffset() for at in months), zone)
    return tuple(zones.values())


@cache
def changes(zone: str, year: int) -> tuple[datetime, ...]:
    """Return the first moments after a change of offset in a year, to the second."""
    first, last = datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)
    changes = []
    while first < last:
        after = min(first + _STEP, last)
        if offset(first, zone) != offset(after, zone):
            changes.append(_change(first, after, zone))
        first = after
    return tuple(changes)


def _change(before: datetime, after: datetime, zone: str) -> datetime:
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // timedelta(seconds=2) * timedelta(seconds=1)
        if offset(middle, zone) == offset(before, zone):
            before = middle
        else:
            after = middle
    return after


def moments_of(wall: datetime, zone: str) -> list[datetime]:
    """Return when the clocks of a zone show *wall*: tries every offset of the days around it."""
    around = [wall.replace(tzinfo=UTC) + timedelta(hours=hours) for hours in range(-60, 61)]
    offsets = {offset(moment, zone) for moment in around}
    moments = {wall.replace(tzinfo=UTC) - ahead for ahead in offsets}
    return sorted(
        at for at in moments if at.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == wall
    )
