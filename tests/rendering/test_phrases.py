from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.rendering.language import phrases
from campaign_live_widgets.rendering.language.shorten import shorten
from campaign_live_widgets.snapshot import MINUTE, Execution, Health, Message, Selection
from tests.support.events.memory import NOW, Event, snapshot_of

if TYPE_CHECKING:
    from campaign_live_widgets.snapshot import Ending

HOUR = timedelta(hours=1)
AT_NEWEST = (
    "La période se termine au dernier événement (23 nov. 2026 15:04 UTC)\N{NO-BREAK SPACE}: "
    "rien de plus récent n'est arrivé."
)
AT_FIXED = (
    "La période se termine le 23 nov. 2026 15:05 UTC (fixe). "
    "Elle n'avance pas avec l'heure actuelle."
)


@pytest.mark.parametrize(
    ("length", "en", "fr"),
    [
        (HOUR, "last hour", "dernière heure"),
        (HOUR / 4, "last 15 min", "dernières 15 min"),
        (1.5 * HOUR, "last 90 min", "dernières 90 min"),
        (6 * HOUR, "last 6 h", "dernières 6 h"),
        (24 * HOUR, "last 24 h", "dernières 24 h"),
        (36 * HOUR, "last 36 h", "dernières 36 h"),
        (168 * HOUR, "last 7 days", "7 derniers jours"),
    ],
)
def test_a_window_that_ends_now_is_called_the_last_hours_or_days(
    length: timedelta, en: str, fr: str
) -> None:
    snapshot = snapshot_of([], length=length)
    assert phrases.window(snapshot, NOW, "UTC", "en").split(",")[0] == en
    assert phrases.window(snapshot, NOW, "UTC", "fr").split(",")[0] == fr


def test_a_window_is_shown_in_its_time_zone() -> None:
    assert phrases.window(snapshot_of([]), NOW, "Europe/Paris", "en") == (
        "last 24 h, 22 Nov 16:05 \u2013 23 Nov 16:05 CET"
    )


def test_the_year_is_shown_if_it_is_not_the_current_one() -> None:
    fixed = replace(snapshot_of([], datetime(2027, 1, 1, 6, tzinfo=UTC)), ending="fixed")
    assert phrases.window(fixed, NOW, "UTC", "en") == (
        "24 h, 31 Dec 2026 06:00 \u2013 1 Jan 2027 06:00 UTC"
    )


@pytest.mark.parametrize(
    ("ending", "note"),
    [
        ("now", ""),
        ("newest", AT_NEWEST),
        (
            "fixed",
            AT_FIXED,
        ),
    ],
)
def test_the_note_explains_why_a_window_ends(ending: Ending, note: str) -> None:
    snapshot = replace(snapshot_of([Event("sent")]), ending=ending)
    assert phrases.window_note(snapshot, "UTC", "fr") == note


@pytest.mark.parametrize(
    ("length", "en", "fr"),
    [
        (MINUTE, "1 min", "1 min"),
        (3 * HOUR, "3 h", "3 h"),
        (3 * HOUR + MINUTE, "3 h 1 min", "3 h 1 min"),
        (240 * HOUR, "10 days", "10 jours"),
        (100 * HOUR, "4 d 4 h", "4 j 4 h"),
        (49 * HOUR + 7 * MINUTE, "2 d 1 h 7 min", "2 j 1 h 7 min"),
    ],
)
def test_a_duration_is_shown_in_whole_units(length: timedelta, en: str, fr: str) -> None:
    assert (phrases.length(length, "en"), phrases.length(length, "fr")) == (en, fr)


def test_the_selection_is_described_in_words() -> None:
    whole = replace(
        snapshot_of([]),
        message_names={},
        messages=tuple(
            Message(f"m{i}", name, ("email",), 1, NOW)
            for i, name in enumerate(["Hello", None, "A\n" * 90, "Bye", "Again"])
        ),
        executions=(Execution("e1", 1, NOW, NOW), Execution("e2", 1, NOW - HOUR, NOW)),
    )
    assert phrases.scope(whole, "UTC", "en") == []
    some = replace(
        whole,
        selection=Selection(frozenset({"m0", "m1", "m2"}), frozenset({"e2"})),
        include_tests=True,
        machines="exclude",
        basis="decided",
        small_cells=10,
    )
    clipped = " ".join("A" * 24)
    assert phrases.scope(some, "Europe/Paris", "en") == [
        f"3 of 5 messages ({clipped}…, Hello, m1)",
        "1 of 2 executions (23 Nov 15:04)",
        "test sends included",
        "without opens and clicks of machines",
        "rates divide by delivered + bounces",
        "domains and links of fewer than 10 people share a row",
        "Europe/Paris",
    ]
    assert phrases.scope(some, "UTC", "fr")[1:] == [
        "1 exécution sur 2 (23 nov. 14:04)",
        "envois de test inclus",
        "sans les ouvertures et clics de machines",
        "taux rapportés aux délivrés + bounces",
        "domaines et liens de moins de 10 personnes sur une ligne",
    ]
    many = replace(whole, selection=Selection(frozenset({"m0", "m1", "m2", "m3"})))
    assert phrases.scope(many, "UTC", "fr") == ["4 messages sur 5"]


def test_a_name_does_not_change_the_text_direction_around_it() -> None:
    assert shorten("\u202egnp.exe\u2066") == "gnp.exe"
    assert shorten("שלם") == "\u2068שלם\u2069"


def test_an_error_is_shown_in_one_line() -> None:
    assert phrases.one_line(SourceError("a.csv: not there\nTry b.csv")) == "a.csv: not there"
    assert phrases.one_line(KeyError("x")) == "KeyError: 'x'"
    assert phrases.one_line(RuntimeError()) == "RuntimeError"


@pytest.mark.parametrize(
    ("ahead", "locale", "beginning"),
    [
        (1, "en", "1 event is dated after now: 28 Nov 2026 09:00:00 UTC."),
        (1200, "en", "1,200 events are dated after now, the last one 28 Nov 2026 09:00:00 UTC."),
        (2, "fr", "2 événements sont datés après maintenant, le dernier le 28 nov. 2026 09:00:00"),
    ],
)
def test_events_dated_after_now_are_noted_first(ahead: int, locale: str, beginning: str) -> None:
    until = datetime(2026, 11, 28, 9, tzinfo=UTC)
    health = Health(ahead=ahead, ahead_until=until, notes=("a file is still being written",))
    first, second = phrases.health_notes(health, "UTC", locale)
    assert first.startswith(beginning)
    assert second == "a file is still being written"
    assert phrases.health_notes(Health(), "UTC", locale) == []
