"""A table in each engine gives the report that the oracle computes, cell for cell."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from campaign_live_widgets.app.cli.main import main
from campaign_live_widgets.engine import new_rollup, open_rollup
from campaign_live_widgets.report import to_json
from campaign_live_widgets.snapshot import Selection
from tests import oracle
from tests.databases import detail_oracle
from tests.support.events import generate, xdm_tables
from tests.support.events.generate import AT, WINDOWS
from tests.support.servers import tables
from tests.support.servers.engines import filled

if TYPE_CHECKING:
    from collections.abc import Callable

    from campaign_live_widgets.engine import Rollup
    from tests.support.servers.engines import Engine

Row = dict[str, Any]
NAMES = (*generate.HOSTILE, "clw_until()", "x' OR CLW_SINCE() --", "%s", "${env:HOME} {0} :a ?")
EVERY_CASE = [(window, tests) for window in WINDOWS for tests in (False, True)]


@cache
def canonical() -> list[Row]:
    return tables.typed(generate.events(1))


@cache
def minimal() -> list[Row]:
    return generate.simple(3)


def printed(rows: list[Row], window: str, *, tests: bool = False, campaign: str = "c1") -> Row:
    """Return the report of the oracle as the command prints it."""
    events = pd.DataFrame(rows, columns=list(oracle.COLUMNS), dtype=object)
    report = oracle.report(events, campaign, AT, WINDOWS[window], include_tests=tests)
    return {**report, "widgets": detail_oracle.without_pairs(report["widgets"])}


def printed_xdm(window: str, *, tests: bool = False, campaign: str = "c1") -> Row:
    """Return the same of the rows of Journey Optimizer."""
    report = xdm_tables.wanted(window, tests=tests, campaign=campaign)
    return {**report, "widgets": detail_oracle.without_pairs(report["widgets"])}


def wanted(rows: list[Row], window: str, *, tests: bool = False, campaign: str = "c1") -> Row:
    """Return the same, and the counts by detail and of machines."""
    counts = detail_oracle.counted(rows, campaign, WINDOWS[window], tests=tests)
    return {**printed(rows, window, tests=tests, campaign=campaign), "counts": counts}


def wanted_xdm(window: str, *, tests: bool = False, campaign: str = "c1") -> Row:
    """Return the same of the rows of Journey Optimizer."""
    events = xdm_tables.mapped()[0].to_dict("records")
    counts = detail_oracle.counted(events, campaign, WINDOWS[window], tests=tests)
    return {**printed_xdm(window, tests=tests, campaign=campaign), "counts": counts}


def report_of(rollup: Rollup, window: str, *, tests: bool = False) -> Row:
    snapshot = rollup.snapshot(at=AT, window=WINDOWS[window], include_tests=tests)
    got = to_json(snapshot)
    got.pop("rejects", None)
    return {**got, "counts": detail_oracle.counts_of(snapshot)}


def require_selections(rollup: Rollup, events: pd.DataFrame) -> None:
    """Require the oracle's numbers of some selections, and its messages and executions."""
    for messages, executions in (
        ({"email-1"}, set()),
        ({"email-1", "push-1", "007"}, {"run-1"}),
        (set(), {"run-2"}),
    ):
        chosen = Selection(frozenset(messages), frozenset(executions))
        ask = {"at": AT, "window": WINDOWS["7d"]}
        snapshot = rollup.snapshot(**ask, selection=chosen)
        got = to_json(snapshot)
        widgets = oracle.report(
            events, "c1", *ask.values(), messages=messages, executions=executions
        )["widgets"]
        assert got["widgets"] == detail_oracle.without_pairs(widgets)
        assert detail_oracle.counts_of(snapshot) == detail_oracle.counted(
            events.to_dict("records"),
            *("c1", ask["window"]),
            messages=messages,
            executions=executions,
        )
    snapshot = rollup.snapshot(at=AT, window=WINDOWS["7d"])
    assert dict(snapshot.message_names) == oracle.message_names(events, "c1")
    assert [
        (m.id, m.name, set(m.channels), m.events, m.newest_event) for m in snapshot.messages
    ] == oracle.messages(events, "c1")
    assert [
        (x.id, x.events, x.oldest_event, x.newest_event) for x in snapshot.executions
    ] == oracle.executions(events, "c1")


def test_newest_event_is_never_in_the_future(engine: Engine) -> None:
    """Also while a row is still open, and once the time of an event has come."""
    events, now = tables.typed(generate.events(1, 120, faults=False)), AT
    for number, later in enumerate((-3, 0, 5, 90, 7200, 432_000)):
        ahead = {"event_id": f"ahead-{number}", "timestamp": now + timedelta(seconds=later)}
        events.append(events[0] | ahead | {"campaign_id": f"c{number % 2 + 1}"})
    frame = pd.DataFrame(events, columns=list(oracle.COLUMNS), dtype=object)
    name, moment = filled(engine, events), [now]
    rollup = new_rollup(engine.url(name, every="0s"), at=now, clock=lambda: moment[0])
    for later in (0, 6, 100, 8000, 500_000):
        moment[0] = now + timedelta(seconds=later)
        rollup.refresh()
        assert rollup.campaign == oracle.newest_campaign(frame, now, now)
        for at in (now, moment[0], now - timedelta(days=2)):
            got = rollup.snapshot(at=at, window=WINDOWS["24h"])
            wanted = oracle.report(frame, str(rollup.campaign), at, WINDOWS["24h"], now=moment[0])
            newest = None if got.newest_event is None else oracle.text(got.newest_event)
            assert newest == wanted["newest_event"]
            counted = (got.health.ahead, got.health.ahead_until)
            assert counted == oracle.ahead(frame, moment[0])
    rollup.close()


@pytest.mark.parametrize("rows", [canonical, minimal])
def test_every_window_equals_the_oracle_with_and_without_tests(
    engine: Engine, rows: Callable[[], list[Row]]
) -> None:
    name = filled(engine, rows())
    rollup = open_rollup(engine.url(name), "c1")
    for window, tests in EVERY_CASE:
        assert report_of(rollup, window, tests=tests) == wanted(rows(), window, tests=tests)
    rollup.close()


def test_report_command_prints_the_object_of_the_oracle(
    engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    url = engine.url(filled(engine, canonical()))
    at = AT.isoformat().replace("+00:00", "Z")
    options = ("--campaign", "c1", "--at", at, "--window", "7d", "--format", "json")
    with pytest.raises(SystemExit) as left:
        main(["report", url, *options])
    output = capsys.readouterr()
    assert left.value.code == 0, output.err
    report = json.loads(output.out)
    report.pop("rejects")
    assert report == printed(canonical(), "7d")
    assert str(report["health"]["rejected"]) in output.err
    assert "PASS" not in output.err


@pytest.mark.parametrize(
    ("engine", "named"),
    [
        *(("postgresql", name) for name in NAMES),
        *(("spark", name) for name in NAMES if "\\" in name or "'" in name or "$" in name),
    ],
    indirect=["engine"],
)
def test_campaign_id_may_contain_any_character(engine: Engine, named: str) -> None:
    rows = [
        {**row, "campaign_id": named, "campaign_name": named, "message_id": named}
        for row in generate.events(5, 30, faults=False)
    ]
    name = filled(engine, rows[:20])
    rollup = open_rollup(engine.url(name, overlap="0"), named)
    rollup.refresh()
    engine.insert(name, rows[20:])
    rollup.refresh()
    assert report_of(rollup, "30d") == wanted(rows, "30d", campaign=named)
    rollup.close()


def test_default_campaign_is_the_one_with_the_newest_event(engine: Engine) -> None:
    rollup = open_rollup(engine.url(filled(engine, canonical())))
    sound = [row for raw in canonical() if (row := oracle.event(raw)) is not None]
    newest = max(sound, key=lambda row: (row["timestamp"], row["campaign_id"]))
    assert rollup.campaign == newest["campaign_id"]
    assert report_of(rollup, "24h") == wanted(canonical(), "24h", campaign=newest["campaign_id"])
    rollup.close()


def test_selections_are_answered_without_a_query(engine: Engine) -> None:
    rollup = open_rollup(engine.url(filled(engine, canonical())), "c1")
    require_selections(
        rollup, pd.DataFrame(canonical(), columns=list(oracle.COLUMNS), dtype=object)
    )
    rollup.close()


def test_flags_may_be_words_and_rejects_name_the_event_id(engine: Engine) -> None:
    rows = [row for row in generate.events(7, 60) if not isinstance(row["timestamp"], str)]
    words = {True: "true", False: "False", None: None}
    as_words = [
        {**row, **{flag: words.get(row[flag], row[flag]) for flag in oracle.BOOLEANS}}
        for row in rows
    ]
    name = filled(engine, as_words, texts=oracle.BOOLEANS)
    rollup = open_rollup(engine.url(name), "c1")
    assert report_of(rollup, "30d") == wanted(rows, "30d")
    rejected = {reject.file: reject.cause for reject in rollup.health.rejects}
    for row in rows:
        if row["is_machine"] == "2":
            assert rejected[f"{name} (event_id {row['event_id']})"] == (
                "is_machine is not true or false"
            )
        if row["channel"] == "fax":
            assert rejected[f"{name} (event_id {row['event_id']})"] == "unknown channel 'fax'"
    assert "unknown channel 'fax'" in rejected.values()
    rollup.close()


def test_several_tables_make_one_report(engine: Engine) -> None:
    """What one lacks is null there; ids that come in both count once."""
    rows = canonical()
    half = len(rows) // 2
    narrow = [
        {name: value for name, value in row.items() if name != "campaign_name"}
        for row in rows[:half]
    ]
    words = engine.create(texts=("is_test",))
    names = (filled(engine, narrow), words)
    rollup = new_rollup(engine.url(",".join(names)), "c1")
    assert rollup.refresh()
    spellings = {True: "true", False: "0", None: None}
    engine.insert(words, [{**row, "is_test": spellings[row["is_test"]]} for row in rows[half:]])
    assert rollup.refresh()
    for window, tests in (("24h", False), ("30d", True)):
        got = report_of(rollup, window, tests=tests)
        assert got == wanted(narrow + rows[half:], window, tests=tests)
    rollup.close()
