"""The same events come through every source, and each shows what the oracle computes of them."""

from __future__ import annotations

import hashlib
import time
from contextlib import closing, suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pytest

from campaign_live_widgets.app.settings.query import Query
from campaign_live_widgets.catalog import COUNTS
from campaign_live_widgets.catalog.details import unpacked
from campaign_live_widgets.engine import new_rollup, open_rollup
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.report import to_json
from campaign_live_widgets.snapshot import ALL, Selection, Window
from tests import oracle
from tests.conformance.every_source import SOURCES, Place, Source
from tests.databases.detail_oracle import without_pairs
from tests.support.events import files
from tests.support.events.generate import AT, WINDOWS, later
from tests.support.events.stream import CAMPAIGNS, events
from tests.support.reader.running import running

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from datetime import datetime
    from pathlib import Path

    from campaign_live_widgets.app.reader.shared_feed import SharedFeed
    from campaign_live_widgets.engine import Rollup
    from campaign_live_widgets.snapshot import Campaign, Health, Snapshot

Row = dict[str, Any]
Cases = list[tuple[str, bool]]

SPANS: Final = {**{name: WINDOWS[name] for name in ("24h", "7d", "30d")}, "all": timedelta(60)}
CASES: Final[Cases] = [(span, tests) for span in SPANS for tests in (False, True)]
FIRST: Final = 1
REFRESHES: Final = 3
_KNOWN: Final[dict[Hashable, Any]] = {}


def _marks(source: Source, seed: int) -> list[pytest.MarkDecorator]:
    return [
        *([source.mark] if source.mark else []),
        *([pytest.mark.matrix] if seed > FIRST else []),
    ]


every_source = pytest.mark.parametrize(
    "source", [pytest.param(s, id=s.name, marks=_marks(s, FIRST)) for s in SOURCES]
)
every_stream = pytest.mark.parametrize(
    ("source", "seed"),
    [
        pytest.param(s, seed, id=f"{s.name}-{seed}", marks=_marks(s, seed))
        for s in SOURCES
        for seed in range(FIRST, FIRST + s.streams)
    ],
)


@pytest.fixture
def place(tmp_path: Path, request: pytest.FixtureRequest) -> Place:
    return Place(tmp_path, request.getfixturevalue)


BY_DETAIL = {
    *("email.machine_reasons", "email.links", "deliverability.providers"),
    *("deliverability.bounce_codes", "deliverability.bounce_classes"),
    "deliverability.causes_by_provider",
}
"""Tiles of columns that rows in other words do not have; see tests/sources/vendors."""


def expressed(source: Source, seed: int) -> list[Row]:
    return [row for row in (*events(seed), *later(seed)) if source.expresses(row)]


def meant(source: Source, rows: list[Row]) -> pd.DataFrame:
    events = [event for row in rows for event in source.means(row)]
    return pd.DataFrame(events, columns=list(oracle.COLUMNS), dtype=object)


def once(rows: pd.DataFrame, question: Hashable, compute: Callable[[], Any]) -> Any:  # noqa: ANN401
    """Return the oracle's answer, computed once for sources with the same events."""
    key = (hashlib.sha256(repr(rows.to_numpy().tolist()).encode()).digest(), question)
    if key not in _KNOWN:
        _KNOWN[key] = compute()
    return _KNOWN[key]


def expected(rows: pd.DataFrame, campaign: str, span: str, *, tests: bool) -> Row:
    def compute() -> Row:
        return oracle.report(rows, campaign, AT, SPANS[span], include_tests=tests)

    return dict(once(rows, (campaign, span, tests), compute))


def assert_same(
    source: Source, rollup: Rollup | ReaderPage, rows: pd.DataFrame, cases: Cases
) -> None:
    """Compare every cell of every widget, the health, and all that is known by name."""
    campaign = str(rollup.campaign)
    for span, tests in cases:
        snapshot = rollup.snapshot(at=AT, window=SPANS[span], include_tests=tests)
        got = to_json(snapshot)
        got.pop("rejects", None)
        wanted = expected(rows, campaign, span, tests=tests)
        if not source.keeps_repeats:
            wanted["health"] = wanted["health"] | {"duplicates": 0}
        assert got["health"] == wanted["health"]
        assert list(got["widgets"]) == list(wanted["widgets"]), "TILES differ from oracle.WIDGETS"
        if not source.has_pairs:
            wanted["widgets"] = without_pairs(wanted["widgets"])
        if not source.keeps_columns:
            for report in (got, wanted):
                report["widgets"] = {
                    name: widget
                    for name, widget in report["widgets"].items()
                    if name not in BY_DETAIL
                }
        for name, widget in wanted["widgets"].items():
            assert got["widgets"][name] == widget, name
        assert got == wanted
        if source.keeps_columns:
            assert counted(snapshot) == once(
                rows,
                (campaign, span, tests, "counts"),
                partial(oracle.counts, rows, campaign, AT, SPANS[span], include_tests=tests),
            )
    assert by_name(rollup, snapshot) == once(
        rows,
        campaign,
        lambda: (
            oracle.message_names(rows, campaign),
            oracle.messages(rows, campaign),
            oracle.executions(rows, campaign),
            oracle.campaigns(rows),
        ),
    )
    assert not rollup.health.notes


def counted(snapshot: Snapshot) -> Row:
    """Return the numbers by detail and by message, as the oracle does."""
    tables: Row = {}
    for dimension in ("detail", "message_id"):
        table = snapshot.counts[dimension]
        columns = {count.column: table.column(count.column).tolist() for count in COUNTS}
        tables[dimension] = {
            (unpacked(value) if dimension == "detail" else value, channel): {
                name: column[row] for name, column in columns.items() if column[row]
            }
            for row, (value, channel) in enumerate(zip(table.values, table.channels, strict=True))
        }
    return tables


def by_name(rollup: Rollup | ReaderPage, snapshot: Snapshot) -> tuple[Any, ...]:
    """Return the campaign's messages and executions and all campaigns, as the oracle does."""
    messages = [
        (one.id, one.name, set(one.channels), one.events, one.newest_event)
        for one in snapshot.messages
    ]
    executions = [
        (one.id, one.events, one.oldest_event, one.newest_event) for one in snapshot.executions
    ]
    campaigns = [
        (one.id, one.name, one.events, one.oldest_event, one.newest_event)
        for one in rollup.campaigns()
    ]
    return dict(snapshot.message_names), messages, executions, campaigns


@every_stream
def test_a_first_read_equals_the_oracle(place: Place, source: Source, seed: int) -> None:
    rows = expressed(source, seed)
    address = source.new(place)(rows)
    for campaign, cases in zip(CAMPAIGNS, (CASES, CASES[::3]), strict=True):
        rollup = open_rollup(address, campaign)
        assert_same(source, rollup, meant(source, rows), cases)
        rollup.close()


@every_stream
def test_every_refresh_equals_the_oracle(place: Place, source: Source, seed: int) -> None:
    parts = files.split(expressed(source, seed), REFRESHES, seed)
    put = source.new(place)
    rollup, seen = new_rollup(put(parts[0]), CAMPAIGNS[seed % 2]), list(parts[0])
    rollup.refresh()
    for part in parts[1:]:
        put(part)
        seen += part
        assert rollup.refresh()
        assert not rollup.refresh()
        case = CASES[(len(seen) + seed) % len(CASES)]
        assert_same(source, rollup, meant(source, seen), [case])
    assert_same(source, rollup, meant(source, seen), CASES[1::3])
    rollup.close()


@every_stream
def test_a_rollup_for_one_window_equals_the_oracle(place: Place, source: Source, seed: int) -> None:
    """As the command line opens it: profiles are counted where the events are."""
    rows = expressed(source, seed)
    put = source.new(place)
    for part in files.split(rows, 2, seed):
        address = put(part)
    for number, span in enumerate(SPANS if seed > FIRST else ("24h", "all")):
        campaign = CAMPAIGNS[(number + seed) % 2]
        window = Window.ending(AT, SPANS[span])
        rollup = open_rollup(address, campaign, follow=False, window=window)
        cases = [(span, tests) for tests in (False, True)]
        assert_same(source, rollup, meant(source, rows), cases)
        rollup.close()


@pytest.mark.usefixtures("matrix")
@every_stream
def test_a_reader_equals_the_oracle(place: Place, source: Source, seed: int) -> None:
    """Each window, campaign and selection, at first and after more events have arrived."""
    rows = expressed(source, seed)
    parts, put = files.split(rows, 2, seed), source.new(place)
    address = put(parts[0])
    with running(address) as reader:
        pages = [ReaderPage(reader.feed(campaign=campaign)) for campaign in CAMPAIGNS]
        for page in pages:
            page.feed.refresh()
        assert_same(source, pages[0], meant(source, parts[0]), CASES[seed % 3 :: 3])
        put(parts[1])
        health = expected(meant(source, rows), CAMPAIGNS[0], "all", tests=False)["health"]
        for page in pages:
            page.await_rows(*(health[name] for name in ("events", "rejected", "ignored")))
        for page, cases in zip(pages, (CASES, CASES[::3]), strict=True):
            assert_same(source, page, meant(source, rows), cases)
        with closing(open_rollup(address, CAMPAIGNS[0])) as rollup:
            for selection in selections(pages[0]):
                snapshot = pages[0].snapshot(at=AT, window=SPANS["all"], selection=selection)
                chosen = {
                    "messages": selection.messages,
                    "executions": selection.executions,
                }
                wanted = oracle.counts(
                    meant(source, rows), CAMPAIGNS[0], AT, SPANS["all"], **chosen
                )
                assert counted(snapshot) == wanted or not source.keeps_columns
                reports = [
                    to_json(one.snapshot(at=AT, window=SPANS["all"], selection=selection))
                    for one in (pages[0], rollup)
                ]
                for report in reports:
                    report.pop("rejects", None)  # the first examples of those read at a time
                assert reports[0] == reports[1]


class ReaderPage:
    """A page of a reader, with the methods of a rollup."""

    def __init__(self, feed: SharedFeed) -> None:
        self.feed = feed

    @property
    def campaign(self) -> str | None:
        return self.feed.campaign

    @property
    def health(self) -> Health:
        return self.feed.snapshot(AT).health

    def campaigns(self) -> list[Campaign]:
        return self.feed.campaigns()

    def snapshot(
        self,
        *,
        at: datetime,
        window: timedelta,
        include_tests: bool = False,
        selection: Selection = ALL,
    ) -> Snapshot:
        query = Query(
            at=at,
            window=window,
            include_tests=include_tests,
            messages=tuple(selection.messages),
            executions=tuple(selection.executions),
        )
        self.feed.set_query(query)
        return self.feed.snapshot()

    def await_rows(self, *wanted: int) -> None:
        """Refresh until these are the events, rejected and ignored rows, or time is over.

        What is written in several commits is read in several refreshes; a database on a busy
        machine takes its time.
        """
        deadline = time.monotonic() + 300
        read: tuple[int, ...] = ()
        while read != wanted and time.monotonic() < deadline:
            with suppress(SourceError):
                self.feed.refresh()
            health = self.health
            read = (health.events, health.rejected, health.ignored)


def selections(page: ReaderPage) -> list[Selection]:
    messages, executions = map(sorted, page.feed.names())
    return [
        Selection(frozenset(messages[:2])),
        Selection(frozenset(), frozenset(executions[:1])),
        Selection(frozenset(messages[1:]), frozenset(executions[:3])),
        Selection(frozenset(["none"])),
    ]


@every_source
def test_a_source_contains_events_of_most_tiles(source: Source) -> None:
    """What is compared is there: many events, rejected ones and repeats, tests and bounces."""
    rows = meant(source, expressed(source, FIRST))
    report = expected(rows, "c1", "all", tests=True)
    counted = report["health"]
    assert counted["events"] > source.least
    is_push = source.fills.startswith("push")  # the bad rows are mail, and so are most repeats
    assert counted["rejected"] >= 2 or is_push
    assert counted["duplicates"] >= (5 if is_push else 10) or not source.keeps_repeats
    filled = {name for name, w in report["widgets"].items() if any(any(r[1:]) for r in w["rows"])}
    assert filled >= {name for name in oracle.WIDGETS if name.startswith(source.fills)}
    without = expected(rows, "c1", "all", tests=False)["widgets"]
    assert (report["widgets"] != without) is source.has_tests
    assert report["widgets"] != expected(rows, CAMPAIGNS[1], "all", tests=True)["widgets"]
