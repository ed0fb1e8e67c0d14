"""Every widget over a vendor's events equals the oracle, however the events are written."""

from __future__ import annotations

import gzip
import json
import random
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pytest
import zstandard

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.report import to_json
from tests import oracle
from tests.support.channels.words import WORDS
from tests.support.events import files
from tests.support.events.generate import AT, WINDOWS
from tests.support.events.staged import staged
from tests.support.vendors import generate_vendors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign_live_widgets.engine import Rollup
    from tests.support.vendors.generate_vendors import Made

    Row = dict[str, Any]

CASES: Final = [("24h", True), ("30d", False)]


def text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def ndjson(rows: list[Any]) -> str:
    return "".join(text(row) + "\n" for row in rows)


def lines_of_arrays(rows: list[Any]) -> str:
    """Return one array a line, as a log of what was posted holds them; one is of none."""
    rng = random.Random(1)  # noqa: S311 - test data
    out = []
    while rows:
        count = rng.randrange(1, 9)
        out.append(text(rows[:count]))
        rows = rows[count:]
    return "\n".join([*out[:3], "[]", *out[3:]]) + "\n"


FORMS: Final[dict[str, Callable[[list[Any]], str]]] = {
    "posted.json": text,
    "pretty.json": lambda rows: json.dumps(rows, indent=2),
    "array a line.json": lambda rows: "[\n" + ",\n".join(map(text, rows)) + "\n]\n",
    "events.ndjson": ndjson,
    "log.jsonl": lines_of_arrays,
    "together.json": lambda rows: "".join(map(text, rows)),
}
EMPTY: Final = {"log.jsonl": 1}
"""Lists of none that a form has; each is a row that carries no event."""


@cache
def made(vendor: str) -> list[Made]:
    return generate_vendors.rows(vendor, seed=len(vendor))


@cache
def expected(vendor: str, window: str, *, tests: bool, empty: int = 0) -> Row:
    return report_of(made(vendor), window, tests=tests, empty=empty)


def report_of(rows: list[Made], window: str, *, tests: bool, empty: int = 0) -> Row:
    canonical = [event for row in rows for event in row.events or ()]
    return oracle.report(
        pd.DataFrame(canonical, columns=list(oracle.COLUMNS), dtype=object),
        "c1",
        AT,
        WINDOWS[window],
        include_tests=tests,
        ignored=sum(row.events == [] for row in rows) + empty,
        rejected=sum(row.events is None for row in rows),
    )


def assert_same(rollup: Rollup, window: str, wanted: Row, *, tests: bool) -> None:
    got = to_json(rollup.snapshot(at=AT, window=WINDOWS[window], include_tests=tests))
    got.pop("rejects", None)
    assert got["health"] == wanted["health"]
    for name, widget in wanted["widgets"].items():
        assert got["widgets"][name] == widget, name
    assert got == wanted


@pytest.mark.parametrize("vendor", generate_vendors.VENDORS)
@pytest.mark.parametrize("form", FORMS)
def test_every_file_form_gives_the_report_of_the_oracle(
    tmp_path: Path, vendor: str, form: str
) -> None:
    (tmp_path / form).write_text(FORMS[form]([row.raw for row in made(vendor)]), encoding="utf-8")
    rollup = open_rollup(tmp_path, "c1")
    for window, tests in CASES:
        wanted = expected(vendor, window, tests=tests, empty=EMPTY.get(form, 0))
        assert_same(rollup, window, wanted, tests=tests)


@pytest.mark.parametrize("vendor", generate_vendors.VENDORS)
def test_every_column_of_every_event_is_as_it_was_made(tmp_path: Path, vendor: str) -> None:
    """Also what no tile counts. Ids and names of channels are the package's own."""
    (tmp_path / "a.ndjson").write_text(ndjson([row.raw for row in made(vendor)]), "utf-8")
    columns = [name for name in oracle.COLUMNS if name not in ("event_id", "timestamp")]
    got = [
        (row["us"], *(row[name] for name in columns))
        for row in staged(tmp_path)
        if row["cause"] is None and row["part"]
    ]
    wanted = [
        (round(event["timestamp"].timestamp() * 1e6), *(event.get(name) for name in columns))
        for row in made(vendor)
        for event in row.events or ()
    ]
    assert sorted(got, key=repr) == sorted(wanted, key=repr)


@pytest.mark.parametrize("vendor", generate_vendors.VENDORS)
def test_the_generated_events_cover_every_kind_of_row(vendor: str) -> None:
    wanted = expected(vendor, "30d", tests=True)
    assert wanted["health"]["ignored"] > 5 or vendor == "mailjet"  # each of its events is one
    assert wanted["health"]["duplicates"] >= 50
    assert wanted["health"]["rejected"] >= 4
    of_email = {n: w["rows"] for n, w in wanted["widgets"].items() if n.startswith("email.")}
    empty = [n for n, rows in of_email.items() if not any(any(row[1:]) for row in rows)]
    assert empty == [] or vendor != "sendgrid"
    assert len(of_email["email.bounce_reasons"]) > 5 or vendor in WORDS


@pytest.mark.parametrize("vendor", generate_vendors.VENDORS)
@pytest.mark.parametrize("compression", ["gz", "zst"])
@pytest.mark.parametrize("form", ["pretty.json", "log.jsonl"])
def test_compressed_files_give_the_report_of_the_oracle(
    tmp_path: Path, vendor: str, form: str, compression: str
) -> None:
    raw = FORMS[form]([row.raw for row in made(vendor)]).encode()
    packed = gzip.compress(raw) if compression == "gz" else zstandard.compress(raw)
    (tmp_path / f"{form}.{compression}").write_bytes(packed)
    rollup = open_rollup(tmp_path, "c1", follow=False)
    wanted = expected(vendor, "24h", tests=False, empty=EMPTY.get(form, 0))
    assert_same(rollup, "24h", wanted, tests=False)


def flat(raw: Row) -> Row:
    """Return a row as a table holds it: dotted names, lists as JSON."""
    event = raw.get("msys") or {"": raw}
    inner = next(iter(event.values()), {})
    cells = files.flattened(inner.get("results", [inner])[0])
    return {n: text(v) if isinstance(v, list) else v for n, v in cells.items()}


@pytest.mark.parametrize(
    ("vendor", "form"),
    [
        ("sendgrid", "csv"),  # one of its fields is now a text, now a list: no column of Parquet's
        *((vendor, form) for vendor in ("postmark", "sparkpost") for form in ("csv", "parquet")),
        *((vendor, "csv") for vendor in ("fcm", "braze", "iterable", "onesignal")),
    ],
)
def test_flattened_tables_give_the_report_of_the_oracle(
    tmp_path: Path, vendor: str, form: str
) -> None:
    files.write([flat(row.raw) for row in made(vendor)], tmp_path / f"a.{form}")
    rollup = open_rollup(tmp_path, "c1", follow=False)
    assert_same(rollup, "24h", expected(vendor, "24h", tests=False), tests=False)


@pytest.mark.parametrize("vendor", generate_vendors.VENDORS)
def test_a_prefix_selects_the_vendor(tmp_path: Path, vendor: str) -> None:
    (tmp_path / "a.json").write_text(text([row.raw for row in made(vendor)]), encoding="utf-8")
    rollup = open_rollup(f"{vendor}:{tmp_path}", "c1", follow=False)
    assert_same(rollup, "24h", expected(vendor, "24h", tests=False), tests=False)


@pytest.mark.parametrize("vendor", generate_vendors.VENDORS)
def test_files_written_in_halves_give_the_report_of_the_oracle_at_each_refresh(
    tmp_path: Path, vendor: str
) -> None:
    """A document that is still being written waits; a log is read on."""
    rows = list(made(vendor))
    parts = [rows[i::6] for i in range(6)]
    rollup, seen, empty = open_rollup(tmp_path, "c1", follow=True), [], 0
    for number, (form, part) in enumerate(zip(FORMS, parts, strict=True)):
        whole = FORMS[form]([row.raw for row in part])
        path = tmp_path / f"{number}-{form}"
        path.write_text(whole[: len(whole) // 2], encoding="utf-8")
        rollup.refresh()
        path.write_text(whole, encoding="utf-8")
        rollup.refresh()
        seen += part
        empty += EMPTY.get(form, 0)
        wanted = report_of(seen, "30d", tests=True, empty=empty)
        assert_same(rollup, "30d", wanted, tests=True)
    assert not rollup.health.notes
