"""Profiles of a kept rollup: a first look reads links, and entries only where they are needed."""

from __future__ import annotations

import random
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.report import to_json
from campaign_live_widgets.snapshot import Selection
from tests import oracle
from tests.databases import detail_oracle
from tests.databases.test_every_engine import EVERY_CASE, report_of, require_selections, wanted
from tests.databases.test_kept_rollup import call, create, insert, job, refresh
from tests.support.events import generate
from tests.support.events.generate import AT
from tests.support.reader.running import running
from tests.support.servers import tables

if TYPE_CHECKING:
    from campaign_live_widgets.engine import Rollup
    from tests.support.servers.server import Postgres

Row = dict[str, Any]
SOME = Selection(frozenset({"email-1"}))


def rows_of(seed: int, number: int = 400) -> list[Row]:
    """Return events in any order of arrival, so that most come between earlier ones."""
    rows = list(
        {row["event_id"]: row for row in tables.typed(generate.events(seed, number))}.values()
    )
    random.Random(seed).shuffle(rows)  # noqa: S311 - test data
    return rows


def in_memory(rollup: Rollup) -> int:
    """Return how many entries of profiles are in the process."""
    return len(rollup.counts_of().entered.runs)


def assert_windows(rollup: Rollup, rows: list[Row]) -> None:
    for window, tests in EVERY_CASE:
        assert report_of(rollup, window, tests=tests) == wanted(rows, window, tests=tests)


def assert_selections(rollup: Rollup, rows: list[Row]) -> None:
    require_selections(rollup, pd.DataFrame(rows, columns=list(oracle.COLUMNS), dtype=object))


def test_entries_are_read_only_of_profiles_that_enter_again_and_for_selections(
    postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = rows_of(31)
    name = create(postgres, capsys)
    for first in range(0, 300, 60):  # each time some entries come between those before
        insert(postgres, name, rows[first : first + 60])
        refresh(postgres, capsys, name)
    with closing(open_rollup(postgres.url(name), "c1")) as rollup:
        assert_windows(rollup, rows[:300])
        recalled = in_memory(rollup)  # of rows within the overlap
        insert(postgres, name, rows[300:340])
        assert rollup.refresh()
        assert_windows(rollup, rows[:340])
        assert in_memory(rollup) > recalled
        refresh(postgres, capsys, name)  # what is kept grows meanwhile
        insert(postgres, name, rows[340:370])
        assert rollup.refresh()
        assert_windows(rollup, rows[:370])
        before = in_memory(rollup)
        assert_selections(rollup, rows[:370])
        assert in_memory(rollup) > before
        insert(postgres, name, rows[370:])
        assert rollup.refresh()
        assert_windows(rollup, rows)
        assert_selections(rollup, rows)
    status, text = call(capsys, "rollup", job(postgres, name), "--check")
    assert (status, text.split()[0]) == (0, "equal:"), text


def test_nothing_is_taken_from_a_rollup_that_was_built_again(
    postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither by a refresh nor for a selection: the first look is made again."""
    rows = rows_of(32)
    name = create(postgres, capsys)
    insert(postgres, name, rows[:200])
    refresh(postgres, capsys, name)
    with (
        closing(open_rollup(postgres.url(name, overlap="0s"), "c1")) as ticking,
        closing(open_rollup(postgres.url(name, overlap="0s"), "c1")) as selecting,
    ):
        gone, late = rows[:20], rows[200:220]
        with postgres.connect() as con:
            con.execute(
                f"DELETE FROM {name} WHERE event_id = ANY(%s)", [[row["event_id"] for row in gone]]
            )
            tables.insert(con, name, [{**row, "ingested_at": "2026-01-01"} for row in late])
        refresh(postgres, capsys, name, "--rebuild")
        with pytest.raises(SourceError, match="not the one that was read") as error:
            selecting.snapshot(at=AT, window=timedelta(days=7), selection=SOME)
        assert len(str(error.value).splitlines()) == 1
        insert(postgres, name, rows[220:])
        every = rows[20:]
        for rollup in (ticking, selecting):
            assert rollup.refresh()
            assert_windows(rollup, every)
            assert_selections(rollup, every)


def test_tables_of_an_earlier_format_are_refused(
    postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    name = create(postgres, capsys)
    insert(postgres, name, rows_of(33, 20))
    refresh(postgres, capsys, name)
    with postgres.connect() as con:
        con.execute(f"DROP TABLE {name}_rollup_links, {name}_rollup_profiles")
        con.execute(f"ALTER TABLE {name}_rollup_state DROP COLUMN run, DROP COLUMN built")
        con.execute(f"UPDATE {name}_rollup_state SET version = 1")
    with pytest.raises(SourceError, match="has the format 1") as error:
        open_rollup(postgres.url(name), "c1")
    assert len(str(error.value).splitlines()) == 1
    for action in ("--refresh", "--check"):
        status, text = call(capsys, "rollup", job(postgres, name), action)
        assert (status, len(text.splitlines())) == (3, 1), text
        assert f"drop the tables public.{name}_rollup_" in text
        assert "campaign-live schema" in text


def test_reader_answers_selections(postgres: Postgres, capsys: pytest.CaptureFixture[str]) -> None:
    rows = rows_of(34, 200)
    name = create(postgres, capsys)
    insert(postgres, name, rows[:120])
    refresh(postgres, capsys, name)
    with running(postgres.url(name)) as reader:
        for seen in (120, 160, 200):
            insert(postgres, name, rows[120:seen][-40:] if seen > 120 else [])
            for messages in ((), ("email-1",), ("email-1", "push-1")):
                feed = reader.feed(
                    campaign="c1", at=AT, window=timedelta(days=7), messages=messages
                )
                feed.refresh()
                events = pd.DataFrame(rows[:seen], columns=list(oracle.COLUMNS), dtype=object)
                want = oracle.report(events, "c1", AT, timedelta(days=7), messages=set(messages))
                widgets = detail_oracle.without_pairs(want["widgets"])
                assert to_json(feed.snapshot())["widgets"] == widgets
