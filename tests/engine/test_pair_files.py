"""Distinct pairs of files and stores, compared with pandas."""

from __future__ import annotations

import random
from contextlib import closing
from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pytest

from campaign_live_widgets.app.feeds.feed import RollupFeed
from campaign_live_widgets.app.feeds.read_once import read_snapshot
from campaign_live_widgets.app.settings.query import parse_query
from campaign_live_widgets.engine import FileRollup, new_rollup
from campaign_live_widgets.snapshot import ALL, MACHINES, Selection, Snapshot, Window
from campaign_live_widgets.sources.files import chunks
from campaign_live_widgets.store import Store
from tests.support.events import files, generate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from campaign_live_widgets.engine import Rollup
    from campaign_live_widgets.sources import FileSlice

Row = dict[str, Any]
Numbers = tuple[dict[str, list[int]], dict[tuple[str, str], int], dict[str, list[int]], int]

CAMPAIGN: Final = "c1"
SPANS: Final = (timedelta(hours=2), timedelta(days=2), timedelta(days=60))
SELECTIONS: Final = (
    ALL,
    Selection(frozenset(["email-1", "007"])),
    Selection(executions=frozenset(["run-1"])),
)
LINKS: Final[dict[str | None, str]] = {
    None: "unknown",
    "https://Shop.example/sale/?u=1#top": "shop.example/sale",
    "http://shop.example:8080/sale": "shop.example/sale",
    "https://shop.example/": "shop.example",
    "https://shop.example/u/ana%40mail.example/prefs": "shop.example/u/*/prefs",
    "mailto:ana@mail.example": "mailto",
}
ENTRY: Final = ("targeted", "sent", "excluded", "error")


def events(seed: int, size: int = 400) -> list[Row]:
    """Return events with repeats, with links and few profiles, in any order."""
    rng = random.Random(seed)  # noqa: S311
    rows = generate.events(seed, size, faults=False)
    urls = {
        row["event_id"]: rng.choice(tuple(LINKS)) for row in rows if row["event_type"] == "click"
    }
    return [
        row | {"url": urls.get(row["event_id"]), "profile_id": f"p{int(row['profile_id'][1:]) % 9}"}
        for row in rows
    ]


def from_pandas(
    rows: list[Row],
    span: timedelta,
    selection: Selection,
    *,
    tests: bool,
    machines: str = "include",
) -> Numbers:
    """Return distinct pairs, links, counts to date by message, and profiles to date."""
    frame = pd.DataFrame(rows).drop_duplicates("event_id")
    frame = frame[(frame["campaign_id"] == CAMPAIGN) & (frame["timestamp"] < generate.END)]
    if not tests:
        frame = frame[frame["is_test"].map(lambda flag: flag is not True)]
    if selection.messages:
        frame = frame[frame["message_id"].isin(selection.messages)]
    if selection.executions:
        frame = frame[frame["execution_id"].isin(selection.executions)]
    frame["link"] = frame["url"].map(lambda url: LINKS[url if isinstance(url, str) else None])
    frame["machine"] = frame["is_machine"].map(lambda flag: flag is True)
    if machines != "include":
        is_judged = frame["event_type"].isin(("open", "click"))
        frame = frame[~is_judged | (frame["machine"] == (machines == "only"))]
    window = frame[frame["timestamp"] >= generate.END - span]

    def pairs(part: pd.DataFrame, *types: str) -> int:
        part = part[part["event_type"].isin(types)]
        return len(part[["profile_id", "message_id", "execution_id"]].drop_duplicates())

    numbers, people, to_date = {}, {}, {}
    for channel, part in frame.groupby("channel"):
        inside = window[window["channel"] == channel]
        human = inside[~inside["machine"]]
        numbers[channel] = [
            *(pairs(x, kind) for kind in ("open", "click") for x in (inside, human)),
            pairs(inside if machines == "only" else human, "open", "click"),
            pairs(part, "open"),
            pairs(part, "excluded"),
        ]
        for link, clicks in human[human["event_type"] == "click"].groupby("link"):
            people[channel, link] = pairs(clicks, "click")
    for message, part in frame.groupby("message_id"):
        to_date[message] = [int((part["event_type"] == t).sum()) for t in ("sent", "open")]
    entered = frame[frame["event_type"].isin(ENTRY)]["profile_id"].nunique()
    return (
        {channel: row for channel, row in numbers.items() if any(row)},
        people,
        {message: row for message, row in to_date.items() if any(row)},
        entered,
    )


def plain(snapshot: Snapshot) -> Numbers:
    uniques, run = snapshot.uniques, snapshot.run
    assert uniques is not None
    assert run is not None
    to_date: dict[str, list[int]] = {}
    counts = zip(
        run.counts.values, run.counts.column("sent"), run.counts.column("open"), strict=True
    )
    for message, sent, opened in counts:
        row = to_date.setdefault(str(message), [0, 0])
        row[0] += int(sent)
        row[1] += int(opened)
    return (
        {channel: list(row) for channel, row in uniques.channels.items()},
        dict(uniques.link_people),
        {message: row for message, row in to_date.items() if any(row)},
        run.entered_profiles,
    )


def assert_equal(rollup: Rollup, rows: list[Row], seed: int = 0, size: int = 4) -> None:
    """Compare some windows and selections, others for each *seed*."""
    counts = rollup.counts_of(CAMPAIGN)
    every = list(product(SPANS, SELECTIONS, (False, True), MACHINES))
    for span, selection, tests, machines in random.Random(seed).sample(every, size):  # noqa: S311
        snapshot = counts.snapshot(
            at=generate.AT,
            window=span,
            include_tests=tests,
            selection=selection,
            machines=machines,
        )
        wanted = from_pandas(rows, span, selection, tests=tests, machines=machines)
        assert plain(snapshot) == wanted


class Sql(FileRollup):
    """Reads all batches by SQL."""

    def _count_small(self, slices: Sequence[FileSlice]) -> bool:  # noqa: ARG002 - all of them
        return False


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("rollup_class", [FileRollup, Sql])
def test_pairs_of_a_folder_that_grows_in_any_order(
    tmp_path: Path, rollup_class: type[FileRollup]
) -> None:
    rows, rng = events(11), random.Random(11)  # noqa: S311
    with closing(rollup_class(tmp_path, CAMPAIGN, clock=lambda: generate.AT)) as rollup:
        read: list[Row] = []
        for number, form in enumerate(("parquet", "ndjson", "csv", "ndjson.gz", "parquet")):
            part = [row for row in rows if rng.random() < 0.3]
            files.write(part, tmp_path / f"{number}.{form}")
            read += part
            rollup.refresh()
            assert_equal(rollup, read, number)
        # Another campaign, counted by a further pass, changes nothing.
        rollup.counts_of("c2")
        assert_equal(rollup, read)


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("in_chunks", [False, True])
@pytest.mark.parametrize("is_store", [False, True])
@pytest.mark.parametrize("span", SPANS)
def test_pairs_of_one_fixed_window(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    span: timedelta,
    is_store: bool,  # noqa: FBT001
    in_chunks: bool,  # noqa: FBT001
) -> None:
    rows, source = events(12), tmp_path / "source"
    if is_store:
        with Store.open(source) as store:
            for number in range(3):
                store.append(rows[number::3])
    else:
        source.mkdir()
        for number in range(3):
            files.write(rows[number::3], source / f"{number}.parquet")
    if in_chunks:
        monkeypatch.setattr(chunks, "_CHUNK_BYTES", 1)
    window = Window.ending(generate.AT, span)
    rollup = new_rollup(source, CAMPAIGN, follow=False, window=window, clock=lambda: generate.AT)
    with closing(rollup):
        rollup.refresh()
        for tests, machines in product((False, True), MACHINES):
            snapshot = rollup.snapshot(
                at=generate.AT, window=span, include_tests=tests, machines=machines
            )
            wanted = from_pandas(rows, span, ALL, tests=tests, machines=machines)
            assert plain(snapshot) == wanted


def test_pairs_of_a_store_that_grows(tmp_path: Path) -> None:
    rows = events(13)
    read: list[Row] = []
    with Store.open(tmp_path) as store:
        store.append(rows[::3])
        with closing(new_rollup(tmp_path, CAMPAIGN, clock=lambda: generate.AT)) as rollup:
            for number in range(3):
                store.append(rows[number::3])
                read += rows[number::3]
                rollup.refresh()
                assert_equal(rollup, read, number)


def test_pairs_are_not_counted_where_they_are_not_wanted(tmp_path: Path) -> None:
    files.write(events(14, 100), tmp_path / "a.parquet")
    window = Window.ending(generate.AT, SPANS[1])
    for options in ({}, {"follow": False, "window": window}):
        rollup = new_rollup(tmp_path, CAMPAIGN, uniques=False, **options)
        with closing(rollup):
            rollup.refresh()
            files.write(events(15, 10), tmp_path / "b.ndjson")
            rollup.refresh()
            assert set(rollup.counts_of().unique_entries()) == {"entered"}
            assert rollup.snapshot(at=generate.AT, window=SPANS[1]).uniques is None


def test_a_report_without_pairs_counts_none(tmp_path: Path) -> None:
    files.write(events(18, 60), tmp_path / "a.parquet")
    for uniques in (True, False):
        query = parse_query(campaign=CAMPAIGN, at=generate.AT, uniques=uniques)
        once = read_snapshot(str(tmp_path), query, generate.AT)
        feed = RollupFeed(str(tmp_path), query, clock=lambda: generate.AT)
        with closing(feed):
            feed.refresh()
            followed = feed.snapshot(generate.AT)
        assert (once.uniques is not None) == uniques == (followed.uniques is not None)


def test_pairs_are_kept_in_a_saved_state(tmp_path: Path) -> None:
    rows, state, source = events(16), tmp_path / "state", tmp_path / "events"
    source.mkdir()
    files.write(rows[:300], source / "a.parquet")
    with closing(FileRollup(source, CAMPAIGN, state=state, clock=lambda: generate.AT)) as rollup:
        rollup.refresh()
        assert_equal(rollup, rows[:300])
        assert rollup.save(wait=True)
    files.write(rows[300:], source / "b.ndjson")
    with closing(FileRollup(source, CAMPAIGN, state=state, clock=lambda: generate.AT)) as rollup:
        rollup.refresh()
        assert_equal(rollup, rows)


def test_a_state_without_pairs_is_not_used_where_they_are_wanted(tmp_path: Path) -> None:
    rows, state, source = events(17), tmp_path / "state", tmp_path / "events"
    source.mkdir()
    files.write(rows, source / "a.parquet")
    for uniques in (False, True, False):
        rollup = FileRollup(
            source, CAMPAIGN, state=state, clock=lambda: generate.AT, uniques=uniques
        )
        with closing(rollup):
            rollup.refresh()
            rollup.save(wait=True)
            if uniques:
                assert_equal(rollup, rows)
            else:
                assert rollup.snapshot(at=generate.AT, window=SPANS[1]).uniques is None
