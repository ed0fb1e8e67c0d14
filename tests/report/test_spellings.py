"""The same events in the many ways in which tools write them: one report."""

from __future__ import annotations

import csv
import gzip
import io
import json
from datetime import timedelta, timezone
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.report import to_json
from tests import oracle
from tests.support.events import files, generate
from tests.support.events.generate import AT, WINDOWS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Row = dict[str, Any]

INDIA = timezone(timedelta(hours=5, minutes=30))


@cache
def rows() -> list[Row]:
    return generate.events(31, 150, faults=False)


@cache
def wanted() -> Row:
    events = pd.DataFrame(rows(), columns=list(oracle.COLUMNS), dtype=object)
    return oracle.report(events, "c1", AT, WINDOWS["30d"])


def changed(change: Callable[[Row], Row]) -> list[Row]:
    return [row | change(row) for row in rows()]


def separated(delimiter: str, path: Path) -> None:
    text = io.StringIO()
    cells = list(csv.reader(io.StringIO(files.csv_text(rows()), newline="")))
    csv.writer(text, delimiter=delimiter).writerows(cells)
    path.write_bytes(text.getvalue().encode())


def lines(end: str = "\n") -> bytes:
    return files.ndjson_text(rows()).replace("\n", end).encode()


def marked(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + files.csv_text(rows()).encode())


def escaped(path: Path) -> None:
    text = "".join(json.dumps(row, default=str) + "\n" for row in rows())
    path.write_text(text, encoding="ascii")


def many_members(path: Path) -> None:
    path.write_bytes(b"".join(gzip.compress(line) for line in lines().splitlines(keepends=True)))


def timestamps(kind: pa.DataType, path: Path) -> None:
    table = files.table(rows())
    place = table.column_names.index("timestamp")
    table = table.set_column(place, "timestamp", table["timestamp"].cast(kind))
    pq.write_table(table, path, version="2.6")


def dictionaries(path: Path) -> None:
    table = files.table(rows())
    for name in ("channel", "event_type", "campaign_id", "reason", "domain"):
        place = table.column_names.index(name)
        table = table.set_column(place, name, table[name].dictionary_encode())
    pq.write_table(table, path, row_group_size=17, compression="gzip")


def offsets(path: Path) -> None:
    files.write(changed(lambda row: {"timestamp": str(row["timestamp"].astimezone(INDIA))}), path)


def without_zone(path: Path) -> None:
    files.write(changed(lambda row: {"timestamp": str(row["timestamp"])[:-6]}), path)


def flags(spelled: Callable[[bool], object], path: Path) -> None:
    names = oracle.BOOLEANS
    files.write(
        changed(lambda row: {n: None if row[n] is None else spelled(row[n]) for n in names}), path
    )


def blanks(path: Path) -> None:
    """Write an empty text where a text is missing."""
    texts = set(oracle.COLUMNS) - {"timestamp", *oracle.BOOLEANS}
    files.write(changed(lambda row: {n: "" for n in texts if row[n] is None}), path)


def shouted(path: Path) -> None:
    files.write([{name.upper(): value for name, value in row.items()} for row in rows()], path)


def more_columns(path: Path) -> None:
    files.write(
        [{"Extra": 1, "note": "x,\n"} | dict(reversed(row.items())) for row in rows()], path
    )


WAYS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "byte order mark": ("a.csv", marked),
    "semicolons": ("a.csv", lambda path: separated(";", path)),
    "tabs": ("a.tsv", lambda path: separated("\t", path)),
    "carriage returns": ("a.ndjson", lambda path: path.write_bytes(lines("\r\n"))),
    "blank lines": ("a.ndjson", lambda path: path.write_bytes(lines("\n\n"))),
    "no last newline": ("a.ndjson", lambda path: path.write_bytes(lines()[:-1])),
    "ASCII": ("a.ndjson", escaped),
    "gzip of many members": ("a.ndjson.gz", many_members),
    "times with an offset": ("a.csv", offsets),
    "times without a zone": ("a.ndjson", without_zone),
    "times in nanoseconds": ("a.parquet", lambda p: timestamps(pa.timestamp("ns", "UTC"), p)),
    "times of Paris": ("a.parquet", lambda p: timestamps(pa.timestamp("us", "Europe/Paris"), p)),
    "dictionaries": ("a.parquet", dictionaries),
    "pandas": ("a.parquet", lambda path: pd.DataFrame(rows()).to_parquet(path)),
    "True and False": ("a.csv", lambda path: flags(str, path)),
    "1 and 0": ("a.parquet", lambda path: flags(int, path)),
    "empty texts": ("a.parquet", blanks),
    "capitals": ("a.csv", shouted),
    "capitals in Parquet": ("a.parquet", shouted),
    "more columns, in another order": ("a.ndjson", more_columns),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_spelling_of_the_rows_gives_the_same_report(tmp_path: Path, way: str) -> None:
    name, write = WAYS[way]
    write(tmp_path / name)
    rollup = open_rollup(str(tmp_path), campaign="c1", follow=False)
    report = to_json(rollup.snapshot(at=AT, window=WINDOWS["30d"]))
    assert report == wanted()


def test_files_without_events_do_not_change_the_report(tmp_path: Path) -> None:
    files.write(rows(), tmp_path / "events.csv")
    (tmp_path / "empty.ndjson").touch()
    (tmp_path / "headings.csv").write_text(",".join(oracle.COLUMNS) + "\n", encoding="utf-8")
    (tmp_path / "README.md").write_text("what these are", encoding="utf-8")
    (tmp_path / "half.parquet.tmp").write_bytes(b"PAR1")
    rollup = open_rollup(str(tmp_path), campaign="c1", follow=False)
    assert to_json(rollup.snapshot(at=AT, window=WINDOWS["30d"])) == wanted()
