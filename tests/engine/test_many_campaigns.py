"""One rollup counts any number of campaigns, each as a separate rollup would."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.engine import FileRollup, base, open_rollup
from campaign_live_widgets.engine.duckdb import file_rollup, queries
from campaign_live_widgets.errors import UnknownNameError
from campaign_live_widgets.report import to_json
from campaign_live_widgets.store import Store
from tests.report.test_conformance import mapped
from tests.support.events import files, generate
from tests.support.events.generate import AT, WINDOWS
from tests.support.events.xdm_tables import wanted_of

if TYPE_CHECKING:
    from pathlib import Path

    from campaign_live_widgets.engine import Rollup

    Row = dict[str, Any]

pytestmark = pytest.mark.usefixtures("matrix")

CAMPAIGNS = ("c1", "c2")


def numbers(rollup: Rollup, campaign: str, *, window: str = "30d", at: Any = AT) -> Row:  # noqa: ANN401
    data = to_json(rollup.counts_of(campaign).snapshot(at=at, window=WINDOWS[window]))
    data["rejects"] = sorted(str(reject) for reject in data.get("rejects", []))
    return data


def write(rows: list[Row], folder: Path, kind: str) -> None:
    """Write events to a source of a kind: ``files`` or ``store``."""
    if kind == "store":
        with Store.open(folder) as store:
            store.append(rows)
    else:
        files.write(rows, folder / "events.parquet")


def assert_as_alone(rollup: Rollup, source: Path) -> None:
    """Compare each campaign with a rollup of it alone, also in the past."""
    rollup.refresh()
    for campaign in CAMPAIGNS:
        with closing(open_rollup(source, campaign)) as alone:
            assert numbers(rollup, campaign) == numbers(alone, campaign)
            past = AT - WINDOWS["24h"]
            assert numbers(rollup, campaign, at=past) == numbers(alone, campaign, at=past)
            assert rollup.counts_of(campaign).names() == alone.names()
            assert rollup.counts_of(campaign).oldest_event == alone.oldest_event
            assert rollup.counts_of(campaign).newest_event == alone.newest_event


@pytest.fixture
def no_recount(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail if a source is counted again from its start."""

    def fail(*_: object) -> None:
        pytest.fail("all was counted again")

    monkeypatch.setattr(FileRollup, "_recount", fail)


@pytest.mark.parametrize("campaign", CAMPAIGNS)
@pytest.mark.parametrize("form", files.FORMS)
def test_another_campaign_equals_the_oracle(tmp_path: Path, form: str, campaign: str) -> None:
    rows = generate.events(51, 400)
    for number, part in enumerate(files.split(rows, 3, seed=51)):
        files.write(part, tmp_path / f"{number}.{form}")
    with closing(open_rollup(tmp_path)) as rollup:
        for window, tests in (("24h", True), ("30d", False)):
            snapshot = rollup.counts_of(campaign).snapshot(
                at=AT, window=WINDOWS[window], include_tests=tests
            )
            wanted = wanted_of(mapped(rows), window, tests=tests, campaign=campaign)
            assert to_json(snapshot)["widgets"] == wanted["widgets"]


@pytest.mark.usefixtures("no_recount")
@pytest.mark.parametrize("form", files.FORMS)
def test_campaigns_that_are_held_are_counted_at_each_refresh(tmp_path: Path, form: str) -> None:
    rows = generate.events(52, 300, faults=form == "parquet")
    if form != "parquet":  # of text, rows that repeat another event have no lasting number
        rows = list({row["event_id"]: row for row in rows}.values())
    parts = files.split(rows, 4, seed=52)
    files.write(parts[0], tmp_path / f"0.{form}")
    with closing(open_rollup(tmp_path)) as rollup:
        for number, part in enumerate(parts[1:], start=1):
            files.write(part, tmp_path / f"{number}.{form}")
            assert_as_alone(rollup, tmp_path)


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_a_campaign_of_files_that_grow_is_counted_to_where_they_were_read(
    tmp_path: Path, form: str
) -> None:
    rows = generate.events(53, 300)
    text = files.csv_text if form == "csv" else files.ndjson_text
    for size in (100, 200, 300):
        (tmp_path / f"events.{form}").write_text(text(rows[:size]))
        with closing(open_rollup(tmp_path)) as rollup:
            with (tmp_path / f"events.{form}").open("a") as stream:
                stream.write(text(rows[size:]).partition("\n")[2] if form == "csv" else "")
            assert_as_alone(rollup, tmp_path)


def test_another_campaign_of_a_file_replaced_meanwhile_is_that_of_the_new_file(
    tmp_path: Path,
) -> None:
    rows = generate.events(54, 400)
    file = files.write(rows[:300], tmp_path / "events.parquet")
    files.write(rows[300:], tmp_path / "others.parquet")
    with closing(open_rollup(tmp_path, "c1")) as rollup:
        before = rollup.health.events
        files.write(rows[:150], file)
        counts = rollup.counts_of("c2")
        with closing(open_rollup(tmp_path, "c2")) as alone:
            wanted = to_json(alone.snapshot(at=AT, window=WINDOWS["30d"]))
            data = to_json(counts.snapshot(at=AT, window=WINDOWS["30d"]))
            assert data["widgets"] == wanted["widgets"]
            assert rollup.health.gone == before - alone.health.events > 0


def test_a_store_counts_several_campaigns(tmp_path: Path) -> None:
    rows = generate.events(55, 400, faults=False)
    with Store.open(tmp_path / "store") as store:
        store.append(rows[:200])
        with closing(open_rollup(tmp_path / "store")) as rollup:
            assert_as_alone(rollup, tmp_path / "store")
            store.append(rows[200:])
            assert_as_alone(rollup, tmp_path / "store")


def test_a_file_of_a_store_that_is_damaged_counts_as_lost_once_its_campaign_is_read(
    tmp_path: Path,
) -> None:
    with Store.open(tmp_path) as store:
        store.append(generate.events(56, 300, faults=False))
    with closing(open_rollup(tmp_path, "c1")) as rollup:
        assert not rollup.health.missing
        file = max(tmp_path.glob("events/*c2*/*/*.parquet"), key=lambda path: path.stat().st_size)
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
        assert_as_alone(rollup, tmp_path)
        assert rollup.health.missing


def test_an_unknown_campaign_has_no_counts_and_is_not_accepted(tmp_path: Path) -> None:
    files.write(generate.events(57, 50, faults=False), tmp_path / "events.csv")
    with closing(open_rollup(tmp_path)) as rollup:
        assert rollup.counts_of("c9").names() == (frozenset(), frozenset())
        with pytest.raises(UnknownNameError):
            rollup.counts_of("c9").require_campaign()


@pytest.mark.parametrize("kind", ["files", "store"])
def test_campaigns_that_no_one_asks_for_are_dropped_and_counted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(base, "_HELD", 1)
    monkeypatch.setattr(base, "_LATELY", 0.0)
    write(generate.events(58, 300, faults=False), tmp_path, kind)
    with closing(open_rollup(tmp_path, "c1")) as rollup:
        rollup.counts_of("c2")
        rollup.counts_of("c9")
        assert [rollup.holds(c) for c in ("c1", "c2", "c9")] == [True, False, True]
        assert_as_alone(rollup, tmp_path)


@pytest.mark.parametrize("kind", ["files", "store"])
def test_the_newest_campaigns_are_counted_ahead_of_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    write(generate.events(61, 300, faults=False), tmp_path, kind)
    with closing(open_rollup(tmp_path, "c1")) as rollup:
        known = {campaign.id for campaign in rollup.campaigns()}
        assert [rollup.count_ahead() for _ in known] == [True] * (len(known) - 1) + [False]
        assert all(map(rollup.holds, known))
        assert_as_alone(rollup, tmp_path)
    monkeypatch.setattr(base, "_AHEAD_BYTES", 1)
    with closing(open_rollup(tmp_path, "c1")) as rollup:
        assert not rollup.count_ahead()


def test_a_rollup_that_does_not_follow_its_source_counts_one_campaign(tmp_path: Path) -> None:
    files.write(generate.events(59, 50, faults=False), tmp_path / "events.csv")
    with (
        closing(open_rollup(tmp_path, "c1", follow=False)) as rollup,
        pytest.raises(ValueError, match="follows"),
    ):
        rollup.counts_of("c2")


def test_a_view_has_the_campaigns_that_were_held(tmp_path: Path) -> None:
    rows = generate.events(60, 200, faults=False)
    files.write(rows, tmp_path / "events.csv")
    with closing(open_rollup(tmp_path, "c1")) as rollup:
        rollup.counts_of("c2")
        view, wanted = rollup.view(), numbers(rollup, "c2")
        (tmp_path / "events.csv").unlink()
        files.write(rows[:100], tmp_path / "other.csv")
        rollup.refresh()
        assert numbers(view, "c2") == wanted != numbers(rollup, "c2")
        with pytest.raises(ValueError, match="follows"):
            view.counts_of("c3")


@pytest.mark.parametrize("form", ["csv", "ndjson.gz"])
def test_the_newest_campaigns_of_text_are_counted_at_the_first_refresh(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(file_rollup, "AHEAD", 2)
    files.write(generate.events(62, 300, faults=False), tmp_path / f"events.{form}")
    with closing(open_rollup(tmp_path)) as rollup:
        newest = [campaign.id for campaign in rollup.campaigns()]
        assert [rollup.holds(campaign) for campaign in newest] == [True, True, False]
        assert_as_alone(rollup, tmp_path)
    with closing(open_rollup(tmp_path, newest[-1])) as rollup:
        assert all(map(rollup.holds, newest))
    monkeypatch.setattr(file_rollup, "_TEXT_AHEAD", 1)
    with closing(open_rollup(tmp_path)) as rollup:
        assert not rollup.count_ahead()


def test_memory_is_given_back_after_much_was_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_rollup, "MUCH", 1)
    monkeypatch.setattr(queries, "SMALL", 1)
    files.write(generate.events(63, 300, faults=False), tmp_path / "events.parquet")
    with closing(open_rollup(tmp_path, "c1")) as rollup:
        assert isinstance(rollup, FileRollup)
        con = rollup._con
        limit = con.execute("SELECT current_setting('memory_limit')").fetchone()
        assert con.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (1,)
        assert not rollup.refresh()
        assert con.execute("SELECT count(*) FROM duckdb_tables()").fetchone() == (0,)
        assert con.execute("SELECT current_setting('memory_limit')").fetchone() == limit
        assert_as_alone(rollup, tmp_path)
