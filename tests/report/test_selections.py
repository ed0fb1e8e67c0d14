"""A report about chosen messages and executions equals a second computation of just these."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.errors import UnknownNameError
from campaign_live_widgets.report import to_json
from campaign_live_widgets.snapshot import ALL, EXECUTIONS_LISTED, Selection, Window
from tests import oracle
from tests.oracle_xdm import xdm_to_canonical
from tests.support.events import files, generate, generate_xdm
from tests.support.events.generate import AT, WINDOWS

if TYPE_CHECKING:
    from pathlib import Path

    from campaign_live_widgets.engine import Rollup

    Row = dict[str, Any]

CAMPAIGN = "c1"


def of(*messages: str, executions: tuple[str, ...] = ()) -> Selection:
    return Selection(frozenset(messages), frozenset(executions))


SELECTIONS = (
    ALL,
    of("email-1"),
    of("email-1", "push-1", "007"),
    of('a, "quoted"\nid'),
    of(executions=("run-1",)),
    of(executions=("run-1", "run-2")),
    of("email-1", "push-2", executions=("run-2",)),
    of("007", "unknown name", executions=("run-1", "NULL", "unknown name")),
    of(executions=generate.HOSTILE),
    of("unknown name"),
)


def assert_same(
    rollup: Rollup,
    events: pd.DataFrame,
    selection: Selection,
    window: str,
    *,
    tests: bool = False,
) -> Row:
    """Compare one report with the oracle's; return it."""
    length = WINDOWS[window]
    snapshot = rollup.snapshot(at=AT, window=length, include_tests=tests, selection=selection)
    assert snapshot.selection == selection
    wanted = oracle.report(
        events,
        CAMPAIGN,
        AT,
        length,
        include_tests=tests,
        messages=selection.messages,
        executions=selection.executions,
    )
    got = to_json(snapshot)
    for name, widget in wanted["widgets"].items():
        assert got["widgets"][name] == widget, (name, selection)
    assert got["newest_event"] == wanted["newest_event"]
    return wanted


def assert_same_names(rollup: Rollup, events: pd.DataFrame) -> None:
    """Compare the lists of messages and executions with the oracle's."""
    snapshot = rollup.snapshot(at=AT, window=WINDOWS["15m"], selection=of("007"))
    assert [
        (m.id, m.name, set(m.channels), m.events, m.newest_event) for m in snapshot.messages
    ] == oracle.messages(events, CAMPAIGN)
    assert [
        (x.id, x.events, x.oldest_event, x.newest_event) for x in snapshot.executions
    ] == oracle.executions(events, CAMPAIGN)
    assert dict(snapshot.message_names) == oracle.message_names(events, CAMPAIGN)


def canonical(rows: list[Row]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(oracle.COLUMNS), dtype=object)


def test_generated_messages_and_executions_overlap() -> None:
    """Else a mask of the wrong parts could count right."""
    own = [row for row in generate.events(21, faults=False) if row["campaign_id"] == CAMPAIGN]
    messages = {"email-1", "push-1", "007"}
    runs = {"run-1", "run-2", None}
    met = {(row["message_id"], row["execution_id"]) for row in own}
    assert {(message, run) for message in messages for run in runs} <= met
    for name, values in (("message_id", messages), ("execution_id", runs)):
        profiles = [{row["profile_id"] for row in own if row[name] == v} for v in values]
        assert set.intersection(*profiles), "profiles that enter by several of them"
    reports = [
        oracle.report(
            canonical(own),
            CAMPAIGN,
            AT,
            WINDOWS["30d"],
            messages=selection.messages,
            executions=selection.executions,
        )
        for selection in SELECTIONS
    ]
    texts = [str(report["widgets"]) for report in reports]
    assert len(set(texts)) == len(texts), "each gives another report"


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("tests", [False, True])
@pytest.mark.parametrize("window", WINDOWS)
def test_every_selection_equals_the_oracle_in_every_window(
    tmp_path: Path, window: str, *, tests: bool
) -> None:
    rows = generate.events(21)
    files.write(rows, tmp_path / "events.parquet")
    rollup, events = open_rollup(tmp_path, CAMPAIGN), canonical(rows)
    for selection in SELECTIONS:
        assert_same(rollup, events, selection, window, tests=tests)
    assert_same_names(rollup, events)


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_aggregated_batches_give_the_same_selections_as_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """Few events come as rows and many as numbers; both must give the same result."""
    monkeypatch.setattr("campaign_live_widgets.engine.duckdb.queries.SMALL", 0)
    rows = generate.events(22)
    for number, part in enumerate(files.split(rows, 3, seed=22)):
        files.write(part, tmp_path / f"part-{number}.{form}")
    rollup, events = open_rollup(tmp_path, CAMPAIGN, follow=False), canonical(rows)
    for selection in SELECTIONS:
        assert_same(rollup, events, selection, "7d")
    assert_same_names(rollup, events)


def test_journey_optimizer_messages_and_executions_can_be_selected(tmp_path: Path) -> None:
    rows = generate_xdm.rows(23)
    files.write(rows, tmp_path / "export.ndjson")
    rollup, (events, *_) = open_rollup(tmp_path, CAMPAIGN), xdm_to_canonical(rows)
    assert_same_names(rollup, events)
    snapshot = rollup.snapshot(at=AT, window=WINDOWS["30d"])
    assert len(snapshot.messages) > 1
    assert len(snapshot.executions) > 1
    for message in snapshot.messages:
        assert_same(rollup, events, of(message.id), "30d")
    for execution in snapshot.executions:
        assert_same(rollup, events, of(executions=(execution.id,)), "30d")


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("seed", [24, 25])
def test_selections_that_change_between_refreshes_equal_the_oracle(
    tmp_path: Path, seed: int
) -> None:
    rows, rng = generate.events(seed), random.Random(seed)  # noqa: S311 - test data
    seen: list[Row] = []
    rollup = None
    for number, part in enumerate(files.split(rows, 10, seed)):
        form = files.FORMS[(number + seed) % len(files.FORMS)]
        files.write(part, tmp_path / f"tick-{number}.{form}")
        seen += part
        rollup = rollup or open_rollup(tmp_path, CAMPAIGN)
        rollup.refresh()
        for selection in rng.sample(SELECTIONS, 3):
            window = rng.choice(list(WINDOWS))
            assert_same(rollup, canonical(seen), selection, window, tests=rng.random() < 0.5)
    assert rollup is not None
    assert_same_names(rollup, canonical(seen))


def test_a_selection_includes_a_message_that_arrives_later(tmp_path: Path) -> None:
    """A selection in use takes in what bears its names only once it is there."""
    rows = generate.simple(26, 120)
    later = [
        row | {"event_id": f"later-{n}", "message_id": "new", "execution_id": "run-9"}
        for n, row in enumerate(rows)
    ]
    files.write(rows, tmp_path / "a.parquet")
    rollup, wanted = open_rollup(tmp_path, CAMPAIGN), of("new", "email-1", executions=("run-9",))
    assert rollup.snapshot(at=AT, window=WINDOWS["30d"], selection=wanted).entered_profiles == 0
    files.write(later, tmp_path / "b.ndjson")
    rollup.refresh()
    events = canonical(rows + later)
    for selection in (wanted, of("new"), of("email-1", "new"), ALL):
        report = assert_same(rollup, events, selection, "30d")
        assert report["widgets"]["campaign.statistics"]["rows"][0][1] > 0


def test_an_unknown_name_is_an_error(tmp_path: Path) -> None:
    files.write(generate.events(27), tmp_path / "events.csv")
    rollup = open_rollup(tmp_path, CAMPAIGN)
    rollup.require(ALL)
    rollup.require(of("email-1", "007", executions=("run-1",)))
    with pytest.raises(UnknownNameError, match=r"unknown message 'email-11'.*'email-1'"):
        rollup.require(of("007", "email-11", executions=("run-1",)))
    with pytest.raises(UnknownNameError, match=r"unknown execution 'run-3'"):
        rollup.require(of("007", executions=("run-1", "run-3")))


def test_a_rollup_for_one_window_counts_the_whole_campaign_alone(tmp_path: Path) -> None:
    files.write(generate.events(28), tmp_path / "events.csv")
    span = Window.ending(AT, WINDOWS["24h"])
    rollup = open_rollup(tmp_path, CAMPAIGN, follow=False, window=span)
    snapshot = rollup.snapshot(at=AT, window=WINDOWS["24h"])
    assert snapshot.messages
    assert snapshot.executions
    with pytest.raises(ValueError, match="counts the whole campaign"):
        rollup.snapshot(at=AT, window=WINDOWS["24h"], selection=of("007"))


def test_oldest_and_newest_event_are_of_the_campaign_only(tmp_path: Path) -> None:
    rows = generate.events(29)
    files.write(rows, tmp_path / "events.ndjson")
    rollup = open_rollup(tmp_path, CAMPAIGN)
    times = [x[-1] for x in oracle.messages(canonical(rows), CAMPAIGN)]
    assert rollup.newest_event == max(times)
    good = [e for e in map(oracle.event, rows) if e is not None and e["campaign_id"] == CAMPAIGN]
    assert rollup.oldest_event == min(e["timestamp"] for e in good)


def test_the_latest_of_many_executions_are_listed_and_all_are_counted(tmp_path: Path) -> None:
    rows = [
        row | {"execution_id": f"run of {row['event_id']}", "campaign_id": CAMPAIGN}
        for row in generate.simple(30, 1500)
    ]
    files.write(rows, tmp_path / "events.parquet")
    rollup, events = open_rollup(tmp_path, CAMPAIGN), canonical(rows)
    listed = rollup.snapshot(at=AT, window=WINDOWS["24h"]).executions
    wanted = oracle.executions(events, CAMPAIGN)
    assert [x.id for x in listed] == [x[0] for x in wanted[:EXECUTIONS_LISTED]]
    last = of(executions=(wanted[-1][0], wanted[-2][0]))
    rollup.require(last)
    assert_same(rollup, events, last, "30d")
