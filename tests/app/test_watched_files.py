"""Files are found by what the watcher reports, whatever happens to them."""

from __future__ import annotations

import json
import shutil
import time
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest

from campaign_live_widgets.app.feeds.feed import RollupFeed
from campaign_live_widgets.app.settings.query import Query
from tests.support.events import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

AT: Final = datetime(2026, 11, 20, 12, tzinfo=UTC)
SOON: Final = 30.0
FULL: Final = 3600.0
"""Seconds to the next poll of all files, so that only the watcher can report a change."""


def row(number: int) -> dict[str, Any]:
    return {
        "event_id": f"event-{number}",
        "timestamp": "2026-11-20T11:30:00Z",
        "campaign_id": "c1",
        "message_id": "m1",
        "channel": "email",
        "profile_id": f"profile-{number}",
        "event_type": "sent",
    }


def lines(*numbers: int) -> str:
    return "".join(json.dumps(row(number)) + "\n" for number in numbers)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "events"
    path.mkdir()
    (path / "a.ndjson").write_text(lines(1, 2))
    return path


@pytest.fixture
def feed(folder: Path) -> Iterator[RollupFeed]:
    feed = RollupFeed(str(folder), Query(at=AT))
    with closing(feed):
        feed.refresh()
        changes = feed._rollup.changes
        until(lambda: feed.wait(0.05) or changes._folder is not None)
        feed.wait(0.05)
        feed.refresh()
        changes._next_full = time.monotonic() + FULL
        yield feed


def until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def shows(feed: RollupFeed, events: int) -> bool:
    """Return whether the feed counts that many events after a change that was reported."""
    feed.wait(0.2)
    feed.refresh()
    return feed.snapshot(AT).health.events == events


def test_a_change_is_found_without_looking_at_all_files(feed: RollupFeed, folder: Path) -> None:
    (folder / "b.ndjson").write_text(lines(3))
    until(lambda: shows(feed, 3))
    with (folder / "b.ndjson").open("a") as out:
        out.write(lines(4))
    until(lambda: shows(feed, 4))
    files.write([row(5)], folder / "_c.parquet.tmp.parquet")
    (folder / "_c.parquet.tmp.parquet").rename(folder / "c.parquet")
    until(lambda: shows(feed, 5))
    (folder / "b.ndjson").unlink()
    until(lambda: shows(feed, 3))
    assert feed._rollup._tail.has_polled_all, "a file is gone: all is counted again"
    feed._rollup.changes._next_full = time.monotonic() + FULL
    replaced = folder / ".next"
    replaced.write_text(lines(7, 8, 9, 10))
    replaced.replace(folder / "a.ndjson")
    until(lambda: shows(feed, 5))


def test_a_refresh_of_one_reported_file_polls_no_other(feed: RollupFeed, folder: Path) -> None:
    (folder / "b.ndjson").write_text(lines(3))
    until(lambda: shows(feed, 3))
    assert not feed._rollup._tail.has_polled_all


def test_a_folder_that_is_moved_in_is_found_with_all_its_files(
    feed: RollupFeed, folder: Path, tmp_path: Path
) -> None:
    day = tmp_path / "day"
    (day / "hour").mkdir(parents=True)
    (day / "a.ndjson").write_text(lines(3))
    (day / "hour" / "b.ndjson").write_text(lines(4))
    day.rename(folder / "day")
    until(lambda: shows(feed, 4))
    (folder / "day" / "hour" / "c.ndjson").write_text(lines(5))
    until(lambda: shows(feed, 5))
    shutil.move(folder / "day", tmp_path / "day")
    until(lambda: shows(feed, 2))


def test_a_folder_that_is_made_and_filled_at_once_is_found(feed: RollupFeed, folder: Path) -> None:
    for number in range(3, 23):
        place = folder / f"day-{number}" / "hour"
        place.mkdir(parents=True)
        (place / "a.ndjson").write_text(lines(number))
    until(lambda: shows(feed, 22))


@pytest.mark.usefixtures("matrix")
def test_many_files_at_once_are_all_found(feed: RollupFeed, folder: Path) -> None:
    for number in range(3, 1503):
        (folder / f"{number}.ndjson").write_text(lines(number))
    until(lambda: shows(feed, 1502))


def test_a_refresh_without_a_wait_looks_at_all_files(feed: RollupFeed, folder: Path) -> None:
    feed.wait(0.0)
    feed.refresh()
    (folder / "b.ndjson").write_text(lines(3))
    feed.refresh()
    assert feed.snapshot(AT).health.events == 3


def test_a_watcher_that_polls_by_itself_is_not_trusted(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "true")
    with closing(RollupFeed(str(folder), Query(at=AT))) as feed:
        feed.refresh()
        feed.wait(0.05)
        (folder / "b.ndjson").write_text(lines(3))
        until(lambda: feed.wait(1.0))
        feed.refresh()
        assert feed._rollup._tail.has_polled_all
        assert feed.snapshot(AT).health.events == 3
