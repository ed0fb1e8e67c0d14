"""A report whose events are not complete shows it in every format, in words and numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from campaign_live_widgets.dashboard.page.header import Header
from campaign_live_widgets.rendering.html.page.page import html
from campaign_live_widgets.rendering.language import phrases
from campaign_live_widgets.rendering.language.alarms import alarms
from campaign_live_widgets.rendering.model.report_view import ReportView
from campaign_live_widgets.rendering.text import text
from campaign_live_widgets.snapshot import Health, Lost
from tests.support.events.memory import NOW, Event, snapshot_of

DAYS = (date(2026, 11, 21), date(2026, 11, 23))
ONE = Health(events=5, missing=1296, lost=(Lost("spring", DAYS, 2, 1296),))
MANY = Health(
    missing=9,
    lost=tuple(
        Lost(f"c{n}", tuple(date(2026, 11, d) for d in range(1, 9)), 1, 1) for n in range(9)
    ),
)
LINE = (
    "The store has lost 1,296 events in 2 damaged or missing files "
    "(spring, 21 Nov 2026, 23 Nov 2026)."
)
FRENCH = (
    "Des événements stockés sont perdus\N{NO-BREAK SPACE}: 1 événement dans 1 fichier "
    "abîmé ou manquant (spring, 21 nov. 2026)."
)


@pytest.mark.parametrize(
    ("health", "locale", "expected"),
    [
        (Health(events=3, rejected=2), "en", []),
        (ONE, "en", [LINE]),
        (
            replace(ONE, missing=1, lost=(Lost("spring", DAYS[:1], 1, 1),)),
            "fr",
            [FRENCH],
        ),
        (
            Health(unread_commits=(5, 7)),
            "en",
            ["The log of the store is damaged, so events may be missing (commit 5, 7)."],
        ),
    ],
)
def test_damage_is_described_in_one_line(health: Health, locale: str, expected: list[str]) -> None:
    assert alarms(health, locale) == expected


def test_a_line_names_a_few_campaigns_and_the_range_of_many_days() -> None:
    (line,) = alarms(MANY, "en")
    assert "9 events in 9 damaged or missing files" in line
    assert "c0, 1 Nov 2026 – 8 Nov 2026; c1" in line  # noqa: RUF001 - a span
    assert line.endswith("; and 6 more).")


def test_the_quality_of_the_data_lists_every_campaign_and_day() -> None:
    notes = phrases.health_notes(MANY, "UTC", "en")
    assert len(notes) == 1 + 9
    assert notes[9].startswith("c8, 1 event, 1 damaged or missing file, 1 Nov 2026, 2 Nov 2026, ")
    assert notes[9].endswith("8 Nov 2026")
    assert len(phrases.health_notes(ONE, "UTC", "en")) == 1


def test_every_text_of_an_incomplete_report_shows_what_is_missing() -> None:
    snapshot = replace(snapshot_of([Event("sent")]), health=ONE)
    view = ReportView(snapshot=snapshot, made_at=NOW, locale="en", time_zone="UTC")
    assert LINE in text(view, width=200)
    assert html(view).count(LINE) == 2, "in the head, and with the quality of the data"
    assert phrases.caption(snapshot, "UTC", "en").endswith("missing events: 1,296")
    assert phrases.needed_caption(snapshot, "UTC", "en") == phrases.caption(snapshot, "UTC", "en")
    header = Header()
    header.show(snapshot, NOW)
    assert header.health["troubled"]
    assert header.health["alarms"] == [LINE]
    assert LINE in header.health["notes"]


def test_a_complete_report_shows_no_alarm() -> None:
    snapshot = replace(snapshot_of([Event("sent")]), health=Health(events=1, rejected=2))
    header = Header()
    header.show(snapshot, NOW)
    assert header.health["alarms"] == []
    assert phrases.needed_caption(snapshot, "UTC", "en") == ""
    unread = replace(snapshot, health=Health(unread_commits=(1,)))
    assert phrases.caption(unread, "UTC", "en").endswith("missing events: ?")
