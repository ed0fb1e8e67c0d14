from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from campaign_live_widgets.io.local_time import change_over, is_repeated, moments_of
from campaign_live_widgets.rendering.language.times import clock_steps
from tests.support import clock_changes
from tests.support.clock_changes import ODD, ZONES, changes, distinct_zones, offset

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def around(change: datetime, zone: str) -> list[datetime]:
    """Return whole minutes at a change, and as far from it as the clocks are moved."""
    shift = abs(offset(change, zone) - offset(change - SECOND, zone))
    ends = (change - shift, change, change + shift)
    return sorted({(end + m * MINUTE).replace(second=0) for end in ends for m in (-1, 0, 1)})


def wall(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def check_changes(zone: str, year: int) -> None:
    """Check that no two minutes around a change are written alike, and what is left out."""
    for change in changes(zone, year):
        moments = around(change, zone)
        steps = clock_steps(moments, zone)
        written = set()
        for at in moments:
            _, ahead, follows = next(
                step
                for i, step in reversed(list(enumerate(steps)))
                if not i or step[0] <= at.timestamp()
            )
            local = at.replace(tzinfo=None) + timedelta(seconds=int(ahead))
            assert local == wall(at, zone), (zone, at)
            assert bool(follows) == is_repeated(at.astimezone(ZoneInfo(zone))), (zone, at)
            assert at in moments_of(local, zone), (zone, at)
            written.add((local.replace(second=0), follows))
        assert len(written) == len(moments), (zone, change)
        before, after = (wall(at, zone) for at in (change - SECOND, change))
        if after - before > MINUTE:
            former, latter = change_over(after - MINUTE, zone)
            ends = [local.replace(tzinfo=None) for local in (former, latter)]
            assert ends == [before + SECOND, after], (zone, change)
            assert moments_of(after - MINUTE, zone) == [], (zone, change)


def test_every_zone_is_read_rightly_around_the_changes_of_these_years() -> None:
    checked = [(zone, year) for zone in ZONES for year in (2026, 2027)]
    for zone, year in (*checked, *ODD):
        check_changes(zone, year)


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("first", range(1900, 2040, 20))
def test_every_zone_is_read_rightly_around_all_changes(first: int) -> None:
    for zone in distinct_zones():
        for year in range(first, first + 20):
            check_changes(zone, year)


@pytest.mark.parametrize(("zone", "year"), ODD)
def test_a_local_time_names_the_moments_at_which_the_clocks_show_it(zone: str, year: int) -> None:
    for change in changes(zone, year):
        walls = {wall(at, zone) for at in around(change, zone)}
        for first, last in pairwise(sorted(walls)):
            walls.add(first + (last - first) // MINUTE // 2 * MINUTE)
        for local in walls:
            assert moments_of(local, zone) == clock_changes.moments_of(local, zone)


def test_the_changes_of_a_year_are_found() -> None:
    assert changes("Europe/Paris", 2026) == (
        datetime(2026, 3, 29, 1, tzinfo=UTC),
        datetime(2026, 10, 25, 1, tzinfo=UTC),
    )
    assert all(changes(zone, year) for zone, year in ODD if zone != "Europe/Istanbul")
