from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from babel.dates import format_datetime
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import campaign_live_widgets
from campaign_live_widgets.io.local_time import is_repeated
from campaign_live_widgets.rendering.charts.time_axis import time_ticks
from campaign_live_widgets.rendering.language import times
from campaign_live_widgets.snapshot import MINUTE, Window
from tests.support.clock_changes import ODD, ZONES, changes, moments_of, offset

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "start", "end", "text"),
    [
        ("UTC", "2026-03-29T00:00", "2026-03-29T03:00", "29 Mar 00:00 \u2013 29 Mar 03:00 UTC"),
        (
            "Europe/Paris",
            "2026-03-29T00:00",
            "2026-03-29T03:00",
            "29 Mar 01:00 CET \u2013 29 Mar 05:00 CEST",
        ),
        (
            "Europe/Paris",
            "2026-10-25T00:30",
            "2026-10-25T01:30",
            "25 Oct 02:30 CEST \u2013 25 Oct 02:30 CET",
        ),
        (
            "Europe/Paris",
            "2026-10-25T00:30",
            "2026-10-25T00:45",
            "25 Oct 02:30 \u2013 25 Oct 02:45 CEST",
        ),
        (
            "Europe/Moscow",
            "2014-10-25T21:30",
            "2014-10-25T22:30",
            "26 Oct 01:30 UTC+4 \u2013 26 Oct 01:30 UTC+3",
        ),
        (
            "Europe/Moscow",
            "2014-10-25T21:30",
            "2014-10-25T21:45",
            "26 Oct 01:30 \u2013 26 Oct 01:45 UTC+4",
        ),
        (
            "Australia/Lord_Howe",
            "2026-04-04T14:00",
            "2026-04-04T16:00",
            "5 Apr 01:00 UTC+11 \u2013 5 Apr 02:30 UTC+10:30",
        ),
        (
            "Pacific/Apia",
            "2011-12-30T09:00",
            "2011-12-30T11:00",
            "29 Dec 23:00 UTC\u221210 \u2013 31 Dec 01:00 UTC+14",
        ),
        (
            "Europe/Istanbul",
            "2016-09-06T12:00",
            "2016-09-07T12:00",
            "6 Sept 15:00 \u2013 7 Sept 15:00 UTC+3",
        ),
    ],
)
def test_a_span_names_both_zones_where_their_offsets_differ(
    zone: str, start: str, end: str, text: str
) -> None:
    span = times.span(utc(start), utc(end), zone, "en", pattern=times.SHORT)
    assert span.replace("Sep ", "Sept ") == text


def test_a_span_without_zone_is_never_ambiguous() -> None:
    first, second, third = (utc(f"2026-10-25T{clock}") for clock in ("00:30", "00:45", "01:30"))
    bare = [
        times.span(first, end, "Europe/Paris", "fr", pattern=times.SHORT, has_zone=False)
        for end in (second, third, third + DAY)
    ]
    assert bare == [
        "25 oct. 02:30 UTC+2 \u2013 25 oct. 02:45 UTC+2",
        "25 oct. 02:30 CEST \u2013 25 oct. 02:30 CET",
        "25 oct. 02:30 CEST \u2013 26 oct. 02:30 CET",
    ]


def test_only_a_time_that_comes_twice_has_its_offset() -> None:
    texts = [
        times.instant(utc("2026-10-24T23:45") + i * 45 * MINUTE, "Europe/Paris", "en")
        for i in range(5)
    ]
    assert texts == [
        *("25 Oct 01:45", "25 Oct 02:30 UTC+2", "25 Oct 02:15 UTC+1", "25 Oct 03:00"),
        "25 Oct 03:45",
    ]


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        ("UTC", "UTC"),
        ("Europe/Paris", "CEST"),
        ("America/Sao_Paulo", "UTC\u22123"),
        ("Asia/Kathmandu", "UTC+5:45"),
        ("Etc/GMT+12", "UTC\u221212"),
        ("Atlantic/Azores", "UTC"),
    ],
)
def test_a_zone_without_a_name_is_named_by_its_offset(zone: str, name: str) -> None:
    assert times.zone(utc("2026-07-01T12:00"), zone) == name


def test_times_become_text_in_one_module_of_each_language() -> None:
    package = Path(campaign_live_widgets.__file__).parent
    formats = {
        ".py": r"format_(date)?time|%H:%M\b",
        ".js": r"DateTimeFormat\(locale|toLocale(Time|Date)",
    }
    writers = {
        path.relative_to(package).as_posix()
        for ending, words in formats.items()
        for path in package.rglob(f"*{ending}")
        if re.search(words, path.read_text("utf-8"))
    }
    assert writers == {
        "rendering/language/times.py",
        "widgets/base/clock.js",
        "app/terminal/report.py",  # in UTC
        "store/ingestion.py",  # in UTC
        "dashboard/page/exact_window.py",  # the value of an input field
        "io/local_time.py",  # an example
        "sources/mapping/time_forms.py",  # forms of times in files
        "engine/inspection/shapes.py",  # the same
    }


def test_clock_steps_are_the_same_for_all_days_without_a_change() -> None:
    summer = [utc("2026-07-01T12:00") + i * HOUR for i in range(48)]
    assert times.clock_steps(summer, "Europe/Paris") == [[0, 7200, ""]]
    night = [utc("2026-10-24T22:00") + i * 15 * MINUTE for i in range(48)]
    change = int(utc("2026-10-25T01:00").timestamp())
    assert times.clock_steps(night, "Europe/Paris") == [
        [0, 7200, ""],
        [change - 3600, 7200, "UTC+2"],
        [change, 3600, "UTC+1"],
        [change + 3600, 3600, ""],
    ]


def test_zone_steps_name_the_zone_of_any_time_around_now() -> None:
    steps = times.zone_steps(utc("2026-10-24T20:00"), "Europe/Paris")
    assert steps == [[0, 7200, "CEST"], [int(utc("2026-10-25T01:00").timestamp()), 3600, "CET"]]


@st.composite
def near_changes(draw: st.DrawFn, *, count: int) -> tuple[str, list[datetime]]:
    """Draw a zone and minutes within 26 hours of one of its changes, or of any time."""
    zone = draw(st.sampled_from(ZONES) | st.sampled_from([zone for zone, _ in ODD]))
    odd = dict(ODD).get(zone)
    year = draw(st.integers(1973, 2037) if odd is None else st.sampled_from([odd, 2027]))
    known = changes(zone, year)
    around = draw(st.sampled_from(known)) if known else datetime(year, 6, 15, 12, tzinfo=UTC)
    around = around.replace(second=0)
    far = draw(st.sampled_from([5, 90, 26 * 60]))
    minutes = [draw(st.integers(-far, far)) for _ in range(count)]
    return zone, [around + minute * MINUTE for minute in minutes]


def wall(moment: datetime, zone: str) -> datetime:
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@settings(max_examples=120, deadline=None)
@given(near_changes(count=2), st.sampled_from(["en", "fr"]))
def test_two_minutes_never_have_one_text(drawn: tuple[str, list[datetime]], locale: str) -> None:
    zone, (one, other) = drawn
    assume(one != other)
    for write in (times.instant, times.named, times.moment):
        assert write(one, zone, locale) != write(other, zone, locale)


@settings(max_examples=120, deadline=None)
@given(near_changes(count=1))
def test_exactly_the_times_that_come_twice_have_their_offset(
    drawn: tuple[str, list[datetime]],
) -> None:
    zone, (moment,) = drawn
    plain = format_datetime(wall(moment, zone), times.WITH_YEAR, locale="en")
    text = times.instant(moment, zone, "en", pattern=times.WITH_YEAR)
    assert text.startswith(plain)
    assert (text != plain) == (len(moments_of(wall(moment, zone), zone)) > 1)


@settings(max_examples=120, deadline=None)
@given(near_changes(count=2), st.sampled_from(["with its zone", "without"]))
def test_a_span_with_one_zone_is_as_long_as_its_clocks_say(
    drawn: tuple[str, list[datetime]], form: str
) -> None:
    zone, moments = drawn
    start, end = sorted(moments)
    has_zone = form == "with its zone"
    texts = times.ends(start, end, zone, "en", has_zone=has_zone)
    plain = [format_datetime(wall(at, zone), times.WITH_YEAR, locale="en") for at in (start, end)]
    names = [text.removeprefix(bare).strip() for text, bare in zip(texts, plain, strict=True)]
    if offset(start, zone) != offset(end, zone):
        assert all(names)
        assert names[0] != names[1]
    else:
        assert wall(end, zone) - wall(start, zone) == end - start
        assert not has_zone or names == ["", times.zone(end, zone)]


@settings(max_examples=60, deadline=None)
@given(near_changes(count=1), st.sampled_from([10, 120, 360, 1440, 4000]), st.integers(1, 20))
def test_a_page_writes_times_by_their_steps_and_no_two_ticks_of_a_day_alike(
    drawn: tuple[str, list[datetime]], minutes: int, room: int
) -> None:
    zone, (end,) = drawn
    buckets = Window(end - minutes * MINUTE, end).buckets()
    steps = times.clock_steps(buckets, zone)
    for at in buckets:
        _, ahead, follows = [s for i, s in enumerate(steps) if not i or s[0] <= at.timestamp()][-1]
        assert at.replace(tzinfo=None) + timedelta(seconds=int(ahead)) == wall(at, zone)
        assert bool(follows) == is_repeated(at.astimezone(ZoneInfo(zone)))
    ticks = time_ticks(buckets, room, zone, "en")
    labels = [(wall(buckets[i], zone).date(), label) for i, label in ticks.items()]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(("locale", "word"), [("en", "(UTC day)"), ("fr", "(jour UTC)")])
def test_a_day_of_utc_is_never_called_another_day(locale: str, word: str) -> None:
    days = [datetime(2026, 11, day, tzinfo=UTC) for day in range(1, 15)]
    hours = [datetime(2026, 11, 1, hour, tzinfo=UTC) for hour in range(6)]
    zone = "America/Los_Angeles"
    assert times.clock_steps(days, zone, locale) == [[0, 0, word]]
    assert times.clock_steps(days, "UTC", locale) == [[0, 0, ""]]
    assert times.clock_steps(hours, zone, locale) == times.clock_steps(hours, zone)
    ticks = time_ticks(days, 14, zone, locale)
    assert [text.split(" (")[0] for text in ticks.values()] == [
        times.day_text(days[i], locale) for i in ticks
    ]
    assert ticks[0].endswith(word)
    texts = [times.bucket_time(day, zone, locale, "d", is_utc=True) for day in days]
    assert texts == [f"{day.day} {word}" for day in days]
