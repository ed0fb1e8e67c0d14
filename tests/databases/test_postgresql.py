"""A table in PostgreSQL gives the report that the oracle computes, cell for cell."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import generate
import oracle
import pandas as pd
import pytest
import tables
from generate import AT, WINDOWS

from campaign_live_widgets.app.cli import main
from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.report import to_json
from campaign_live_widgets.snapshot import Window

if TYPE_CHECKING:
    from collections.abc import Callable

    from server import Postgres

    from campaign_live_widgets.engine import Answers

Row = dict[str, Any]
EVERY_CASE = [(window, tests) for window in WINDOWS for tests in (False, True)]


@cache
def canonical() -> list[Row]:
    return tables.typed(generate.events(1))


@cache
def minimal() -> list[Row]:
    return generate.simple(3)


def wanted(rows: list[Row], window: str, *, tests: bool = False, campaign: str = "c1") -> Row:
    events = pd.DataFrame(rows, columns=list(oracle.COLUMNS), dtype=object)
    return oracle.report(events, campaign, AT, WINDOWS[window], include_tests=tests)


def told(rollup: Answers, window: str, *, tests: bool = False) -> Row:
    got = to_json(rollup.snapshot(at=AT, window=WINDOWS[window], include_tests=tests))
    got.pop("rejects", None)
    return got


@pytest.mark.parametrize("rows", [canonical, minimal])
def test_every_window_with_and_without_tests(
    postgres: Postgres, rows: Callable[[], list[Row]]
) -> None:
    name = tables.filled(postgres, rows())
    rollup = open_rollup(postgres.url(name), "c1")
    for window, tests in EVERY_CASE:
        assert told(rollup, window, tests=tests) == wanted(rows(), window, tests=tests)
    rollup.close()


def test_a_rollup_for_one_window(postgres: Postgres) -> None:
    name = tables.filled(postgres, canonical())
    for window, tests in EVERY_CASE:
        span = Window.ending(AT, WINDOWS[window])
        rollup = open_rollup(postgres.url(name), "c1", follow=False, window=span)
        assert told(rollup, window, tests=tests) == wanted(canonical(), window, tests=tests)
        rollup.close()


def test_the_command_line_prints_the_oracles_object(
    postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    url = postgres.url(tables.filled(postgres, canonical()))
    at = AT.isoformat().replace("+00:00", "Z")
    options = ("--campaign", "c1", "--at", at, "--window", "7d", "--format", "json")
    with pytest.raises(SystemExit) as left:
        main(["report", url, *options])
    said = capsys.readouterr()
    assert left.value.code == 0, said.err
    found = json.loads(said.out)
    found.pop("rejects")
    assert found == wanted(canonical(), "7d")
    assert str(found["health"]["rejected"]) in said.err
    assert "PASS" not in said.err
