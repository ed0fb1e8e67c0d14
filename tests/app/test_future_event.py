"""One event dated days ahead, in a source that has been silent for days."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from campaign_live_widgets.app.feeds.feed import RollupFeed
from campaign_live_widgets.app.settings.query import Query
from campaign_live_widgets.dashboard import Dashboard
from tests.support.cli import call

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime.now(UTC).replace(microsecond=0)
SILENT = NOW - timedelta(days=3)
AHEAD = NOW + timedelta(days=5)


@pytest.fixture
def source(tmp_path: Path) -> str:
    times = [SILENT - timedelta(minutes=number) for number in range(30)]
    rows = [
        {
            "event_id": f"e{number}",
            "timestamp": time.isoformat(),
            "campaign_id": "spring",
            "message_id": "m1",
            "channel": "email",
            "profile_id": f"p{number}",
            "event_type": "sent",
        }
        for number, time in enumerate([*times, AHEAD])
    ]
    path = tmp_path / "events.ndjson"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def test_the_window_ends_at_the_last_event_that_has_happened(source: str) -> None:
    feed = RollupFeed(source, Query())
    feed.refresh()
    snapshot = feed.snapshot()
    feed.close()
    assert (snapshot.newest_event, snapshot.ending) == (SILENT, "newest")
    assert int(snapshot.counts["message_id"].column("sent").sum()) == 30
    assert (snapshot.health.ahead, snapshot.health.ahead_until) == (1, AHEAD)


def test_the_page_shows_the_last_event_and_a_note_about_the_future_one(source: str) -> None:
    feed = RollupFeed(source, Query())
    feed.refresh()
    header = Dashboard(feed.snapshot()).header
    feed.close()
    assert header.newest[0] == SILENT.isoformat().replace("+00:00", "Z")
    [note] = header.health["notes"]
    assert note.startswith("1 event is dated after now: ")


def test_report_prints_the_last_event_and_logs_the_future_one(source: str) -> None:
    done = call("report", source, "--format", "json")
    assert json.loads(done.out)["newest_event"] == SILENT.isoformat().replace("+00:00", "Z")
    assert "campaign-live: 1 event is dated after now: " in done.err
    assert "reporting campaign spring, the newest" in done.err
    assert "1 event is dated after now" in call("report", source).out


def test_campaigns_lists_the_last_event_that_has_happened(source: str) -> None:
    [listed] = json.loads(call("campaigns", source, "--format", "json").out)
    assert listed["newest_event"] == SILENT.isoformat().replace("+00:00", "Z")
    assert listed["events"] == 31
