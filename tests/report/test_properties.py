"""What holds for any events at all, whatever their order and however they are cut."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaign_live_widgets.catalog import COUNTS
from campaign_live_widgets.engine import FileRollup, open_rollup
from campaign_live_widgets.report import evaluate, to_json
from campaign_live_widgets.snapshot import ALL, DIMENSIONS, Selection, Snapshot
from tests import oracle
from tests.oracle_xdm import xdm_to_canonical
from tests.support.events import files, generate_xdm
from tests.support.events.generate import AT, END, WINDOWS
from tests.support.reports.counts import counts_frame

pytestmark = pytest.mark.usefixtures("matrix")

Row = dict[str, Any]

few = settings(
    max_examples=int(os.environ.get("CLW_EXAMPLES", "6")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)
HOUR = timedelta(hours=1)
MESSAGES = ("m1", "m2", "m3")
EXECUTIONS = ("x1", "x2")
NEVER = "unknown name"

event = st.fixed_dictionaries(
    {
        "timestamp": st.integers(-20, 14_000).map(lambda s: END - timedelta(seconds=s)),
        "campaign_id": st.sampled_from(["c1", "c1", "c1", "c2"]),
        "message_id": st.sampled_from(MESSAGES),
        "execution_id": st.sampled_from([*EXECUTIONS, None]),
        "channel": st.sampled_from(["email", "push", "sms"]),
        "profile_id": st.sampled_from([f"p{i}" for i in range(6)]),
        "event_type": st.sampled_from(sorted(oracle.EVENT_TYPES)),
        "reason": st.sampled_from([None, "r1", "r2"]),
        "bounce_type": st.sampled_from([None, *oracle.BOUNCE_TYPES]),
        "is_async": st.sampled_from([None, True, False]),
        "domain": st.sampled_from([None, "a.example", "b.example"]),
        "platform": st.sampled_from([None, "ios", "android"]),
        "is_test": st.sampled_from([None, False, True]),
    }
)


selections = st.builds(
    Selection,
    st.frozensets(st.sampled_from([*MESSAGES, NEVER]), max_size=3),
    st.frozensets(st.sampled_from([*EXECUTIONS, NEVER]), max_size=2),
)


@st.composite
def ticks(draw: st.DrawFn) -> tuple[list[Row], list[list[Row]]]:
    """Return distinct events, and the same events cut into ticks, some of them repeated."""
    drawn = draw(st.lists(event, min_size=1, max_size=25))
    rows = [{"event_id": f"e{i}"} | row for i, row in enumerate(drawn)]
    cut: list[list[Row]] = [[] for _ in range(3)]
    for row in draw(st.permutations(rows)):
        for tick in draw(st.lists(st.integers(0, 2), min_size=1, max_size=3)):
            cut[tick].append(row)
    return rows, [tick for tick in cut if tick]


def rolled(parts: list[list[Row]], folder: str, *, form: str = "parquet") -> FileRollup:
    """Return a rollup that met *parts* one tick after the other."""
    rollup = None
    for number, part in enumerate(parts):
        files.write(part, Path(folder) / f"part-{number}.{form}")
        rollup = rollup or open_rollup(folder, campaign="c1", follow=True)
        rollup.refresh()
    assert rollup is not None
    return rollup


def known(rows: list[Row]) -> list[Row]:
    """Return events with one more, so that the campaign is there."""
    first = {"event_id": "first", "timestamp": END - 3 * HOUR, "campaign_id": "c1"}
    first |= {"message_id": "m1", "channel": "email", "profile_id": "p0", "event_type": "sent"}
    return [dict.fromkeys(oracle.COLUMNS) | first, *rows]


@few
@given(ticks())
def test_any_cut_and_order_of_ticks_gives_the_same_report(
    cut: tuple[list[Row], list[list[Row]]],
) -> None:
    rows, parts = cut
    parts[0] = known(parts[0])
    with TemporaryDirectory() as folder:
        rollup = rolled(parts, folder)
        for window in ("15m", "2h", "6h"):
            got = to_json(rollup.snapshot(at=AT, window=WINDOWS[window]))
            frame = pd.DataFrame(known(rows), columns=oracle.COLUMNS, dtype=object)
            wanted = oracle.report(frame, "c1", AT, WINDOWS[window])
            wanted["health"]["duplicates"] = sum(map(len, parts)) - len(rows) - 1
            assert got == wanted


@few
@given(ticks(), st.sampled_from(["ndjson", "csv"]))
def test_entered_profiles_is_the_size_of_the_set(
    cut: tuple[list[Row], list[list[Row]]], form: str
) -> None:
    rows, parts = cut
    parts[0] = known(parts[0])
    with TemporaryDirectory() as folder:
        rollup = rolled(parts, folder, form=form)
        for end in (END, END - HOUR):
            for window in (timedelta(minutes=7), 2 * HOUR, timedelta(days=2)):
                entered = {
                    row["profile_id"]
                    for row in known(rows)
                    if row["campaign_id"] == "c1"
                    and not row["is_test"]
                    and row["event_type"] in ("targeted", "sent", "excluded", "error")
                    and end - window <= row["timestamp"] < end
                }
                assert rollup.snapshot(at=end, window=window).entered_profiles == len(entered)


def counts(snapshots: list[Snapshot], dimension: str) -> dict[tuple[Any, str], dict[str, int]]:
    """Return a dimension's counts by value and channel, added up over *snapshots*."""
    tables = pd.concat([counts_frame(snapshot, dimension) for snapshot in snapshots])
    added = tables.groupby([dimension, "channel"], dropna=False).sum()
    return {key: row for key, row in added.to_dict("index").items() if any(row.values())}


def same(left: dict[Any, Any], right: dict[Any, Any]) -> bool:
    """Compare counts whose keys may hold NaN, which is not equal to itself."""
    return {str(k): v for k, v in left.items()} == {str(k): v for k, v in right.items()}


@few
@given(ticks())
def test_counts_of_two_halves_add_up_to_the_whole(cut: tuple[list[Row], list[list[Row]]]) -> None:
    _, parts = cut
    parts[0] = known(parts[0])
    with TemporaryDirectory() as folder:
        rollup = rolled(parts, folder)
        whole = [rollup.snapshot(at=END, window=2 * HOUR)]
        halves = [rollup.snapshot(at=end, window=HOUR) for end in (END - HOUR, END)]
        for dimension in DIMENSIONS:
            assert same(counts(halves, dimension), counts(whole, dimension))


@few
@given(ticks(), st.lists(selections, min_size=1, max_size=4))
def test_a_changed_selection_equals_a_new_rollup(
    cut: tuple[list[Row], list[list[Row]]], selections: list[Selection]
) -> None:
    """Each tick answers two of them: as a rollup does that never answered anything else."""
    _, parts = cut
    parts[0] = known(parts[0])
    with TemporaryDirectory() as folder:
        rollup, seen = None, []
        for number, part in enumerate(parts):
            files.write(part, Path(folder) / f"part-{number}.parquet")
            rollup = rollup or open_rollup(folder, campaign="c1", follow=True)
            rollup.refresh()
            seen += part
            fresh = open_rollup(folder, campaign="c1", follow=False)
            events = pd.DataFrame(seen, columns=oracle.COLUMNS, dtype=object)
            for selection in (selections[number % len(selections)], selections[-1]):
                for window, tests in (("15m", False), ("6h", True)):
                    ask = {"at": AT, "window": WINDOWS[window], "include_tests": tests}
                    got = to_json(rollup.snapshot(**ask, selection=selection))
                    assert got == to_json(fresh.snapshot(**ask, selection=selection))
                    wanted = oracle.report(
                        events,
                        "c1",
                        AT,
                        WINDOWS[window],
                        include_tests=tests,
                        messages=selection.messages,
                        executions=selection.executions,
                    )
                    assert got["widgets"] == wanted["widgets"]


def drawn(rollup: FileRollup, selection: Selection) -> Snapshot:
    return rollup.snapshot(at=END, window=2 * HOUR, selection=selection)


@few
@given(ticks(), st.sampled_from(["ndjson", "csv"]))
def test_counts_of_messages_add_up_to_the_campaign_except_profiles(
    cut: tuple[list[Row], list[list[Row]]], form: str
) -> None:
    _, parts = cut
    parts[0] = known(parts[0])
    with TemporaryDirectory() as folder:
        rollup = rolled(parts, folder, form=form)
        whole = drawn(rollup, ALL)
        every = drawn(rollup, Selection(frozenset(MESSAGES)))
        each = [drawn(rollup, Selection(frozenset([message]))) for message in MESSAGES]
        union = drawn(rollup, Selection(frozenset(MESSAGES[:2])))
        runs = drawn(rollup, Selection(executions=frozenset(EXECUTIONS)))
        each_run = [drawn(rollup, Selection(executions=frozenset([x]))) for x in EXECUTIONS]
        for dimension in DIMENSIONS:
            assert same(counts([every], dimension), counts([whole], dimension))
            assert same(counts(each, dimension), counts([whole], dimension))
            assert same(counts(each[:2], dimension), counts([union], dimension))
            assert same(counts(each_run, dimension), counts([runs], dimension))
        assert every.entered_profiles == whole.entered_profiles
        for together, apart in ((union, each[:2]), (runs, each_run), (whole, each)):
            alone = [snapshot.entered_profiles for snapshot in apart]
            assert max(alone) <= together.entered_profiles <= sum(alone)
        assert drawn(rollup, Selection(frozenset([NEVER]))).entered_profiles == 0


@few
@given(ticks())
def test_reading_everything_again_changes_nothing(cut: tuple[list[Row], list[list[Row]]]) -> None:
    _, parts = cut
    parts[0] = known(parts[0])
    with TemporaryDirectory() as folder:
        rollup = rolled(parts, folder)
        before = to_json(rollup.snapshot(at=AT, window=WINDOWS["6h"]))
        for number, part in enumerate(parts):
            files.write(part, Path(folder) / f"again-{number}.ndjson")
        rollup.refresh()
        after = to_json(rollup.snapshot(at=AT, window=WINDOWS["6h"]))
        rollup.refresh()
        assert to_json(rollup.snapshot(at=AT, window=WINDOWS["6h"])) == after
        before["health"]["duplicates"] += sum(map(len, parts))
        assert after == before


@pytest.mark.parametrize("seed", [11, 12])
def test_every_sent_message_is_delivered_or_bounces(tmp_path: Path, seed: int) -> None:
    rows = generate_xdm.rows(seed, 400)
    rollup = rolled(files.split(rows, 2, seed), str(tmp_path))
    events = xdm_to_canonical(rows)[0].drop_duplicates("event_id")
    for window in WINDOWS.values():
        snapshot = rollup.snapshot(at=AT, window=window)
        table = snapshot.counts["message_id"]
        columns = {count.column: table.column(count.column) for count in COUNTS}
        metrics = ("sent", "delivered", "bounces", "excluded", "errors", "targeted")
        values = evaluate(metrics, columns)
        assert (values["sent"] == values["delivered"] + values["bounces"]).all()
        own = events[(events["campaign_id"] == "c1") & (events["is_test"] != True)]  # noqa: E712
        inside = own[[END - window <= oracle.instant(t) < END for t in own["timestamp"]]]
        met = inside["event_type"].isin(["sent", "excluded", "error"]).sum()
        assert values["targeted"].sum() == met
