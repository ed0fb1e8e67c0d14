"""Pages with a reader show what pages show that read the source themselves."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.app.feeds.feed import RollupFeed
from campaign_live_widgets.app.reader import source_follower
from campaign_live_widgets.app.reader.feed_choice import open_feed
from campaign_live_widgets.app.reader.shared_feed import SharedFeed
from campaign_live_widgets.app.settings.query import Query
from campaign_live_widgets.engine import new_rollup
from campaign_live_widgets.errors import SourceError, UnknownNameError, UsageError
from campaign_live_widgets.io.environment import READER
from campaign_live_widgets.report import to_json
from tests.support.events import files, generate
from tests.support.events.generate import AT
from tests.support.reader.running import running
from tests.support.reader.waiting import read_more
from tests.support.reports.direct import direct_report

if TYPE_CHECKING:
    from pathlib import Path

    from campaign_live_widgets.engine import Rollup
    from tests.support.reader.running import RunningReader

WEEK = timedelta(days=7)


def own(source: Path, **query: Any) -> dict[str, Any]:  # noqa: ANN401 - the fields of a query
    return direct_report(source, Query(**query))


def test_numbers_are_those_of_a_page_that_reads_the_source(
    source: Path, reader: RunningReader
) -> None:
    for query in (
        {"campaign": "c1", "at": AT, "window": WEEK},
        {"campaign": "c1", "at": AT, "window": WEEK, "include_tests": True},
        {"campaign": "c2", "at": AT - timedelta(hours=5), "window": timedelta(hours=2)},
        {"campaign": "c1", "window": "all"},
        {"at": AT, "window": WEEK, "messages": ("m1",)},
    ):
        feed = reader.feed(**query)
        feed.refresh()
        assert to_json(feed.snapshot()) == own(source, **query)


def test_equal_questions_have_the_same_snapshot(reader: RunningReader, source: Path) -> None:
    first, second, other = (
        reader.feed(campaign="c1", at=AT, window=window) for window in (WEEK, WEEK, 2 * WEEK)
    )
    for feed in (first, second, other):
        feed.refresh()
    now = AT.replace(second=5)
    assert first.snapshot(now) is second.snapshot(now + timedelta(seconds=30))
    assert first.snapshot(now) is not other.snapshot(now)
    assert first.snapshot(now) is not second.snapshot(now + timedelta(minutes=1))
    assert reader.connection.status().made == 3
    files.write(generate.events(6, 10), source / "2.parquet")
    read_more(first)
    assert first.snapshot(now) is second.snapshot(now)
    assert to_json(first.snapshot()) == own(source, campaign="c1", at=AT, window=WEEK)


def test_new_events_are_news(reader: RunningReader, source: Path) -> None:
    feed = reader.feed(campaign="c1", at=AT, window=WEEK)
    feed.refresh()
    before = feed.version
    files.write(generate.events(6, 10), source / "2.parquet")
    assert feed.wait(10)
    assert feed.refresh()
    assert feed.version != before
    assert not feed.refresh()
    assert to_json(feed.snapshot()) == own(source, campaign="c1", at=AT, window=WEEK)


def test_a_wait_ends_after_its_time_or_when_it_is_woken(reader: RunningReader) -> None:
    feed = reader.feed()
    feed.refresh()
    assert not feed.wait(0.01)
    threading.Timer(0.05, feed.wake).start()
    assert feed.wait(60)


def test_names_and_campaigns_are_those_of_the_source(reader: RunningReader, source: Path) -> None:
    feed, direct = reader.feed(campaign="c1"), RollupFeed(str(source), Query(campaign="c1"))
    feed.refresh()
    direct.refresh()
    assert feed.names() == direct.names()
    assert feed.campaigns() == direct.campaigns()
    for message in (None, "nothing", *direct.names()[0]):
        assert feed.channels(message) == direct.channels(message)
    direct.close()


def test_another_campaign_is_used(reader: RunningReader, source: Path) -> None:
    feed = reader.feed(at=AT, window=WEEK)
    assert feed.campaign is None
    feed.refresh()
    assert feed.campaign == own(source, at=AT, window=WEEK)["campaign_id"]
    for campaign in ("c1", "c2"):
        feed.use(campaign)
        assert feed.campaign == campaign
        assert to_json(feed.snapshot()) == own(source, campaign=campaign, at=AT, window=WEEK)
    with pytest.raises(UnknownNameError, match=r"unknown campaign 'c11'.*Did you mean 'c1'"):
        feed.use("c11")
    assert feed.campaign == "c2"


def test_unknown_names_are_errors(reader: RunningReader) -> None:
    feed = reader.feed(campaign="c1")
    feed.refresh()
    feed.require(Query(campaign="c1"))
    with pytest.raises(UnknownNameError, match="unknown message 'none'"):
        feed.require(Query(campaign="c1", messages=("none",)))
    with pytest.raises(UnknownNameError, match="unknown campaign 'none'"):
        reader.feed(campaign="none").require(Query())


def test_a_source_that_cannot_be_read_is_an_error_and_recovers(tmp_path: Path) -> None:
    folder = tmp_path / "events"
    with running(folder, name="the events") as reader:
        feed = reader.feed(campaign="c1", at=AT, window=WEEK)
        with pytest.raises(SourceError, match="the events"):
            feed.refresh()
        folder.mkdir()
        files.write(generate.events(5, 50), folder / "1.parquet")
        feed.refresh()
        assert to_json(feed.snapshot()) == own(folder, campaign="c1", at=AT, window=WEEK)


def test_a_source_that_cannot_be_opened_is_an_error_and_recovers(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors: list[Exception] = [MemoryError(), SourceError("it is busy")]

    def open_later(*arguments: Any, **options: Any) -> Rollup:  # noqa: ANN401 - as the original
        if errors:
            raise errors.pop()
        return new_rollup(*arguments, **options)

    monkeypatch.setattr(source_follower, "new_rollup", open_later)
    with running(source) as reader:
        feed, texts = reader.feed(campaign="c1", at=AT, window=WEEK), []
        while not feed.version:
            try:
                feed.refresh()
            except SourceError as error:
                texts.append(str(error))
        assert set(texts) <= {"it is busy", "the reader failed (MemoryError)"}
        assert to_json(feed.snapshot()) == own(source, campaign="c1", at=AT, window=WEEK)


def test_a_feed_is_of_the_reader_that_serves_its_source(
    reader: RunningReader, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(open_feed(str(source), Query()), RollupFeed)
    with pytest.raises(UsageError, match=READER):
        open_feed(None, Query())
    monkeypatch.setenv(READER, str(reader.socket_path))
    monkeypatch.chdir(source.parent)
    for named in (str(source), f"{source.name}/", None):
        assert isinstance(open_feed(named, Query()), SharedFeed)
    assert isinstance(open_feed(str(tmp_path / "other"), Query()), RollupFeed)
