"""Durations as text, as every command, address and file name spells them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_live_widgets.io.durations import format_duration, largest_unit, parse_duration

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("6h", timedelta(hours=6)),
        ("7d", 7 * DAY),
        ("2w", 14 * DAY),
        ("0s", timedelta()),
    ],
)
def test_documented_spellings_are_parsed(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("1h30m", timedelta(hours=1, minutes=30)),
        ("1h 30min", timedelta(hours=1, minutes=30)),
        (" 15 MIN ", timedelta(minutes=15)),
        ("0.5s", timedelta(seconds=0.5)),
        ("1.5h", timedelta(minutes=90)),
        ("24H", DAY),
        ("999999h", timedelta(hours=999_999)),
    ],
)
def test_older_spellings_are_parsed(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize(
    "text",
    ["", "soon", "15", "m", "15x", "-1h", "+1h", "1e1s", "nan", "1h30", "1 5m", "1h,30m", "15mins"],
)
def test_other_texts_are_an_error_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="is not a duration; examples: 90s, 15m, 6h, 7d or 2w"):
        parse_duration(text)


def test_duration_beyond_the_range_of_timedelta_is_an_error() -> None:
    with pytest.raises(ValueError, match="is too long"):
        parse_duration("999999999999999w")


def test_number_without_unit_needs_a_default_unit() -> None:
    assert parse_duration("0.5", bare_unit="s") == timedelta(seconds=0.5)
    assert parse_duration("2m", bare_unit="s") == timedelta(minutes=2)
    with pytest.raises(ValueError, match="is not a duration"):
        parse_duration("2")


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(), "0h"),
        (timedelta(seconds=0.5), "0.5s"),
        (timedelta(seconds=90), "90s"),
        (timedelta(seconds=120), "2m"),
        (timedelta(minutes=90), "90m"),
        (timedelta(hours=25), "25h"),
        (DAY, "24h"),
        (2 * DAY, "2d"),
        (14 * DAY, "14d"),
    ],
)
def test_duration_is_written_in_the_largest_unit_that_divides_it(
    duration: timedelta, text: str
) -> None:
    assert format_duration(duration) == text


def test_largest_unit_of_one_day_is_hours() -> None:
    assert [largest_unit(DAY), largest_unit(3 * DAY)] == [(24, "h"), (3, "d")]


@given(st.integers(min_value=0, max_value=10**9))
def test_written_duration_is_parsed_back(seconds: int) -> None:
    duration = timedelta(seconds=seconds)
    assert parse_duration(format_duration(duration)) == duration
