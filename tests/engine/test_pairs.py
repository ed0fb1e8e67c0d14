"""Distinct pairs of a profile and a send in any window and selection, compared with pandas."""

from collections.abc import Iterable
from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaign_live_widgets.engine.aggregates import unique_entries
from campaign_live_widgets.engine.aggregates.segments import Segment, Segments
from campaign_live_widgets.engine.aggregates.unique_entries import TEST
from campaign_live_widgets.engine.aggregates.unique_pairs import (
    FLAGS,
    PairDelta,
    PairEvents,
    UniquePairs,
)
from campaign_live_widgets.snapshot import ALL, MACHINES, Machines, Selection, Uniques
from campaign_live_widgets.sources import CHANNELS

COLUMNS = (
    "profile",
    "minute",
    "type",
    "machine",
    "test",
    "channel",
    "message",
    "execution",
    "link",
)
SELECTIONS = (
    ALL,
    Selection(frozenset("a")),
    Selection(executions=frozenset("x")),
    Selection(frozenset("b"), frozenset("y")),
)
LINKS = ("shop.example/a", "shop.example/b", "unknown")
Event = tuple[int, int, str, bool | None, bool, str, str, str | None, str]
event = st.tuples(
    st.integers(0, 4),
    st.integers(0, 12),
    st.sampled_from(("open", "open", "click", "click", "excluded")),
    st.sampled_from((None, False, True)),
    st.booleans(),
    st.sampled_from(("email", "sms")),
    st.sampled_from("ab"),
    st.sampled_from(("x", "y", None)),
    st.sampled_from(LINKS),
)
batches = st.lists(st.lists(event, max_size=12), max_size=6)


def delta_of(batch: list[Event]) -> tuple[PairDelta, list[Segment]]:
    """Return a batch as the engines give it."""
    segments = list(dict.fromkeys(Segment(row[6], row[7]) for row in batch))

    def events(rows: list[Event]) -> PairEvents:
        return PairEvents(
            # Two profiles in three share the first half of their hash.
            np.array([row[0] // 3 for row in rows], np.uint64),
            np.array([row[0] for row in rows], np.uint64),
            np.array([row[1] for row in rows], np.int64),
            np.array([FLAGS[row[2], row[3] is True] | TEST * row[4] for row in rows], np.uint8),
            np.array([CHANNELS.index(row[5]) for row in rows], np.int64),
            np.array([segments.index(Segment(row[6], row[7])) for row in rows], np.int64),
        )

    clicks = [row for row in batch if row[2] == "click" and row[3] is not True]
    link = np.array([LINKS.index(row[8]) for row in clicks], np.int64)
    return PairDelta(events(batch), events(clicks), link, LINKS), segments


def from_pandas(
    events: list[Event],
    selection: Selection,
    window: tuple[int, int],
    *,
    tests: bool,
    machines: str,
) -> tuple[dict[str, list[int]], dict[tuple[str, str], int]]:
    """Return the numbers of each channel, and people by channel and link, from definitions."""
    rows = pd.DataFrame(events, columns=list(COLUMNS))
    if not tests:
        rows = rows[~rows["test"].astype(bool)].copy()
    rows["machine"] = rows["machine"].map(lambda flag: flag is True)
    if machines != "include":
        is_judged = rows["type"].isin(("open", "click"))
        rows = rows[~is_judged | (rows["machine"] == (machines == "only"))]
    if selection.messages:
        rows = rows[rows["message"].isin(selection.messages)]
    if selection.executions:
        rows = rows[rows["execution"].isin(selection.executions)]
    to_date = rows[rows["minute"] < window[1]]
    inside = to_date[to_date["minute"] >= window[0]]

    def pairs(part: pd.DataFrame) -> int:
        return len(part[["profile", "message", "execution"]].drop_duplicates())

    numbers, people = {}, {}
    for channel, part in inside.groupby("channel"):
        human = part[~part["machine"]]
        engaged = part if machines == "only" else human
        numbers[channel] = [
            *(pairs(x[x["type"] == t]) for t in ("open", "click") for x in (part, human)),
            pairs(engaged[engaged["type"] != "excluded"]),
        ]
        for link, clicks in human[human["type"] == "click"].groupby("link"):
            people[channel, link] = pairs(clicks)
    for channel, part in to_date.groupby("channel"):
        opened, excluded = (pairs(part[part["type"] == t]) for t in ("open", "excluded"))
        numbers[channel] = [*numbers.get(channel, [0] * 5), opened, excluded]
    return {channel: row for channel, row in numbers.items() if any(row)}, people


def assert_equal(
    pairs: UniquePairs,
    segments: Segments,
    events: list[Event],
    window: tuple[int, int],
    chosen: Iterable[tuple[Selection, bool, Machines]] = tuple(
        product(SELECTIONS, (False, True), MACHINES)
    ),
) -> None:
    for selection, tests, machines in chosen:
        mask = segments.mask_of(selection)
        counted = pairs.uniques(*window, include_tests=tests, mask=mask, machines=machines)
        assert plain(counted) == from_pandas(
            events, selection, window, tests=tests, machines=machines
        )


def plain(counted: Uniques) -> tuple[dict[str, list[int]], dict[tuple[str, str], int]]:
    numbers = {channel: list(row) for channel, row in counted.channels.items()}
    return numbers, dict(counted.link_people)


@settings(max_examples=40, deadline=None)
@given(
    batches,
    st.tuples(st.integers(0, 12), st.integers(0, 12)),
    st.lists(
        st.tuples(st.sampled_from(SELECTIONS), st.booleans(), st.sampled_from(MACHINES)),
        min_size=1,
        max_size=3,
    ),
)
def test_pairs_count_once_in_any_order_of_events(
    batches: list[list[Event]],
    window: tuple[int, int],
    chosen: list[tuple[Selection, bool, Machines]],
) -> None:
    segments = Segments()
    pairs, events = UniquePairs(segments), []
    for number, batch in enumerate(batches):
        delta, own = delta_of(batch)
        pairs.add(delta, segments.numbers(own))
        events += batch
        # Links are made at the first question, and kept up to date after it.
        if number >= len(chosen) - 1 and events:
            assert_equal(pairs, segments, events, window, chosen)


@pytest.mark.usefixtures("matrix")
def test_pairs_of_many_batches_count_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unique_entries, "_PART", 500)
    rng = np.random.default_rng(3)
    segments = Segments()
    pairs, events = UniquePairs(segments), []
    for turn in range(40):
        batch = [
            (
                int(rng.integers(300)),
                int(rng.integers(2000)),
                str(rng.choice(["open", "click", "excluded"], p=[0.7, 0.2, 0.1])),
                # No machine at first: numbers that were equal so far part then.
                None if turn < 20 else bool(rng.integers(2)),
                bool(rng.integers(20) == 0),
                "email",
                "ab"[int(rng.integers(2))],
                [None, "x", "y"][int(rng.integers(3))],
                LINKS[int(rng.integers(3))],
            )
            for _ in range(300)
        ]
        delta, own = delta_of(batch)
        pairs.add(delta, segments.numbers(own))
        events += batch
        if turn in (2, 19, 21):
            assert_equal(pairs, segments, events, (300, 1200))
    for window in ((0, 2000), (17, 18), (900, 960), (5, 5)):
        assert_equal(pairs, segments, events, window)


def test_a_delta_is_split_by_segments() -> None:
    batch: list[Event] = [
        (1, 3, "open", None, False, "email", "a", None, "unknown"),
        (2, 4, "click", False, False, "email", "b", None, LINKS[0]),
        (2, 5, "click", False, True, "email", "b", "x", LINKS[1]),
    ]
    delta, _ = delta_of(batch)
    later, segments = delta_of(batch[1:])
    part = delta.within(1, 3)
    assert [c.tolist() for c in part.events] == [c.tolist() for c in later.events]
    assert [c.tolist() for c in part.clicks] == [c.tolist() for c in later.clicks]
    assert part.link.tolist() == later.link.tolist() == [0, 1]
    assert len(segments) == 2
