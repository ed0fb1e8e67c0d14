"""The labels of a time axis; ``tests/js/charts.test.js`` has the same examples for the page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from campaign_live_widgets.rendering.charts.time_axis import time_ticks

MINUTE = timedelta(minutes=1)
NIGHT = datetime(2026, 10, 25, tzinfo=UTC)
"""Midnight in UTC: an hour later, Paris sets its clocks back from 03:00 to 02:00."""


def labels(  # noqa: PLR0913 - a case, by position
    start: datetime, count: int, minutes: int, room: float, zone: str, locale: str = "en"
) -> list[str]:
    times = [start + i * minutes * MINUTE for i in range(count)]
    return list(time_ticks(times, room, zone, locale).values())


@pytest.mark.parametrize(
    ("zone", "minutes", "count", "wanted"),
    [
        ("UTC", 15, 96, ["16:00", "20:00", "Nov 23", "04:00", "08:00", "12:00"]),
        ("Asia/Kolkata", 60, 24, ["20:30", "Nov 23", "04:30", "08:30", "12:30", "16:30"]),
        ("Europe/Paris", 1440, 6, ["Nov 23", "Nov 24", "Nov 25", "Nov 26", "Nov 27"]),
        ("UTC", 15, 0, []),
    ],
)
def test_ticks_fall_on_local_hours_and_name_the_day(
    zone: str, minutes: int, count: int, wanted: list[str]
) -> None:
    assert labels(datetime(2026, 11, 22, 13, tzinfo=UTC), count, minutes, 6, zone) == wanted


@pytest.mark.parametrize(
    ("hour", "count", "minutes", "room", "wanted"),
    [
        (-2, 49, 60, 6, ["Oct 25", "12:00", "Oct 26", "12:00"]),
        (
            *(-1, 25, 15, 12),
            ["01:00", "02:00 UTC+2", "02:00 UTC+1", "03:00", "04:00", "05:00", "06:00"],
        ),
        (-1, 25, 15, 7, ["02:00 UTC+2", "04:00", "06:00"]),
        (0, 13, 5, 6, ["02:00 UTC+2", "02:30 UTC+2", "02:00 UTC+1"]),
    ],
)
def test_an_hour_that_comes_twice_has_its_offsets_and_room_for_them(
    hour: int, count: int, minutes: int, room: int, wanted: list[str]
) -> None:
    start = NIGHT + hour * 60 * MINUTE
    assert labels(start, count, minutes, room, "Europe/Paris") == wanted


def test_an_hour_that_is_left_out_has_no_tick() -> None:
    start = datetime(2026, 3, 29, tzinfo=UTC)
    wanted = ["01:00", "01:30", "03:00", "03:30", "04:00", "04:30", "05:00"]
    assert labels(start, 13, 15, 8, "Europe/Paris", "fr") == wanted


@pytest.mark.parametrize(
    ("zone", "start", "wanted"),
    [
        ("America/Havana", "2026-11-01T03:00", ["23:00", "Nov 1", "00:00 UTC\u22125", "01:00"]),
        ("Asia/Beirut", "2026-03-28T21:00", ["23:00", "23:30", "Mar 29", "01:30"]),
        (
            "America/Sao_Paulo",
            "2018-02-18T00:00",
            ["22:00", "23:00 UTC\u22122", "23:00 UTC\u22123", "Feb 18"],
        ),
    ],
)
def test_changes_at_midnight_begin_each_day_once(zone: str, start: str, wanted: list[str]) -> None:
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert labels(begin, 16, 15, 12, zone)[:4] == wanted


def test_a_day_that_begins_twice_has_its_offsets() -> None:
    begin = datetime(2010, 11, 7, 0, 30, tzinfo=UTC)  # 22:00 in St. John's
    assert labels(begin, 30, 15, 20, "America/St_Johns") == [
        *("22:00", "23:00", "Nov 7 UTC\u22122:30", "Nov 7 UTC\u22123:30"),
        *("01:00", "02:00", "03:00", "04:00"),
    ]
