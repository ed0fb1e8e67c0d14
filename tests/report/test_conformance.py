"""Every widget equals a second, independent computation, however files of events are made."""

from __future__ import annotations

import random
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.report import frame, to_json
from campaign_live_widgets.snapshot import Window
from campaign_live_widgets.sources.files import chunks
from tests import oracle, oracle_analysis
from tests.oracle_xdm import xdm_to_canonical
from tests.support.events import files, generate, generate_xdm
from tests.support.events.generate import AT, WINDOWS
from tests.support.events.xdm_tables import wanted_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign_live_widgets.snapshot import Snapshot

    Row = dict[str, Any]

CAMPAIGN = "c1"
CASES = [("24h", True), ("30d", False)]
EVERY_CASE = [(window, tests) for window in WINDOWS for tests in (False, True)]
DTYPES = {
    "text": {"object"},
    "time": {"datetime64[us, UTC]"},
    "count": {"int64"},
    "unique": {"int64", "float64"},
    "ratio": {"float64"},
    "number": {"float64"},
}


@cache
def canonical() -> list[Row]:
    return generate.events(1)


@cache
def xdm() -> list[Row]:
    return generate_xdm.rows(2)


@cache
def minimal() -> list[Row]:
    return generate.simple(3)


def flat_xdm(casing: str = "lower") -> list[Row]:
    return [files.flattened(row) for row in recased_xdm(casing)]


def recased_xdm(casing: str) -> list[Row]:
    return [files.recased(row, files.CASINGS[casing]) for row in xdm()]


def mapped(rows: list[Row]) -> tuple[pd.DataFrame, int, int]:
    """Return rows, whatever their form, as the oracle's events, ignored and rejected."""
    own = [row for row in rows if "_id" not in row]
    ours = pd.DataFrame(own, columns=list(oracle.COLUMNS), dtype=object)
    events, ignored, rejected = xdm_to_canonical([row for row in rows if "_id" in row])
    return pd.concat([ours, events], ignore_index=True), ignored, rejected


def expected(
    rows: list[Row] | Callable[[], list[Row]],
    window: str,
    *,
    tests: bool,
    campaign: str = CAMPAIGN,
) -> Row:
    expected_rows = once_mapped(rows) if callable(rows) else mapped(rows)
    return wanted_of(expected_rows, window, tests=tests, campaign=campaign)


@cache
def once_expected(rows: Callable[[], list[Row]], window: str, *, tests: bool) -> Row:
    return expected(rows, window, tests=tests)


@cache
def once_mapped(rows: Callable[[], list[Row]]) -> tuple[pd.DataFrame, int, int]:
    return mapped(rows())


def plain(value: object) -> object:
    """Return a cell of a frame as JSON has it."""
    if isinstance(value, pd.Timestamp):
        return oracle.text(value.to_pydatetime())
    return None if isinstance(value, float) and pd.isna(value) else value


def assert_same(snapshot: Snapshot, wanted: Row) -> None:
    """Compare the report as JSON with the oracle's."""
    got = to_json(snapshot)
    got.pop("rejects", None)
    for name, widget in wanted["widgets"].items():
        assert got["widgets"][name] == widget, name
    assert got == wanted


def assert_same_frames(snapshot: Snapshot, wanted: Row) -> None:
    """Compare every frame, its types too, with the oracle's."""
    for name, widget in wanted["widgets"].items():
        table = frame(TILES[name], snapshot)
        assert list(table.columns) == widget["columns"], name
        cells = [[plain(cell) for cell in row] for row in table.itertuples(index=False)]
        assert cells == widget["rows"], name
        kinds = {column: str(kind) for column, kind in table.dtypes.items()}
        for column in TILES[name].typed:
            assert kinds.pop(column.id) in DTYPES[column.kind], (name, column)
        assert set(kinds.values()) <= {"float64"}, name
        if "bucket" in table:
            assert str(table["bucket"].dtype) == "datetime64[us, UTC]"


def assert_conforms(
    source: Path | str,
    rows: Callable[[], list[Row]],
    cases: list[tuple[str, bool]] | None = None,
) -> None:
    rollup = open_rollup(str(source), campaign=CAMPAIGN)
    rollup.refresh()
    for window, tests in cases or CASES:
        snapshot = rollup.snapshot(at=AT, window=WINDOWS[window], include_tests=tests)
        wanted = once_expected(rows, window, tests=tests)
        assert_same(snapshot, wanted)
        if cases is EVERY_CASE:
            assert_same_frames(snapshot, wanted)


def test_the_generated_events_cover_every_kind_of_row() -> None:
    everything = once_expected(canonical, "30d", tests=True)
    health, widgets = everything["health"], everything["widgets"]
    assert health["duplicates"] > 50
    assert health["rejected"] == len(generate.BROKEN) + 1
    assert len(widgets["email.recipient_domains"]["rows"]) == 10
    opens = [row[1] for row in widgets["email.recipient_domains"]["rows"]]
    assert len(set(opens)) < len(opens), "ties"
    assert any(
        row[2] < 0 for row in widgets["email.recipient_domains"]["rows"] + rows_of_window("24h")
    )
    assert all(any(map(any, (row[1:] for row in widgets[w]["rows"]))) for w in oracle.WIDGETS)
    vendor = once_expected(xdm, "30d", tests=True)
    assert vendor["health"]["ignored"] > 10
    assert vendor["health"]["rejected"] == 7
    widgets = vendor["widgets"]
    assert all(any(map(any, (row[1:] for row in widgets[w]["rows"]))) for w in oracle.WIDGETS)


def rows_of_window(window: str) -> list[list[Any]]:
    return once_expected(canonical, window, tests=True)["widgets"]["email.summary"]["rows"]


def test_the_catalogue_has_exactly_the_widgets_of_the_contract() -> None:
    assert list(TILES) == [*oracle.WIDGETS, *oracle_analysis.TITLES]
    for name, titles in oracle_analysis.TITLES.items():
        assert (TILES[name].title("en"), TILES[name].title("fr")) == titles
    for name, widget in oracle.WIDGETS.items():
        assert (TILES[name].title("en"), TILES[name].title("fr")) == (widget.en, widget.fr)


@pytest.mark.parametrize("rows", [canonical, xdm, minimal])
def test_every_window_equals_the_oracle_with_and_without_tests(
    tmp_path: Path, rows: Callable[[], list[Row]]
) -> None:
    files.write(rows(), tmp_path / "events.parquet")
    assert_conforms(tmp_path, rows, EVERY_CASE)


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("rows", [canonical, xdm])
def test_a_rollup_for_one_window_read_in_passes_equals_the_oracle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: Callable[[], list[Row]]
) -> None:
    """As the command line opens a source that is large."""
    for number, part in enumerate(files.split(rows(), 3, seed=15)):
        files.write(part, tmp_path / f"part-{number}.ndjson")
    monkeypatch.setattr(chunks, "_CHUNK_BYTES", 1)
    for window, tests in EVERY_CASE[::3]:
        span = Window.ending(AT, WINDOWS[window])
        rollup = open_rollup(str(tmp_path), campaign=CAMPAIGN, follow=False, window=span)
        snapshot = rollup.snapshot(at=AT, window=WINDOWS[window], include_tests=tests)
        rollup.close()
        assert_same(snapshot, once_expected(rows, window, tests=tests))


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("form", files.FORMS)
def test_required_columns_alone_give_a_report_in_every_form(tmp_path: Path, form: str) -> None:
    assert_conforms(files.write(minimal(), tmp_path / f"events.{form}"), minimal)


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("form", [form for form in files.FORMS if "csv" not in form])
def test_nested_xdm_equals_the_oracle_in_every_form(tmp_path: Path, form: str) -> None:
    assert_conforms(files.write(xdm(), tmp_path / f"export.{form}"), xdm)


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("form", files.FORMS)
def test_flattened_xdm_equals_the_oracle_in_every_form(tmp_path: Path, form: str) -> None:
    assert_conforms(files.write(flat_xdm(), tmp_path / f"query.{form}"), xdm)


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize(
    ("form", "casing"),
    [("parquet", "lower"), ("parquet", "camel"), *(("ndjson", c) for c in files.CASINGS)],
)
def test_nested_xdm_is_recognised_in_any_letter_case(
    tmp_path: Path, form: str, casing: str
) -> None:
    files.write(recased_xdm(casing), tmp_path / f"export.{form}")
    assert_conforms(tmp_path, xdm, CASES[1:])


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("form", ["ndjson", "ndjson.gz", "ndjson.zst"])
def test_field_names_may_change_case_from_row_to_row(tmp_path: Path, form: str) -> None:
    rng = random.Random(4)  # noqa: S311 - test data
    styles = list(files.CASINGS.values())
    files.write([files.recased(row, rng.choice(styles)) for row in xdm()], tmp_path / f"x.{form}")
    assert_conforms(tmp_path, xdm, CASES[1:])


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("name", ["exports.json.gz", "events.jsonl", "part-0001.gz.parquet"])
def test_exports_are_recognised_by_other_usual_file_names(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith("parquet"):
        files.write(xdm(), path)
    else:
        form = "ndjson.gz" if name.endswith("gz") else "ndjson"
        files.write(xdm(), tmp_path / f"x.{form}").rename(path)
    assert_conforms(path, xdm, CASES[:1])


def test_a_prefix_selects_the_format(tmp_path: Path) -> None:
    files.write(flat_xdm("schema"), tmp_path / "export.csv")
    assert_conforms(f"ajo:{tmp_path}", xdm, CASES[:1])


@pytest.mark.usefixtures("matrix")
def test_xdm_files_of_all_forms_can_share_a_folder(tmp_path: Path) -> None:
    for number, part in enumerate(files.split(xdm(), 10, seed=6)):
        form = files.FORMS[number % len(files.FORMS)]
        flat = [files.flattened(row) for row in part] if "csv" in form else part
        day = tmp_path / f"day={number % 3}"
        day.mkdir(exist_ok=True)
        files.write(flat, day / f"part-{number}.{form}")
    assert_conforms(tmp_path, xdm)


def test_canonical_and_xdm_files_can_share_a_folder(tmp_path: Path) -> None:
    files.write(canonical(), tmp_path / "own.csv")
    files.write(xdm(), tmp_path / "export.ndjson")
    files.write(flat_xdm(), tmp_path / "query.parquet")
    rollup = open_rollup(str(tmp_path), campaign=CAMPAIGN)
    rollup.refresh()
    wanted = expected(canonical() + xdm() + xdm(), "7d", tests=False)
    assert_same(rollup.snapshot(at=AT, window=WINDOWS["7d"]), wanted)


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("seed", [7, 8])
def test_xdm_files_that_arrive_in_any_order_equal_the_oracle_at_each_refresh(
    tmp_path: Path, seed: int
) -> None:
    parts = files.split(xdm(), 8, seed)
    seen: list[Row] = []
    rollup = None
    for number, part in enumerate(parts):
        form = files.FORMS[(number + seed) % len(files.FORMS)]
        flat = [files.flattened(row) for row in part] if "csv" in form else part
        files.write(flat, tmp_path / f"tick-{number}.{form}")
        seen += part
        if rollup is None:
            rollup = open_rollup(str(tmp_path), campaign=CAMPAIGN, follow=True)
        rollup.refresh()
        window = list(WINDOWS)[number % len(WINDOWS)]
        wanted = expected(seen, window, tests=False)
        assert_same(rollup.snapshot(at=AT, window=WINDOWS[window]), wanted)
    for window, tests in CASES:
        snapshot = rollup.snapshot(at=AT, window=WINDOWS[window], include_tests=tests)
        assert_same(snapshot, once_expected(xdm, window, tests=tests))


@pytest.mark.parametrize("form", ["ndjson", "csv"])
def test_a_file_that_grows_is_counted_once(tmp_path: Path, form: str) -> None:
    rows = generate.events(9, 200)
    text = (files.csv_text(rows) if form == "csv" else files.ndjson_text(rows)).encode()
    cuts = sorted(random.Random(9).sample(range(3000, len(text)), 4))  # noqa: S311 - test data
    path = tmp_path / f"growing.{form}"
    path.write_bytes(text[: cuts[0]])
    rollup = open_rollup(str(tmp_path), campaign=CAMPAIGN, follow=True)
    rollup.refresh()
    for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True):
        with path.open("ab") as file:
            file.write(text[start:end])
        rollup.refresh()
    for window in ("24h", "30d"):
        snapshot = rollup.snapshot(at=AT, window=WINDOWS[window])
        assert_same(snapshot, expected(rows, window, tests=False))


def test_rejected_rows_are_reported_with_their_place_and_cause(tmp_path: Path) -> None:
    rows = generate.events(10, 20, faults=False)
    rows[3] |= {"channel": "fax"}
    rows[5] |= {"timestamp": "yesterday"}
    lines = files.ndjson_text(rows).splitlines()
    lines[7] = lines[7][:40]
    (tmp_path / "events.ndjson").write_text("\n".join(lines) + "\n", encoding="utf-8")
    rollup = open_rollup(str(tmp_path), campaign=CAMPAIGN)
    rollup.refresh()
    health = rollup.snapshot(at=AT, window=WINDOWS["24h"]).health
    assert health.rejected == 3
    places = {reject.row: reject for reject in health.rejects}
    assert set(places) == {4, 6, 8}
    assert all(reject.file.endswith("events.ndjson") for reject in health.rejects)
    assert "channel" in places[4].cause
    assert "timestamp" in places[6].cause


@pytest.mark.parametrize("form", ["parquet", "csv", "ndjson"])
def test_a_required_value_of_spaces_alone_is_missing(tmp_path: Path, form: str) -> None:
    rows = generate.simple(14, 30)
    for number, name in enumerate(("event_id", "campaign_id", "message_id", "profile_id")):
        rows[number * 2] = dict(rows[number * 2]) | {name: "   "}
    rollup = open_rollup(str(files.write(rows, tmp_path / f"e.{form}")), campaign=CAMPAIGN)
    assert rollup.snapshot(at=AT, window=WINDOWS["24h"]).health.rejected == 4
