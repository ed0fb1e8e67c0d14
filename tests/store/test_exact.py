"""The report of a store equals that of the ingested files, cell by cell."""

from __future__ import annotations

import json
import random
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaign_live_widgets.engine import new_rollup, open_rollup
from campaign_live_widgets.report import to_json
from campaign_live_widgets.snapshot import Snapshot, Window
from campaign_live_widgets.store import Store
from tests import oracle
from tests.oracle_xdm import xdm_to_canonical
from tests.support.events import files, generate, generate_xdm
from tests.support.events.generate import AT, WINDOWS

Row = dict[str, Any]

CAMPAIGNS = ("c1", "c2", 'c"3", =1+1')
ROWS = generate.events(31, 400)
SOUND = pd.DataFrame(ROWS, columns=list(oracle.COLUMNS), dtype=object)


def wanted(window: str, *, tests: bool = False, campaign: str = "c1", **counts: int) -> Row:
    """Return the oracle's report of a store, which has no duplicates."""
    report = oracle.report(SOUND, campaign, AT, WINDOWS[window], include_tests=tests)
    report["health"] |= {"duplicates": 0} | counts
    return report


def as_json(snapshot: Snapshot) -> Row:
    report = to_json(snapshot)
    report.pop("rejects", None)
    return report


def one_shot(source: Path, window: str, *, tests: bool = False, campaign: str = "c1") -> Row:
    """Return the report as the command does: for one window."""
    span = Window.ending(AT, WINDOWS[window])
    rollup = open_rollup(source, campaign, follow=False, window=span)
    snapshot = rollup.snapshot(at=AT, window=WINDOWS[window], include_tests=tests)
    rollup.close()
    return as_json(snapshot)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("store")
    source = folder / "source"
    source.mkdir()
    for number, part in enumerate(files.split(ROWS, 7, seed=31)):
        files.write(part, source / f"part-{number}.{files.FORMS[number]}")
    with Store.open(folder / "store") as store:
        store.ingest(source)
    return folder / "store"


def test_names_and_campaigns_of_a_store_equal_those_of_its_source(store: Path) -> None:
    span = Window.ending(AT, WINDOWS["2h"])
    answers = []
    for source in (store, store.parent / "source"):
        rollup = open_rollup(source, "c1", follow=False, window=span)
        one = rollup.snapshot(at=AT, window=WINDOWS["2h"])
        answers.append((one.message_names, one.messages, one.executions, rollup.campaigns()))
        answers[-1] += (rollup.newest_event, rollup.oldest_event, rollup.names())
        rollup.close()
    assert answers[0] == answers[1]
    assert len(answers[0][3]) == len(CAMPAIGNS)


def test_newest_campaign_is_the_default(store: Path) -> None:
    ours, raw = open_rollup(store), open_rollup(store.parent / "source")
    assert ours.campaign == raw.campaign is not None


def test_rejected_rows_are_stored_with_file_line_and_cause(store: Path) -> None:
    stored = open_rollup(store, "c1").health
    raw = open_rollup(store.parent / "source", "c1", follow=False).health
    assert stored.rejected == raw.rejected > 0
    assert {(r.file, r.row, r.cause) for r in stored.rejects} == {
        (r.file, r.row, r.cause) for r in raw.rejects
    }
    lines = [
        json.loads(line)
        for path in (store / "_rejects").iterdir()
        for line in path.read_text().splitlines()
    ]
    assert len(lines) == stored.rejected


def test_files_of_other_campaigns_are_not_read(store: Path) -> None:
    """Damaged files of other campaigns do not matter."""
    spoiled = [p for p in store.rglob("*.parquet") if "campaign=c1-" not in str(p)]
    assert spoiled
    contents = {path: path.read_bytes() for path in spoiled}
    try:
        for path in spoiled:
            path.write_bytes(b"\0" * len(contents[path]))
        assert one_shot(store, "24h") == wanted("24h")
    finally:
        for path, content in contents.items():
            path.write_bytes(content)


def test_files_are_readable_by_other_tools(store: Path) -> None:
    import pyarrow.dataset as ds  # noqa: PLC0415

    table = ds.dataset(store / "events", format="parquet", partitioning="hive").to_table()
    good = {e["event_id"]: e for row in ROWS if (e := oracle.event(row))}
    assert table.num_rows == len(good)
    assert str(table.schema.field("timestamp").type) == "timestamp[us, tz=UTC]"
    columns = list(oracle.COLUMNS)
    stored = {row["event_id"]: row for row in table.select(columns).to_pylist()}
    for key, event in good.items():
        first = next(r for r in map(oracle.event, ROWS) if r and r["event_id"] == key)
        assert stored[key] == {name: first[name] for name in columns}, event
    for row in table.select(["timestamp", "day"]).to_pylist():
        assert f"{row['timestamp']:%Y-%m-%d}" == row["day"]


def test_ingested_vendor_file_gives_the_report_of_the_oracle(tmp_path: Path) -> None:
    rows = generate_xdm.rows(32, 300)
    files.write(rows, tmp_path / "export.ndjson.gz")
    with Store.open(tmp_path / "store") as store:
        result = store.ingest(f"ajo:{tmp_path}/export.ndjson.gz")
    events, ignored, rejected = xdm_to_canonical(rows)
    report = oracle.report(events, "c1", AT, WINDOWS["24h"], ignored=ignored, rejected=rejected)
    assert result.duplicates == report["health"]["duplicates"]
    report["health"]["duplicates"] = 0
    assert one_shot(tmp_path / "store", "24h") == report


@pytest.mark.usefixtures("matrix")
def test_first_of_two_different_rows_with_one_id_is_stored(tmp_path: Path) -> None:
    """Of rows with one id and different values, the first in the order of file names counts."""
    rng = random.Random(33)  # noqa: S311 - test data
    ids = [f"e{rng.randrange(40)}" for _ in range(400)]
    rows = [generate.event(rng, n) | {"event_id": key} for n, key in enumerate(ids)]
    for number, part in enumerate(files.split(rows, 6, seed=33)):
        files.write(part, tmp_path / f"part-{number}.{files.FORMS[number]}")
    source = f"{tmp_path}/part-*"
    with Store.open(tmp_path / "store") as store:
        store.ingest(source)
    for window in WINDOWS:
        raw = one_shot(Path(source), window)
        raw["health"]["duplicates"] = 0
        assert one_shot(tmp_path / "store", window) == raw


few = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.mark.usefixtures("matrix")
@few
@given(
    st.integers(0, 2**16),
    st.lists(
        st.tuples(st.integers(1, 4), st.sampled_from(files.FORMS), st.booleans()),
        min_size=1,
        max_size=4,
    ),
)
def test_any_split_order_and_repetition_gives_the_report_of_the_oracle(
    seed: int, sends: list[tuple[int, str, bool]]
) -> None:
    """All events are sent again, split differently; a following rollup sees every step."""
    rows = [row for row in ROWS if oracle.event(row)][::3]
    rows += [{**generate.event(random.Random(seed), 9000), "campaign_id": "c1"}]  # noqa: S311
    with TemporaryDirectory() as name:
        folder = Path(name)
        store = Store.open(folder / "store")
        rollup = new_rollup(folder / "store", "c1")
        for number, (count, form, shuffled) in enumerate(sends):
            mixed = list(rows)
            if shuffled:
                random.Random(seed + number).shuffle(mixed)  # noqa: S311
            source = folder / f"send-{number}"
            source.mkdir()
            for place, part in enumerate(files.split(mixed, count, seed + number)):
                files.write(part, source / f"{place}.{form}")
                store.ingest(source)
                rollup.refresh()
        store.close()
        frame = pd.DataFrame(rows, columns=list(oracle.COLUMNS), dtype=object)
        for window in ("2h", "7d"):
            report = oracle.report(frame, "c1", AT, WINDOWS[window])
            report["health"]["duplicates"] = 0
            assert as_json(rollup.snapshot(at=AT, window=WINDOWS[window])) == report
            assert one_shot(folder / "store", window) == report
        rollup.close()
