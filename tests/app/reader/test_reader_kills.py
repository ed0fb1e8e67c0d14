"""A reader that is killed at any time: pages go on, with right numbers, and nothing is left."""

from __future__ import annotations

import random
import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.app.reader.shared_feed import SharedFeed
from campaign_live_widgets.app.settings.query import Query
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.report import to_json
from tests.support.events import files, generate
from tests.support.events.generate import AT
from tests.support.reader.process import ReaderProcess
from tests.support.repeats import repeats
from tests.support.reports.direct import direct_report

if TYPE_CHECKING:
    from pathlib import Path

KILLS = repeats(50)
WINDOWS = tuple(timedelta(days=days) for days in (1, 7, 30))

pytestmark = [pytest.mark.stress, pytest.mark.usefixtures("processes")]


class Page:
    """A page that refreshes all the time, in a thread, and notes what it shows."""

    def __init__(self, reader: ReaderProcess, query: Query) -> None:
        self.query = query
        self.feed = SharedFeed(reader.connection, query)
        self.events = 0
        self.errors: set[str] = set()
        self.is_stale = False
        self.wrong: list[str] = []
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._end.is_set():
            try:
                self.feed.refresh()
                snapshot = self.feed.snapshot()
            except SourceError as error:
                self.is_stale = True
                self.errors.add(str(error))
                self._end.wait(0.02)
                continue
            except Exception as error:  # noqa: BLE001 - shown by the test
                self.wrong.append(repr(error))
                return
            self.is_stale = False
            if snapshot.health.events < self.events:
                self.wrong.append(f"{self.events} events, then {snapshot.health.events}")
            self.events = snapshot.health.events
            self.feed.wait(0.1)

    def stop(self) -> None:
        self._end.set()
        self.feed.wake()
        self._thread.join(30)
        assert not self._thread.is_alive()


def test_pages_go_on_after_every_kill_with_right_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(11)  # noqa: S311 - no secret
    source, temporary = tmp_path / "events", tmp_path / "temporary"
    source.mkdir()
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    growing = source / "growing.ndjson"
    files.write(events(1, 400), source / "0.parquet")
    files.write(events(2, 50), growing)
    with ReaderProcess(source, tmp_path / "cache") as reader:
        pages = [
            Page(reader, Query(campaign=("c1", "c2")[number % 2], at=AT, window=window))
            for number, window in enumerate(WINDOWS)
        ]
        try:
            for number in range(KILLS):
                time.sleep(chance.choice((0.0, 0.05, 0.2, 0.5, 1.5)) * chance.random())
                files.write(events(100 + number, 20), source / f"{number + 1}.csv")
                more = files.write(events(200 + number, 9), tmp_path / "more.ndjson")
                with growing.open("ab") as stream:
                    stream.write(more.read_bytes())
                time.sleep(chance.choice((0.0, 0.1, 0.3)) * chance.random())
                reader.kill()
                reader.start()
                if number % 5 == 0 or number == KILLS - 1:
                    assert_right(pages, source)
        finally:
            for page in pages:
                page.stop()
        assert reader.end() == 0
        assert not list(reader.socket_path.parent.iterdir())
    assert not list(temporary.iterdir())
    (state,) = (tmp_path / "cache" / "campaign-live" / "state").iterdir()
    assert state.suffix == ".state"
    for page in pages:
        assert not page.wrong
        late = {error for error in page.errors if error.startswith("the reader has been reading")}
        assert page.errors - late <= {
            "the reader of the source does not answer",
            "the reader has not read the source yet",
        }


def events(seed: int, number: int) -> list[dict[str, Any]]:
    """Return events that no other call returns: of repeats, the first read counts."""
    rows = generate.events(seed, number)
    for row in rows:
        if row["event_id"]:
            row["event_id"] = f"{seed}-{row['event_id']}"
    return rows


def assert_right(pages: list[Page], source: Path) -> None:
    """Wait until pages show what a direct report shows."""
    for page in pages:
        wanted = direct_report(source, page.query)
        deadline = time.monotonic() + 60
        while page.is_stale or page.events != wanted["health"]["events"]:
            assert not page.wrong
            assert time.monotonic() < deadline, page.errors
            time.sleep(0.02)
        got = to_json(page.feed.snapshot())
        for report in (got, wanted):
            report.pop("rejects", None)
        assert got == wanted
