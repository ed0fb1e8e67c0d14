"""The report as people use it in Python: three lines, frames, one tile alone, live files."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ipywidgets.widgets.widget import _instances

from campaign_live_widgets import CampaignReport
from campaign_live_widgets.app.feed import RollupFeed
from campaign_live_widgets.errors import SourceError, UnknownNameError, UsageError

NOW = datetime.now(UTC)
SAMPLES = Path(__file__).parents[2] / "notebooks" / "samples"


def event(number: int, **fields: object) -> str:
    row = {
        "event_id": f"e{number}",
        "timestamp": (NOW - timedelta(minutes=1)).isoformat(),
        "campaign_id": "c1",
        "message_id": "m1",
        "channel": "email",
        "profile_id": f"key-of-{number}@example.org",
        "event_type": "sent",
    }
    return json.dumps({**row, **fields}) + "\n"


def sent(report: CampaignReport) -> int:
    return int(report.frame("email.metrics_by_message")["sent"].sum())


def test_what_arrives_in_a_folder_is_counted(tmp_path: Path) -> None:
    report = CampaignReport(tmp_path, live=False)
    assert report.frame("email.metrics_by_message").empty
    with (tmp_path / "a.ndjson").open("w") as out:
        out.write(event(1) + event(2) + event(2))
        out.flush()
        assert sent(report) == 2
        out.write(event(3) + event(4)[:40])
        out.flush()
        assert sent(report) == 3
        out.write(event(4)[40:])
        out.flush()
        assert sent(report) == 4
    assert report.snapshot.entered_profiles == 4
    assert report.snapshot.health.duplicates == 1


def test_the_page_and_a_tile_alone_show_what_is_new(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text(event(1))
    report = CampaignReport(tmp_path, live=False)
    alone = report.widget("campaign.statistics")
    assert alone.file("csv").name.startswith("c1_campaign-statistics_")
    (tmp_path / "b.ndjson").write_text(event(2) + event(3, event_type="error"))
    report.refresh()
    assert report.dashboard.snapshot.entered_profiles == 3
    assert alone.tile.id == "campaign.statistics"
    assert not alone.update(report.frame("campaign.statistics"), {}), "it is up to date already"


def test_a_window_of_old_events_ends_at_the_newest_one() -> None:
    report = CampaignReport(SAMPLES, live=False)
    snapshot = report.snapshot
    assert snapshot.campaign_id == "autumn-sale-2026"
    assert snapshot.newest_event is not None
    assert snapshot.window.start < snapshot.newest_event < snapshot.window.end
    assert snapshot.window.end - snapshot.newest_event <= timedelta(minutes=1)
    assert snapshot.entered_profiles == 600


def test_an_event_on_the_minute_is_inside_the_window_that_ends_with_it(tmp_path: Path) -> None:
    at = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
    (tmp_path / "a.ndjson").write_text(event(1, timestamp=at.isoformat()))
    report = CampaignReport(tmp_path, live=False)
    assert sent(report) == 1
    assert report.snapshot.window.end == at + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"campaign": "autumn-sale-2025"}, UnknownNameError),
        ({"window": "a day"}, UsageError),
        ({"window": "90s"}, UsageError),
        ({"at": "noon"}, UsageError),
        ({"locale": "de"}, UnknownNameError),
        ({"time_zone": "Europe/Atlantis"}, UsageError),
    ],
)
def test_a_wrong_parameter_is_named(options: dict[str, str], error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        CampaignReport(SAMPLES, live=False, **options)
    assert next(iter(options.values())) in str(caught.value)


def test_no_source_and_no_tile() -> None:
    with pytest.raises(UsageError, match="CAMPAIGN_LIVE_SOURCE"):
        CampaignReport()
    with pytest.raises(SourceError, match="no such file"):
        CampaignReport(SAMPLES / "nothing", live=False)
    with pytest.raises(UnknownNameError, match=r"Did you mean 'email\.summary'"):
        CampaignReport(SAMPLES, live=False).frame("email.sumary")


def test_nobody_s_profile_or_address_reaches_a_widget(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text(event(1) + event(2) + event(2, event_type="nonsense"))
    report = CampaignReport(tmp_path, live=False)
    report.refresh()
    state = json.dumps([w.get_state() for w in _instances.values()], default=str)
    assert "@example.org" not in state
    assert "key-of" not in state


def test_a_watched_folder_wakes_the_feed_and_quiet_does_not(tmp_path: Path) -> None:
    feed = RollupFeed(str(tmp_path), campaign=None, window=timedelta(hours=1))
    try:
        feed.wait(1.0)  # the watcher starts
        assert feed.wait(0.3) is False
        (tmp_path / "notes.txt").write_text("not data")
        assert feed.wait(0.3) is False
        (tmp_path / "a.ndjson").write_text(event(1))
        began = time.monotonic()
        assert feed.wait(10.0) is True
        assert time.monotonic() - began < 5
        assert feed.refresh()
    finally:
        feed.close()


def test_a_source_taken_away_and_brought_back(tmp_path: Path) -> None:
    folder = tmp_path / "events"
    folder.mkdir()
    (folder / "a.ndjson").write_text(event(1))
    feed = RollupFeed(str(folder), campaign=None, window=timedelta(hours=1))
    feed.refresh()
    folder.rename(tmp_path / "away")
    with pytest.raises(SourceError):
        feed.refresh()
    assert feed.snapshot().entered_profiles == 1
    (tmp_path / "away").rename(folder)
    (folder / "b.ndjson").write_text(event(2))
    assert feed.refresh()
    assert feed.snapshot().entered_profiles == 2


def test_another_campaign_of_the_same_source(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text(event(1) + event(2, campaign_id="c2") + event(3))
    feed = RollupFeed(str(tmp_path), campaign="c1", window=timedelta(hours=1))
    feed.refresh()
    feed.use("c2")
    assert (feed.snapshot().campaign_id, feed.snapshot().entered_profiles) == ("c2", 1)
    with pytest.raises(UnknownNameError):
        feed.use("c3")
    assert feed.snapshot().campaign_id == "c2"
