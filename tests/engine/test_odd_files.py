"""Files that are damaged, replaced, oddly named or oddly typed: counted as exactly as others."""

from __future__ import annotations

import gzip
import json
import os
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from campaign_live_widgets.engine import FileRollup, open_rollup
from campaign_live_widgets.snapshot import Snapshot, Window
from campaign_live_widgets.sources.formats.times import NOT_A_TIME
from tests.support.events import plain

AT = datetime(2026, 1, 5, 12, tzinfo=UTC)
DAY = timedelta(hours=24)


event = partial(plain.event, timestamp="2026-01-05T11:30:00Z")


def ndjson(path: Path, *events: dict[str, object]) -> None:
    path.write_text("".join(json.dumps(e) + "\n" for e in events), encoding="utf-8")


def csv(path: Path, *events: dict[str, object]) -> None:
    lines = [",".join(events[0]), *(",".join(map(str, e.values())) for e in events)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def parquet(path: Path, *events: dict[str, object], **columns: pa.Array) -> None:
    table = pa.Table.from_pylist(list(events))
    for name, column in columns.items():
        table = table.set_column(table.column_names.index(name), name, column)
    pq.write_table(table, path)


def counts(rollup: FileRollup) -> tuple[int, int, int, int]:
    """Return sent, entered profiles, duplicates and rejected rows."""
    snapshot = rollup.snapshot(at=AT, window=DAY)
    return (
        sent(snapshot),
        snapshot.entered_profiles,
        snapshot.health.duplicates,
        snapshot.health.rejected,
    )


def sent(snapshot: Snapshot) -> int:
    return int(snapshot.counts["message_id"].column("sent").sum())


def once(source: Path) -> tuple[int, int, int, int]:
    return counts(open_rollup(source, "c1", follow=False, window=Window.ending(AT, DAY)))


def live(source: Path) -> tuple[int, int, int, int]:
    return counts(open_rollup(source, "c1"))


def both(source: Path) -> tuple[int, int, int, int]:
    first = once(source)
    assert live(source) == first
    return first


def test_a_damaged_file_does_not_change_how_the_others_count(tmp_path: Path) -> None:
    rows = [event(n, domain=f"d{n % 97}.example") for n in range(60_000)]
    for name in "abz":
        parquet(tmp_path / f"{name}.parquet", *rows)
    bad = tmp_path / "z.parquet"
    data = bytearray(bad.read_bytes())
    middle = slice(len(data) // 3, len(data) // 3 + 20_000)
    data[middle] = b"\xff" * len(data[middle])
    bad.write_bytes(data)
    counted = both(tmp_path)
    assert counted[:3] == (60_000, 60_000, 60_000)


def test_many_files_with_different_null_columns_are_counted(tmp_path: Path) -> None:
    optional = ("reason", "domain", "platform", "url", "variant", "execution_id", "message_name")
    for n in range(150):
        chosen = {c: "x" for place, c in enumerate(optional) if n >> place & 1}
        parquet(tmp_path / f"{n}.parquet", event(n, **dict.fromkeys(optional)) | chosen)
    assert both(tmp_path) == (150, 150, 0, 0)


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize(
    "name", ["a[1]", "a*", "a?", "a 'quoted' \"name\"", "a{1,2}", "é ü 漢", "a#b%20", "a\\b"]
)
@pytest.mark.parametrize("write", [ndjson, csv, parquet])
def test_special_characters_in_file_names_are_not_patterns(
    tmp_path: Path, name: str, write: object
) -> None:
    suffix = write.__name__  # type: ignore[attr-defined]
    write(tmp_path / f"{name}.{suffix}", event(1), event(2))  # type: ignore[operator]
    write(tmp_path / f"a1.{suffix}", event(3))  # type: ignore[operator]
    assert both(tmp_path) == (3, 3, 0, 0)


def test_a_stray_quote_loses_no_other_row(tmp_path: Path) -> None:
    rows = [event(n, reason='5" screen' if n == 2 else "none") for n in range(8)]
    csv(tmp_path / "a.csv", *rows)
    assert once(tmp_path / "a.csv")[0] == 8


def test_a_file_with_an_open_quote_is_read_again_only_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    csv(path, event(0, reason="x"))
    with path.open("a") as out:
        out.write('e1,2026-01-05T11:30:00Z,c1,m1,email,p1,sent,"open\n' + "x,y\n" * 60_000)
    rollup = open_rollup(path, "c1")
    assert counts(rollup)[0] == 1
    for _ in range(50):
        assert rollup.refresh() is False
    with path.open("a") as out:
        out.write('end"\n')
    rollup.refresh()
    assert counts(rollup)[:2] == (2, 2)


def test_a_csv_replaced_by_one_with_another_column_order_is_read_again(tmp_path: Path) -> None:
    path, new = tmp_path / "a.csv", tmp_path / "new"
    csv(path, event(0))
    rollup = open_rollup(tmp_path, "c1")
    turned = [dict(reversed(event(n).items())) for n in range(1, 11)]
    csv(new, *turned)
    new.replace(path)
    rollup.refresh()
    assert counts(rollup) == (10, 10, 0, 0)
    assert rollup.health.gone == 1


def test_a_parquet_file_replaced_by_one_with_nulls_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet(path, event(1), event(2))
    rollup = open_rollup(tmp_path, "c1")
    parquet(path, event(3), event(4, event_id=None))
    rollup.refresh()
    assert counts(rollup) == (1, 1, 0, 1)
    assert rollup.health.gone == 2


def test_a_file_replaced_by_a_larger_one_is_read_from_its_start(tmp_path: Path) -> None:
    path, new = tmp_path / "a.ndjson", tmp_path / "new"
    ndjson(path, *(event(n) for n in range(5)))
    rollup = open_rollup(tmp_path, "c1")
    ndjson(new, *(event(n) for n in range(100, 120)))
    new.replace(path)
    rollup.refresh()
    assert counts(rollup) == (20, 20, 0, 0)
    assert rollup.health.gone == 5


def test_touching_files_changes_no_count(tmp_path: Path) -> None:
    parquet(tmp_path / "a.parquet", event(1), event(2, channel="fax"))
    ndjson(tmp_path / "b.ndjson", event(3))
    rollup = open_rollup(tmp_path, "c1")
    for path in tmp_path.iterdir():
        os.utime(path)
    assert rollup.refresh() is False
    assert counts(rollup) == (2, 2, 0, 1)


def test_columns_of_other_types_are_converted_or_rejected(tmp_path: Path) -> None:
    rows = [event(n) for n in range(3)]
    days = pa.array([AT.date()] * 3)
    flags = pa.array([True, False, True])
    parquet(tmp_path / "a.parquet", *rows, message_id=days, profile_id=pa.array([1, 2, 3]))
    assert both(tmp_path) == (3, 3, 0, 0)
    table = open_rollup(tmp_path, "c1").snapshot(at=AT, window=DAY).counts["message_id"]
    assert table.values == ("2026-01-05",)
    parquet(tmp_path / "a.parquet", *rows, channel=flags)
    assert both(tmp_path) == (0, 0, 0, 3)
    parquet(tmp_path / "a.parquet", *rows, timestamp=flags)
    assert both(tmp_path) == (0, 0, 0, 3)


def test_times_beyond_the_calendar_are_rejected(tmp_path: Path) -> None:
    ndjson(
        tmp_path / "a.ndjson",
        event(1),
        event(2, timestamp="12000-01-01T00:00:00Z"),
        event(3, timestamp="infinity"),
    )
    assert both(tmp_path) == (1, 1, 0, 2)


def test_lines_that_only_a_lenient_json_parser_accepts_are_rejected(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    ndjson(path, event(1))
    with path.open("a") as out:
        out.write('{"event_id":"e9","event_type":"open",}\n' + '{"x":' + "[" * 3000 + "\n")
    sent_, entered, duplicates, rejected = both(tmp_path)
    assert (sent_, entered, duplicates, rejected) == (1, 1, 0, 2)


def test_links_pipes_and_undecodable_names_are_ignored(tmp_path: Path) -> None:
    ndjson(tmp_path / "a.ndjson", event(1))
    (tmp_path / "loop.ndjson").symlink_to(tmp_path / "loop.ndjson")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "up").symlink_to(tmp_path, target_is_directory=True)
    os.mkfifo(tmp_path / "pipe.ndjson")
    Path(os.fsdecode(os.fsencode(str(tmp_path)) + b"/\xff.ndjson")).write_bytes(b"{}\n")
    assert both(tmp_path)[0] == 1


def test_causes_of_rejects_show_no_personal_values(tmp_path: Path) -> None:
    ndjson(
        tmp_path / "a.ndjson",
        event(1, timestamp="anna@example.org"),
        event(2, event_type="profile-8841 secret"),
        event(3, channel="fax"),
    )
    causes = [r.cause for r in open_rollup(tmp_path).health.rejects]
    assert causes == [NOT_A_TIME, "unknown event_type", "unknown channel 'fax'"]


def test_a_new_note_on_a_file_counts_as_a_change(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", event(0))
    rollup = open_rollup(tmp_path, "c1")
    (tmp_path / "b.parquet").write_bytes(b"not Parquet at all")
    assert rollup.refresh() is True
    assert any(note.startswith("b.parquet") for note in rollup.health.notes)
    assert rollup.refresh() is False


def test_a_damaged_gzip_file_leaves_the_others_counted(tmp_path: Path) -> None:
    ndjson(tmp_path / "a.ndjson", event(1))
    ndjson(tmp_path / ".lines", *(event(n, reason=str(n * 7919)) for n in range(2, 400)))
    whole = gzip.compress((tmp_path / ".lines").read_bytes(), mtime=0)
    for place in range(20, len(whole), len(whole) // 12):
        damaged = bytearray(whole)
        damaged[place : place + 3] = b"xyz"
        (tmp_path / "b.ndjson.gz").write_bytes(damaged)
        rollup = open_rollup(tmp_path, "c1")
        assert [note.split(":")[0] for note in rollup.health.notes] == ["b.ndjson.gz"]
        assert rollup.health.events == 1


def test_a_csv_with_a_line_break_in_its_header_leaves_the_others_counted(tmp_path: Path) -> None:
    csv(tmp_path / "a.csv", event(1))
    (tmp_path / "b.csv").write_bytes(b"event_id,time\rstamp,campaign_id\r,x\n1,2,3,4\n")
    rollup = open_rollup(tmp_path, "c1")
    assert {reject.file for reject in rollup.health.rejects} == {"b.csv"}
    assert both(tmp_path)[::3] == (1, rollup.health.rejected)


def test_a_file_that_is_replaced_has_no_problem_of_its_old_content(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1" + b"\0" * 40 + b"PAR1")
    rollup = open_rollup(tmp_path, "c1")
    assert "it is damaged" in rollup.health.notes[0]
    path.write_bytes(b"PAR1" + b"\0" * 80)
    rollup.refresh()
    assert [note.split(":")[1] for note in rollup.health.notes] == [" incomplete Parquet file"]


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_rejected_rows_of_a_csv_have_their_line_numbers(
    tmp_path: Path, name: str, line_end: str
) -> None:
    """Also after fields with line breaks, and the same if the file grows while it is read."""
    row = '{},2026-01-05T11:30:00Z,c1,m1,email,p1,{},"two\nlines"'
    lines = ["event_id,timestamp,campaign_id,message_id,channel,profile_id,event_type,reason"]
    lines += [row.format("e1", "sent"), "broken", row.format("e2", "sent")]
    lines += [row.format("e3", "paid"), "b,r,o,k,e,n,too,many,columns", row.format("e4", "sent")]
    text = "".join(line + line_end for line in lines).encode()
    expected = [4, 7, 9]
    path = tmp_path / name
    for start in (len(text), text.index(b"e2")):
        path.write_bytes(text[:start] if name == "a.csv" else gzip.compress(text[:start]))
        rollup = open_rollup(tmp_path, "c1")
        path.write_bytes(text if name == "a.csv" else gzip.compress(text))
        rollup.refresh()
        assert sorted(reject.row or 0 for reject in rollup.health.rejects) == expected
        assert rollup.health.rejected == 3
