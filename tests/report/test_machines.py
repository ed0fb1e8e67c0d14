"""Opens and clicks of machines, left out or alone, equal a count of the events that remain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.report import to_json
from campaign_live_widgets.snapshot import ALL, Selection, Window
from tests import oracle
from tests.support.events import files, generate
from tests.support.events.generate import AT, WINDOWS

if TYPE_CHECKING:
    from pathlib import Path

    from campaign_live_widgets.snapshot import Machines

CAMPAIGN = "c1"
SOME = Selection(frozenset({"email-1", "push-1"}))


def remaining(events: pd.DataFrame, machines: str) -> pd.DataFrame:
    """Return the events without machines' opens and clicks, or without all others'."""
    is_judged = events["event_type"].isin(["open", "click"])
    is_machine = events["is_machine"].map(lambda value: value is True)
    dropped = is_judged & (is_machine if machines == "exclude" else ~is_machine)
    return events[~dropped]


def wanted(
    events: pd.DataFrame, machines: str, window: str, selection: Selection, *, tests: bool
) -> dict[str, Any]:
    """Return the rows of each tile that the oracle computes."""
    chosen = events if machines == "include" else remaining(events, machines)
    report = oracle.report(
        chosen, CAMPAIGN, AT, WINDOWS[window], include_tests=tests, messages=selection.messages
    )
    tiles: dict[str, Any] = report["widgets"]
    return tiles


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return generate.events(31)


@pytest.fixture(scope="module")
def events(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=list(oracle.COLUMNS), dtype=object)


def test_the_generated_events_give_three_different_reports(events: pd.DataFrame) -> None:
    reports = [
        str(wanted(events, machines, "30d", ALL, tests=False)["email.summary"])
        for machines in ("include", "exclude", "only")
    ]
    assert len(set(reports)) == 3


@pytest.mark.parametrize("machines", ["include", "exclude", "only"])
@pytest.mark.parametrize("window", ["15m", "24h", "30d"])
def test_every_tile_equals_the_oracle(
    tmp_path: Path,
    rows: list[dict[str, Any]],
    events: pd.DataFrame,
    machines: Machines,
    window: str,
) -> None:
    for number, part in enumerate(files.split(rows, 3, seed=31)):
        files.write(part, tmp_path / f"part-{number}.ndjson")
    rollup = open_rollup(tmp_path, CAMPAIGN)
    for selection in (ALL, SOME):
        for tests in (False, True):
            snapshot = rollup.snapshot(
                at=AT,
                window=WINDOWS[window],
                include_tests=tests,
                selection=selection,
                machines=machines,
            )
            assert snapshot.machines == machines
            got = to_json(snapshot)["widgets"]
            for name, tile in wanted(events, machines, window, selection, tests=tests).items():
                assert got[name] == tile, (name, selection, tests)


@pytest.mark.parametrize("machines", ["exclude", "only"])
def test_a_rollup_of_one_window_leaves_out_the_same_events(
    tmp_path: Path, rows: list[dict[str, Any]], events: pd.DataFrame, machines: Machines
) -> None:
    files.write(rows, tmp_path / "events.parquet")
    span = Window.ending(AT, WINDOWS["7d"])
    rollup = open_rollup(tmp_path, CAMPAIGN, window=span, follow=False)
    got = to_json(rollup.snapshot(at=AT, window=span.length, machines=machines))["widgets"]
    for name, tile in wanted(events, machines, "7d", ALL, tests=False).items():
        assert got[name] == tile, name
