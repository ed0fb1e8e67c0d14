"""``CampaignReport`` in Python: live files, frames, single tiles, and its address."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ipywidgets.widgets.widget import _instances

from campaign_live_widgets import CampaignReport
from campaign_live_widgets.app.feeds.feed import RollupFeed
from campaign_live_widgets.app.settings.query import Query
from campaign_live_widgets.errors import SourceError, UnknownNameError, UsageError
from campaign_live_widgets.snapshot import EXECUTIONS_LISTED
from tests.support.reports.choices import (
    NOW,
    address_after,
    event,
    send_message,
    sent,
    write_events,
)

SAMPLES = Path(__file__).parents[2] / "notebooks" / "samples"


def test_new_files_of_a_folder_are_counted(tmp_path: Path) -> None:
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


def test_the_page_and_a_single_tile_show_new_events(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text(event(1))
    report = CampaignReport(tmp_path, live=False)
    tile = report.widget("campaign.statistics")
    assert tile.file("csv").name.startswith("c1_campaign-statistics_")
    (tmp_path / "b.ndjson").write_text(event(2) + event(3, event_type="error"))
    report.refresh()
    assert report.dashboard.snapshot.entered_profiles == 3
    assert tile.tile.id == "campaign.statistics"
    assert not tile.update(report.frame("campaign.statistics"), {}), (
        "the tile is already up to date"
    )


def test_the_window_of_an_old_campaign_ends_at_its_newest_event() -> None:
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
        ({"every": 0.01}, UsageError),
        ({"tab": "sms"}, UsageError),
        ({"messages": ["email-autumn-offers"]}, UnknownNameError),
        ({"executions": ["nothing"]}, UnknownNameError),
        ({"messages": "email-autumn-offer"}, UsageError),
    ],
)
def test_an_invalid_argument_is_named(options: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        CampaignReport(SAMPLES, live=False, **options)
    (value,) = options.values()
    assert str(value[0] if isinstance(value, list) else value) in str(caught.value)


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({}, 8),
        ({"window": "all"}, 9),
        ({"messages": ["m1", "m3"]}, 5),
        ({"messages": ["m1"], "window": "7d"}, 5),
        ({"executions": ["x2"]}, 3),
        ({"include_tests": True}, 9),
        ({"window": (NOW - timedelta(days=4), NOW - timedelta(hours=1))}, 1),
        ({"at": NOW - timedelta(days=3) + timedelta(minutes=1)}, 1),
    ],
)
def test_each_argument_selects_its_events(
    tmp_path: Path, options: dict[str, Any], count: int
) -> None:
    assert sent(CampaignReport(write_events(tmp_path), "c1", live=False, **options)) == count


def test_ignored_values_are_notices_in_the_language_of_the_page(tmp_path: Path) -> None:
    report = CampaignReport(write_events(tmp_path), "c1", live=False, messages=["m1"])
    address = address_after(
        report, type="hello", search="campaign=c3&message=m2&message=<b>&locale=fr&window=soon"
    )
    assert address == "message=m2&locale=fr"
    ignored, examples = "ignoré\N{NO-BREAK SPACE}:", "15m, 6h, 7d, 2w, all."
    assert report.dashboard.header.notices == [
        f"window=soon {ignored} durée non valide, par exemple\N{NO-BREAK SPACE}: {examples}",
        f"campaign=c3 {ignored} la source n'a pas cette campagne.",
        f"message=<b> {ignored} la campagne n'a pas ce message.",
    ]
    assert sent(report) == 3


def test_the_detail_page_opens_and_closes(tmp_path: Path) -> None:
    report = CampaignReport(write_events(tmp_path), "c1", live=False)
    page = report.dashboard
    page.tile("email.metrics_by_message")._open("m2")
    assert sent(report) == 3
    assert (page.header.detail, page.tabs.selected_index) == (["", "m2"], 1)
    send_message(page.header, type="back")
    assert sent(report) == 8
    assert (page.header.detail, page.tabs.selected_index) == ([], 0)


def test_a_link_to_a_message_of_another_campaign_opens_its_tab(tmp_path: Path) -> None:
    push = event(11, campaign_id="c2", message_id="p1", channel="push")
    (write_events(tmp_path) / "b.ndjson").write_text(push)
    page = (report := CampaignReport(tmp_path, "c1", live=False)).dashboard
    assert (
        address_after(report, type="hello", search="?campaign=c2&detail=p1")
        == "campaign=c2&detail=p1"
    )
    assert (page.header.detail, page.tabs.selected_index) == (["", "p1"], 2)
    assert "clw-one-tab" in page._dom_classes


def test_an_unreadable_campaign_is_a_notice_in_a_static_report(tmp_path: Path) -> None:
    (source := tmp_path / "events").mkdir()
    report = CampaignReport(write_events(source), "c1", live=False)
    source.rename(tmp_path / "gone")
    assert (
        address_after(report, type="change", changes={"campaign": ["c2"], "tests": ["1"]})
        == "tests=1"
    )
    assert "no such file or folder" in report.dashboard.header.notices[0]
    assert report.dashboard.snapshot.campaign_id == "c1"


def test_a_closed_tile_is_released(tmp_path: Path) -> None:
    report = CampaignReport(write_events(tmp_path), "c1", live=False)
    tile = report.widget("campaign.statistics")
    tile.close()
    report.refresh()
    assert tile not in report.dashboard._followers


def test_a_newer_campaign_does_not_replace_the_shown_one(tmp_path: Path) -> None:
    report = CampaignReport(write_events(tmp_path), live=False)
    newer = event(12, campaign_id="c2", timestamp=NOW.isoformat())
    (tmp_path / "b.ndjson").write_text(newer)
    assert address_after(report, type="change", changes={"window": ["6h"]}) == "window=6h"
    assert address_after(report, type="change", changes={"detail": ["m2"]}) == (
        "campaign=c1&window=6h&detail=m2"
    )
    assert address_after(report, type="hello", search="?window=6h") == "window=6h"
    assert report.dashboard.snapshot.campaign_id == "c1"


def test_a_tab_opened_before_the_address_is_read_stays_open(tmp_path: Path) -> None:
    report = CampaignReport(write_events(tmp_path), "c1", live=False)
    report.dashboard.tabs.selected_index = 2
    assert address_after(report, type="hello", search="?locale=fr") == "locale=fr&tab=push"
    assert report.dashboard.tabs.selected_index == 2


def test_an_execution_too_old_to_be_listed_can_be_chosen(tmp_path: Path) -> None:
    started = NOW - timedelta(hours=2)
    lines = [
        event(i, execution_id=f"x{i}", timestamp=(started + timedelta(seconds=i)).isoformat())
        for i in range(EXECUTIONS_LISTED + 1)
    ]
    (tmp_path / "a.ndjson").write_text("".join(lines))
    report = CampaignReport(tmp_path, live=False, executions=["x0"])
    assert "x0" not in {run.id for run in report.snapshot.executions}
    assert address_after(report, type="change", changes={"tests": ["1"]}) == "campaign=c1&tests=1"
    assert report.dashboard.header.notices == []
    assert sent(report) == 1


def test_an_address_of_thousands_of_unknown_names_gets_few_notices(tmp_path: Path) -> None:
    report = CampaignReport(write_events(tmp_path), "c1", live=False)
    names = "&".join(f"message=n{i}" for i in range(5000))
    assert address_after(report, type="hello", search=f"?{names}&message=m2") == "message=m2"
    *notices, rest = report.dashboard.header.notices
    assert len(notices) == 3
    assert rest == "message: 4997 more are not in the campaign and were ignored."


def test_the_page_never_shows_a_path_of_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_events(tmp_path) / "not-there"
    folder.mkdir()
    (folder / "a.ndjson").write_text(event(1))
    monkeypatch.setenv("CAMPAIGN_LIVE_SOURCE", str(folder))
    report = CampaignReport(live=False)
    folder.rename(tmp_path / "away")
    address_after(report, type="change", changes={"tests": ["1"]})
    (notice,) = report.dashboard.header.notices
    assert "no such file or folder" in notice
    assert notice.startswith("not-there:")
    assert str(tmp_path) not in notice


def test_a_missing_source_and_an_unknown_tile_are_errors() -> None:
    with pytest.raises(UsageError, match="CAMPAIGN_LIVE_SOURCE"):
        CampaignReport(campaign="c1")
    with pytest.raises(SourceError, match="no such file"):
        CampaignReport(SAMPLES / "nothing", live=False)
    with pytest.raises(UnknownNameError, match=r"Did you mean 'email\.summary'"):
        CampaignReport(SAMPLES, live=False).frame("email.sumary")


def test_no_profile_or_address_reaches_a_widget(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text(event(1) + event(2) + event(2, event_type="nonsense"))
    report = CampaignReport(tmp_path, live=False)
    report.refresh()
    state = json.dumps([w.get_state() for w in _instances.values()], default=str)
    assert "@example.org" not in state
    assert "key-of" not in state


def test_only_changes_of_the_source_wake_the_feed(tmp_path: Path) -> None:
    feed = RollupFeed(str(tmp_path), Query(window=timedelta(hours=1)))
    try:
        feed.wait(1.0)  # the watcher starts
        assert feed.wait(0.3) is False
        (tmp_path / ".notes.ndjson").write_text("hidden")
        assert feed.wait(0.3) is False
        (tmp_path / "a.ndjson").write_text(event(1))
        began = time.monotonic()
        assert feed.wait(10.0) is True
        assert time.monotonic() - began < 5
        assert feed.refresh()
    finally:
        feed.close()


def test_a_source_that_disappears_and_returns_is_read_again(tmp_path: Path) -> None:
    folder = tmp_path / "events"
    folder.mkdir()
    (folder / "a.ndjson").write_text(event(1))
    feed = RollupFeed(str(folder), Query(window=timedelta(hours=1)))
    feed.refresh()
    folder.rename(tmp_path / "away")
    with pytest.raises(SourceError):
        feed.refresh()
    assert feed.snapshot().entered_profiles == 1
    (tmp_path / "away").rename(folder)
    (folder / "b.ndjson").write_text(event(2))
    assert feed.refresh()
    assert feed.snapshot().entered_profiles == 2


def test_the_feed_switches_to_another_campaign(tmp_path: Path) -> None:
    (tmp_path / "a.ndjson").write_text(event(1) + event(2, campaign_id="c2") + event(3))
    feed = RollupFeed(str(tmp_path), Query(campaign="c1", window=timedelta(hours=1)))
    feed.refresh()
    feed.use("c2")
    assert (feed.snapshot().campaign_id, feed.snapshot().entered_profiles) == ("c2", 1)
    with pytest.raises(UnknownNameError):
        feed.use("c3")
    assert feed.snapshot().campaign_id == "c2"
