"""Domains and links of few profiles: the same ones as a count of the events by definition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zlib import crc32

import pandas as pd
import pytest

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.report import to_json
from campaign_live_widgets.snapshot import ALL, Selection, Window
from tests import oracle
from tests.support.events import files, generate
from tests.support.events.generate import AT, WINDOWS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from campaign_live_widgets.snapshot import Machines

CAMPAIGN = "c1"
SOME = Selection(frozenset({"email-1", "007"}))
LINKS = ("shop.example.com/a", "shop.example.com/b", "shop.example.com/c", "shop.example.com/d")


def events() -> list[dict[str, Any]]:
    """Return generated events: links and domains with many profiles, and with few."""
    rows = generate.events(41, 3000, faults=False)
    for row in rows:
        number = crc32(row["event_id"].encode())  # the same for all copies of an event
        row["url"] = None
        if row["event_type"] == "click":
            row["url"] = f"https://{LINKS[min(3, number % 9)]}?id={number}"
        if row["event_type"] == "open" and number % 3:
            row["domain"] = ("isp00.example", "isp01.example", "isp02.example")[number % 7 % 3]
    return rows


def counted(
    rows: Iterable[dict[str, Any]],
    window: str,
    *,
    tests: bool,
    machines: str,
    selection: Selection,
) -> list[dict[str, Any]]:
    """Return the opens and clicks that are counted."""
    span = Window.ending(AT, WINDOWS[window])
    good = [row for raw in rows if (row := oracle.event(raw)) is not None]
    return [
        row
        for row in {row["event_id"]: row for row in good}.values()
        if row["campaign_id"] == CAMPAIGN
        and span.start <= row["timestamp"] < span.end
        and row["event_type"] in ("open", "click")
        and (tests or row["is_test"] is not True)
        and (machines == "include" or (row["is_machine"] is True) == (machines == "only"))
        and (not selection.messages or row["message_id"] in selection.messages)
    ]


def few(profiles: dict[str, set[str]], fewest: int) -> set[str]:
    """Return what shares a row, one value after the other, as the definition has it."""
    order = sorted(profiles, key=lambda name: (len(profiles[name]), name))
    shared, people = set[str](), set[str]()
    for name in order:
        if len(profiles[name]) >= fewest and (not shared or len(people) >= fewest):
            break
        shared.add(name)
        people |= profiles[name]
    return shared


def folded(rows: list[dict[str, Any]], event_type: str, fewest: int) -> set[tuple[str, str]]:
    """Return channel and value of what shares a row."""
    profiles: dict[str, dict[str, set[str]]] = {}
    for row in rows:
        if row["event_type"] == event_type:
            link = str(row["url"]).removeprefix("https://").partition("?")[0]
            name = link if event_type == "click" else row["domain"] or "unknown"
            own = profiles.setdefault(row["channel"], {})
            own.setdefault(name, set()).add(row["profile_id"])
    return {(c, name) for c, own in profiles.items() for name in few(own, fewest)}


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return events()


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("form", ["ndjson", "parquet"])
@pytest.mark.parametrize("machines", ["include", "exclude", "only"])
def test_values_that_share_a_row_are_those_of_the_definition(
    tmp_path: Path, rows: list[dict[str, Any]], machines: Machines, form: str
) -> None:
    rollup = open_rollup(tmp_path, CAMPAIGN, small_cells=True)
    for number, part in enumerate(files.split(rows, 3, seed=41)):
        files.write(part, tmp_path / f"part-{number}.{form}")
        rollup.refresh()
    sizes = set()
    for window in ("2h", "7d", "30d"):
        for selection in (ALL, SOME):
            for tests in (False, True):
                of = counted(rows, window, tests=tests, machines=machines, selection=selection)
                for fewest in (1, 2, 3, 5, 10, 20, 30, 50):
                    snapshot = rollup.snapshot(
                        at=AT,
                        window=WINDOWS[window],
                        include_tests=tests,
                        machines=machines,
                        selection=selection,
                        small_cells=fewest,
                    )
                    assert snapshot.folded.domains == folded(of, "open", fewest)
                    assert snapshot.folded.links == folded(of, "click", fewest)
                    sizes.add((len(snapshot.folded.domains), len(snapshot.folded.links)))
    assert len(sizes) > 15, "the cases differ"


def test_a_rollup_of_one_window_folds_the_same(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    files.write(rows, tmp_path / "events.parquet")
    span = Window.ending(AT, WINDOWS["7d"])
    rollup = open_rollup(tmp_path, CAMPAIGN, window=span, follow=False, small_cells=True)
    of = counted(rows, "7d", tests=False, machines="include", selection=ALL)
    snapshot = rollup.snapshot(at=AT, window=span.length, small_cells=10)
    assert snapshot.folded.domains == folded(of, "open", 10)
    assert snapshot.folded.links == folded(of, "click", 10)


def test_the_table_of_domains_has_no_row_of_few_profiles(
    tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    files.write(rows, tmp_path / "events.ndjson")
    rollup = open_rollup(tmp_path, CAMPAIGN, small_cells=True)
    of = counted(rows, "30d", tests=False, machines="include", selection=ALL)
    plain = rollup.snapshot(at=AT, window=WINDOWS["30d"])
    snapshot = rollup.snapshot(at=AT, window=WINDOWS["30d"], small_cells=10)
    together = {name for channel, name in folded(of, "open", 10) if channel == "email"}
    assert together
    report = oracle.report(
        pd.DataFrame(rows, columns=list(oracle.COLUMNS), dtype=object).assign(
            domain=lambda frame: frame["domain"].map(
                lambda name: (
                    "other domains"
                    if (name or "unknown").lower().rpartition("@")[2] in together
                    else name
                )
            )
        ),
        CAMPAIGN,
        AT,
        WINDOWS["30d"],
    )
    wanted = report["widgets"]["email.recipient_domains"]["rows"]
    wanted.sort(key=lambda row: row[0] == "other domains")
    got = to_json(snapshot)["widgets"]["email.recipient_domains"]["rows"]
    assert got == wanted
    assert got[-1][0] == "other domains"
    assert got != to_json(plain)["widgets"]["email.recipient_domains"]["rows"]


def test_the_table_of_links_has_no_row_of_few_profiles(
    tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    files.write(rows, tmp_path / "events.ndjson")
    rollup = open_rollup(tmp_path, CAMPAIGN, small_cells=True)
    of = counted(rows, "30d", tests=False, machines="include", selection=ALL)
    clicks = [row for row in of if row["event_type"] == "click" and row["channel"] == "email"]
    links = [str(row["url"]).removeprefix("https://").partition("?")[0] for row in clicks]
    people = {
        link: {row["profile_id"] for row, own in zip(clicks, links, strict=True) if own == link}
        for link in links
    }
    fewest, together = next(
        (fewest, together)
        for fewest in range(2, 60)
        if 0 < len(together := few(people, fewest)) < len(people)
    )
    snapshot = rollup.snapshot(at=AT, window=WINDOWS["30d"], small_cells=fewest)
    tile = to_json(snapshot)["widgets"]["email.links"]
    by_link = {row[0]: dict(zip(tile["columns"], row, strict=True)) for row in tile["rows"]}
    assert set(by_link) == {*people.keys() - together, "others"}
    assert [*by_link][-1] == "others"
    for link, row in by_link.items():
        own = sum(one in together if link == "others" else one == link for one in links)
        assert row["clicks"] == own
    assert by_link["others"]["unique_people"] is None


def test_small_cells_need_a_rollup_that_keeps_profiles(
    tmp_path: Path, rows: list[dict[str, Any]]
) -> None:
    files.write(rows[:10], tmp_path / "events.ndjson")
    rollup = open_rollup(tmp_path, CAMPAIGN)
    with pytest.raises(UsageError, match="small cells cannot be folded"):
        rollup.snapshot(at=AT, window=WINDOWS["7d"], small_cells=10)


def test_a_database_cannot_fold_small_cells() -> None:
    with pytest.raises(UsageError, match="only be used with files and stores"):
        open_rollup("postgresql://localhost/mail?table=events", CAMPAIGN, small_cells=True)
