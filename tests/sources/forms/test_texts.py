"""Text files as programs write them: encodings, dialects of CSV, odd JSON, damage."""

from __future__ import annotations

import csv
import gzip
import io
import json
import random
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.store import Store
from tests.fuzz.budget import budget

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign_live_widgets.snapshot import Health

pytestmark = pytest.mark.usefixtures("matrix")
Row = dict[str, Any]
NAMES = (
    *("event_id", "timestamp", "campaign_id", "message_id", "channel", "profile_id"),
    *("event_type", "message_name"),
)


def values(number: int, name: str = "Sale") -> list[str]:
    when = f"2026-02-03T04:05:{number % 60:02}Z"
    return [f"e{number}", when, "c1", "m1", "email", f"p{number}", "sent", name]


def event(number: int, **more: object) -> Row:
    return dict(zip(NAMES, values(number), strict=True)) | more


def csv_text(rows: list[list[str]], delimiter: str = ",", **options: Any) -> str:  # noqa: ANN401
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, **options).writerows([list(NAMES), *rows])
    return out.getvalue()


def health(source: Path, *, follow: bool = False) -> Health:
    rollup = open_rollup(source, "c1", follow=follow)
    rollup.close()
    return rollup.health


def outcome(source: Path) -> tuple[int, int, int]:
    results = [health(source, follow=follow) for follow in (False, True)]
    first, second = [(h.events, h.rejected, h.ignored) for h in results]
    assert first == second
    return first


WIDE = ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", *WIDE])
@pytest.mark.parametrize("kind", ["csv", "ndjson", "json"])
@pytest.mark.parametrize("packed", [False, True])
def test_any_encoding_is_read(tmp_path: Path, encoding: str, kind: str, packed: bool) -> None:  # noqa: FBT001
    name = "Soldes d\u2019\xe9t\xe9 \xe0 5\xa0\u20ac"
    rows = [values(number, name) for number in range(20)]
    objects = [dict(zip(NAMES, row, strict=True)) for row in rows]
    text = {
        "csv": csv_text(rows, ";"),
        "ndjson": "".join(json.dumps(row, ensure_ascii=False) + "\r\n" for row in objects),
        "json": json.dumps(objects, ensure_ascii=False, indent=1),
    }[kind]
    raw = text.encode(encoding)
    path = tmp_path / (f"a.{kind}.gz" if packed else f"a.{kind}")
    path.write_bytes(gzip.compress(raw) if packed else raw)
    for follow in (False, True):
        result = health(path, follow=follow)
        assert (result.events, result.rejected) == (20, 0)
        guessed = encoding == "cp1252" or encoding[-3:] in ("-le", "-be")
        assert bool(result.notes) is guessed
        assert shown_name(path) == name


def shown_name(path: Path) -> str | None:
    with Store.open(path.parent / "store") as store:
        store.ingest(path)
    files = f"{path.parent}/store/**/*.parquet"
    row = duckdb.execute(f"SELECT any_value(message_name) FROM '{files}'").fetchone()
    return row[0] if row else None


def test_one_bad_byte_rejects_its_row_alone(tmp_path: Path) -> None:
    rows = [values(number, "\xe9t\xe9" if number % 9 == 0 else "x") for number in range(3000)]
    raw = bytearray(csv_text(rows).encode())
    place = raw.index(b"e1500,")
    raw[raw.index(b"sent,x", place) + 5] = 0xFF
    (tmp_path / "a.csv").write_bytes(raw)
    lines = [json.dumps(event(number, message_name="x")).encode() for number in range(4000, 6000)]
    lines[7] = lines[7].replace(b'"x"', b'"\xe9"')
    (tmp_path / "b.ndjson").write_bytes(b"\n".join(lines) + b"\n")
    result = health(tmp_path)
    assert (result.events, result.rejected, result.notes) == (4998, 2, ())
    assert [(r.file, r.row) for r in result.rejects] == [("a.csv", 1502), ("b.ndjson", 8)]
    assert result.rejects[0].cause == "is not valid UTF-8"


def test_marks_where_files_were_put_together_cost_nothing(tmp_path: Path) -> None:
    part = [json.dumps(event(number)) + "\n" for number in range(4)]
    (tmp_path / "a.ndjson").write_text("\ufeff" + "\ufeff".join(part), encoding="utf-8")
    texts = ["\ufeff" + csv_text([values(number)]) for number in range(10, 14)]
    (tmp_path / "b.csv").write_text("".join(texts), encoding="utf-8", newline="")
    assert outcome(tmp_path) == (8, 0, 0)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", "~", "\x01", ":"])
def test_a_header_of_a_known_format_decides_the_delimiter(tmp_path: Path, delimiter: str) -> None:
    rows = [values(number, 'a, b; "c" | d') for number in range(5)]
    text = csv_text(rows, delimiter).replace("event_id", " Event-ID ").replace("_type", " Type")
    (tmp_path / "a.csv").write_text(text, encoding="utf-8", newline="")
    assert outcome(tmp_path) == (5, 0, 0)


def test_what_is_above_the_header_is_left_out_and_noted(tmp_path: Path) -> None:
    text = csv_text([values(1), values(2)], "\t")
    (tmp_path / "a.csv").write_text(f"Export, of 2026;;\n# made by x\n\n{text}", encoding="utf-8")
    for separator in ("sep=\t", '"sep=\t"', "SEP=\t"):
        (tmp_path / "b.csv").write_text(f"{separator}\r\n{csv_text([values(3)], chr(9))}", "utf-8")
        assert outcome(tmp_path) == (3, 0, 0)
    (note,) = health(tmp_path).notes
    assert note == "a.csv: its header is line 4, and what is above it is left out"


@pytest.mark.parametrize("at", [0, 60, 4000])
def test_quotes_are_escaped_as_the_file_has_it(tmp_path: Path, at: int) -> None:
    name = 'say "hi", and\nbye \\ "'
    rows = [values(number, name if number >= at else "x") for number in range(at + 3)]
    doubled = csv_text(rows, quoting=csv.QUOTE_ALL)
    back = csv_text(rows, quoting=csv.QUOTE_ALL, doublequote=False, escapechar="\\")
    for number, text in enumerate((doubled, back)):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "a.csv").write_text(text, encoding="utf-8", newline="")
        assert outcome(folder) == (len(rows), 0, 0)
        if not at:
            assert shown_name(folder / "a.csv") == name


def test_line_ends_may_be_mixed_and_rows_end_with_blanks(tmp_path: Path) -> None:
    rows = [",".join(values(number)) for number in range(10, 40)]
    ends = ["\r\n", "\n", ",,\n", ", ,\r\n", "\r\n\r\n"]
    mixed = "".join(row + ends[number % len(ends)] for number, row in enumerate(rows))
    header = ",".join(NAMES) + ",,\r\n"
    (tmp_path / "a.csv").write_text(header + mixed, encoding="utf-8", newline="")
    assert outcome(tmp_path) == (30, 0, 0)


def test_a_stray_quote_and_a_short_row_cost_one_line_each(tmp_path: Path) -> None:
    rows = [",".join(values(number)) for number in range(50)]
    rows[10] = rows[10].replace("Sale", '"Sale')
    rows[20] = rows[20].replace(",sent,Sale", "")
    rows[30] += ",more"
    rows[40] = rows[40].replace("Sale", '"Sa"le')
    (tmp_path / "a.csv").write_text("\n".join([",".join(NAMES), *rows]) + "\n", encoding="utf-8")
    result = health(tmp_path)
    assert (result.events, result.rejected) == (46, 4)
    assert [reject.row for reject in result.rejects] == [12, 22, 32, 42]
    assert {reject.cause.split(" (")[0] for reject in result.rejects} == {
        "is not a row of this CSV"
    }


def test_a_followed_csv_that_needs_care_is_read_as_it_grows(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    text = csv_text([values(1, "\xe9t\xe9")], ";").encode("cp1252")
    path.write_bytes(b"sep=;\r\n" + text)
    rollup = open_rollup(tmp_path, "c1", follow=True)
    for number in range(2, 6):
        with path.open("ab") as out:
            out.write(";".join(values(number, "No\xebl")).encode("cp1252") + b"\r\n;;\r\n")
        rollup.refresh()
        assert (rollup.health.events, rollup.health.rejected) == (number, number - 1)
    assert [reject.row for reject in rollup.health.rejects] == [5, 7, 9, 11]
    assert "Windows-1252" in rollup.health.notes[0]


def test_odd_json_is_read_as_python_reads_it(tmp_path: Path) -> None:
    rows = [event(n) for n in range(4)]
    odd = [
        json.dumps(event(10, message_name=float("nan"), reason=float("-inf"), campaign_name="NaN")),
        json.dumps(event(11))[:-1] + ', "event_id": "e12", "campaign_id": "c1"}',
        json.dumps(event(13, message_name="half \ud83d")),
        json.dumps(event(14)) + json.dumps(event(15)) + " " + json.dumps(event(16)),
        json.dumps(event(17, profile_id=12345678901234567890123)),
    ]
    text = "\n".join([*map(json.dumps, rows), *odd])
    (tmp_path / "a.ndjson").write_text(text + "\n", encoding="utf-8")
    assert outcome(tmp_path) == (11, 0, 0)
    with Store.open(tmp_path / "s") as store:
        store.ingest(tmp_path / "a.ndjson")
    stored = duckdb.execute(
        "SELECT event_id, reason, message_name, campaign_name, profile_id "
        f"FROM '{tmp_path}/s/**/*.parquet' WHERE event_id IN ('e10', 'e12', 'e13', 'e17') "
        "ORDER BY 1"
    ).fetchall()
    assert stored == [
        ("e10", None, None, "NaN", "p10"),
        ("e12", None, "Sale", None, "p11"),
        ("e13", None, "half \ufffd", None, "p13"),
        ("e17", None, "Sale", None, "12345678901234567890123"),
    ]


def test_the_last_of_a_repeated_name_counts_in_ticks_and_large_files(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    twice = [json.dumps(event(n))[:-1] + f', "event_id": "x{n // 2}"}}\n' for n in range(3000)]
    path.write_text("".join(twice), encoding="utf-8")
    rollup = open_rollup(tmp_path, "c1", follow=True)
    assert (rollup.health.events, rollup.health.duplicates) == (1500, 1500)
    with path.open("a", encoding="utf-8") as out:
        out.writelines(twice[:4])
    rollup.refresh()
    assert (rollup.health.events, rollup.health.duplicates) == (1500, 1504)


def test_zeros_and_members_of_gzip_are_read(tmp_path: Path) -> None:
    parts = [gzip.compress((json.dumps(event(n)) + "\n").encode()) for n in range(3)]
    (tmp_path / "a.ndjson.gz").write_bytes(b"".join(parts) + gzip.compress(b"") + b"\0" * 700)
    frames = [zstandard.compress((json.dumps(event(n)) + "\n").encode()) for n in range(5, 8)]
    (tmp_path / "b.ndjson.zst").write_bytes(b"".join(frames))
    assert outcome(tmp_path) == (6, 0, 0)


@pytest.mark.parametrize("kind", ["gz", "zst"])
@pytest.mark.parametrize("name", ["a.ndjson", "a", "a.csv"])
def test_a_damaged_file_is_named_and_nothing_of_it_is_counted(
    tmp_path: Path, kind: str, name: str
) -> None:
    rng = random.Random(1)  # noqa: S311 - test data
    rows = [values(n, f"{rng.getrandbits(64):x}") for n in range(2000)]
    text = (
        csv_text(rows)
        if name == "a.csv"
        else "".join(json.dumps(dict(zip(NAMES, row, strict=True))) + "\n" for row in rows)
    )
    whole = (
        gzip.compress(text.encode())
        if kind == "gz"
        else zstandard.ZstdCompressor(write_checksum=True).compress(text.encode())
    )
    path = tmp_path / f"{name}.{kind}"
    (tmp_path / "other.ndjson").write_text(json.dumps(event(9999)) + "\n", encoding="utf-8")
    wrong = bytearray(whole)
    wrong[-6 if kind == "gz" else -2] ^= 1  # of the checksum
    for damaged in (bytes(wrong), whole[:-3], whole[: len(whole) // 2]):
        path.write_bytes(damaged)
        for follow in (False, True):
            result = health(tmp_path, follow=follow)
            assert (result.events, result.rejected) == (1, 0)
            (note,) = result.notes
            assert note.startswith(f"{path.name}: ")
            assert "damaged" in note or "incomplete" in note
        with pytest.raises(SourceError, match=r"damaged|incomplete"):
            health(path)
    path.write_bytes(whole)
    assert outcome(tmp_path) == (2001, 0, 0)


CELLS = st.text(
    st.characters(codec="cp1252", exclude_categories=("Cc", "Cs")) | st.sampled_from('",;\n\t\\|'),
    max_size=12,
)


@budget(25)
@given(
    cells=st.lists(CELLS, min_size=1, max_size=12),
    delimiter=st.sampled_from(",;\t|^"),
    encoding=st.sampled_from(("utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-be", "utf-32")),
    line_end=st.sampled_from(("\n", "\r\n")),
    packing=st.sampled_from((bytes, gzip.compress, zstandard.compress)),
    name=st.sampled_from(("a.csv", "a.txt", "a")),
)
def test_any_table_of_text_adds_up(  # noqa: PLR0913 - each is drawn
    tmp_path_factory: pytest.TempPathFactory,
    cells: list[str],
    delimiter: str,
    encoding: str,
    line_end: str,
    packing: Callable[[bytes], bytes],
    name: str,
) -> None:
    folder = tmp_path_factory.mktemp("any")
    rows = [values(number, cell) for number, cell in enumerate(cells)]
    rows[0][6] = cells[-1]
    text = csv_text(rows, delimiter, lineterminator=line_end)
    (folder / name).write_bytes(packing(text.encode(encoding)))
    for follow in (False, True):
        result = health(folder, follow=follow)
        assert result.events + result.duplicates + result.rejected + result.ignored == len(rows)
        assert result.rejected == (cells[-1].strip() not in ("sent", "open"))
