from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from memory import NOW, Event, snapshot_of

from campaign_live_widgets.dashboard import phrases
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.snapshot import Window

HOUR = timedelta(hours=1)
AT_NEWEST = (
    "La fenêtre se termine au dernier événement (23 nov. 2026 15:04) : "
    "rien de plus récent n'est arrivé."
)


@pytest.mark.parametrize(
    ("length", "en", "fr"),
    [
        (HOUR / 4, "last 15 min", "dernières 15 min"),
        (1.5 * HOUR, "last 90 min", "dernières 90 min"),
        (6 * HOUR, "last 6 h", "dernières 6 h"),
        (24 * HOUR, "last 24 h", "dernières 24 h"),
        (36 * HOUR, "last 36 h", "dernières 36 h"),
        (168 * HOUR, "last 7 days", "7 derniers jours"),
    ],
)
def test_a_window_that_ends_now_is_the_last_so_long(length: timedelta, en: str, fr: str) -> None:
    window = Window.ending(NOW, length)
    assert phrases.window(window, NOW, "UTC", "en").split(",")[0] == en
    assert phrases.window(window, NOW, "UTC", "fr").split(",")[0] == fr


def test_a_window_is_told_on_the_clock_of_the_zone() -> None:
    window = Window.ending(NOW, 24 * HOUR)
    assert phrases.window(window, NOW, "Europe/Paris", "en") == (
        "last 24 h, 22 Nov 16:05 \u2013 23 Nov 16:05 CET"
    )


def test_another_year_is_named() -> None:
    window = Window.ending(datetime(2027, 1, 1, 6, tzinfo=UTC), 24 * HOUR)
    assert phrases.window(window, NOW, "UTC", "en") == (
        "24 h, 31 Dec 2026 06:00 \u2013 1 Jan 2027 06:00 UTC"
    )


@pytest.mark.parametrize(
    ("later", "note"),
    [
        (timedelta(0), ""),
        (30 * HOUR, AT_NEWEST),
    ],
)
def test_why_a_window_does_not_end_now(later: timedelta, note: str) -> None:
    snapshot = snapshot_of([Event("sent")])
    assert phrases.window_note(snapshot, NOW + later, "UTC", "fr") == note


def test_a_window_fixed_by_hand_says_so() -> None:
    snapshot = snapshot_of([Event("sent", at=NOW - 5 * HOUR)])
    assert phrases.window_note(snapshot, NOW + HOUR, "UTC", "en") == (
        "Window ends at 23 Nov 2026 15:05, not now."
    )


def test_an_error_is_one_line() -> None:
    assert phrases.one_line(SourceError("a.csv: not there\nTry b.csv")) == "a.csv: not there"
    assert phrases.one_line(KeyError("x")) == "KeyError: 'x'"
    assert phrases.one_line(RuntimeError()) == "RuntimeError"
