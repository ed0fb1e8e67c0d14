"""What is new in files that grow, come, go, or are cut."""

import os
import time
from pathlib import Path

from campaign_live_widgets.sources import FileSlice, Location, Tail, Tally

OLD = time.time() - 3600


def poll(tail: Tail) -> list[FileSlice]:
    slices = tail.poll()
    for file_slice in slices:
        lines = (
            Path(file_slice.file.path).read_bytes()[file_slice.start : file_slice.end].count(b"\n")
        )
        tail.commit(file_slice, lines, Tally())
    return slices


def spans(slices: list[FileSlice]) -> list[tuple[str, int, int, int]]:
    return [(Path(f.file.path).name, f.start, f.end, f.first_line) for f in slices]


def test_only_what_is_new_is_read(tmp_path: Path) -> None:
    tail = Tail(Location.parse(tmp_path))
    assert poll(tail) == []
    file = tmp_path / "a.ndjson"
    file.write_bytes(b'{"a":1}\n{"a":2}\n')
    assert spans(poll(tail)) == [("a.ndjson", 0, 16, 1)]
    assert poll(tail) == []
    with file.open("ab") as out:
        out.write(b'{"a":3}\n')
    (tmp_path / "b.csv").write_bytes(b"x\n1\n")
    assert spans(poll(tail)) == [("a.ndjson", 16, 24, 3), ("b.csv", 0, 4, 1)]


def test_a_last_line_without_a_newline_is_read_once_it_is_complete(tmp_path: Path) -> None:
    file = tmp_path / "a.ndjson"
    tail = Tail(Location.parse(tmp_path))
    file.write_bytes(b'{"a":1}\n{"a":')
    assert spans(poll(tail)) == [("a.ndjson", 0, 8, 1)]
    assert list(tail.waiting) == [str(file)]
    file.write_bytes(b'{"a":1}\n{"a":2}')
    assert poll(tail) == []
    file.write_bytes(b'{"a":1}\n{"a":2}\n')
    assert spans(poll(tail)) == [("a.ndjson", 8, 16, 2)]
    assert not tail.waiting


def test_the_last_line_of_a_file_at_rest_is_read_without_a_newline(tmp_path: Path) -> None:
    whole, cut = tmp_path / "a.ndjson", tmp_path / "b.ndjson"
    whole.write_bytes(b'{"a":1}\n{"a":2}')
    cut.write_bytes(b'{"a":1}\n{"a":')
    for file in (whole, cut):
        os.utime(file, (OLD, OLD))
    assert spans(poll(Tail(Location.parse(tmp_path)))) == [
        ("a.ndjson", 0, 15, 1),
        ("b.ndjson", 0, 8, 1),
    ]


def test_a_single_poll_reads_the_last_line_without_a_newline(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"x,y\n1,2")
    assert spans(poll(Tail(Location.parse(tmp_path), follow=False))) == [("a.csv", 0, 7, 1)]


def test_a_quoted_line_break_does_not_end_a_row(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b'x,y\n1,"two\nlines"\n2,"open\n')
    tail = Tail(Location.parse(tmp_path))
    assert spans(poll(tail)) == [("a.csv", 0, 18, 1)]
    with file.open("ab") as out:
        out.write(b'closed"\n')
    assert spans(poll(tail)) == [("a.csv", 18, 34, 4)]


def test_a_truncated_or_replaced_file_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a.ndjson"
    file.write_bytes(b'{"a":1}\n{"a":2}\n')
    tail = Tail(Location.parse(tmp_path))
    poll(tail)
    file.write_bytes(b'{"a":8}\n{}\n')
    assert spans(poll(tail)) == [("a.ndjson", 0, 11, 1)]


def test_a_parquet_file_is_read_once_it_has_a_footer(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    file.write_bytes(b"PAR1" + b"\0" * 40)
    tail = Tail(Location.parse(tmp_path))
    assert poll(tail) == []
    assert "footer" in tail.waiting[str(file)]
    file.write_bytes(b"PAR1" + b"\0" * 40 + b"PAR1")
    assert spans(poll(tail)) == [("a.parquet", 0, 48, 1)]


def test_a_file_that_is_deleted_is_not_an_error(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.ndjson").write_bytes(b"{}\n")
    tail = Tail(Location.parse(tmp_path))
    poll(tail)
    (tmp_path / "b.ndjson").unlink()
    assert poll(tail) == []


def test_files_of_other_kinds_are_counted_and_not_read(tmp_path: Path) -> None:
    for name in ("_SUCCESS", ".a.ndjson.crc", ".hidden.ndjson", "notes.txt", "x-manifest.json"):
        (tmp_path / name).write_bytes(b"{}\n")
    (tmp_path / "_temporary").mkdir()
    (tmp_path / "_temporary" / "a.ndjson").write_bytes(b"{}\n")
    (tmp_path / "day=1").mkdir()
    (tmp_path / "day=1" / "a.JSON").write_bytes(b"{}\n")
    (tmp_path / "day=1" / "old.XLSX").write_bytes(b"")
    (tmp_path / "day=1" / "b.parquet.part").write_bytes(b"")
    (tmp_path / "LICENSE").write_bytes(b"")
    listing = Location.parse(tmp_path).listing()
    assert [Path(f.path).name for f in listing.files] == ["a.JSON", "x-manifest.json"]
    others = sorted(Path(path).name for path in listing.others)
    assert others == ["LICENSE", "notes.txt", "old.XLSX"]
    tail = Tail(Location.parse(tmp_path))
    tail.poll()
    assert tail.others == {".txt": 1, ".xlsx": 1, "": 1}
    tail = Tail(Location.parse(f"{tmp_path}/day=1/*"))
    tail.poll()
    assert tail.others == {".xlsx": 1}


def test_only_growth_and_new_files_leave_what_was_read(tmp_path: Path) -> None:
    file, other = tmp_path / "a.ndjson", tmp_path / "b.csv"
    tail = Tail(Location.parse(tmp_path))
    file.write_bytes(b'{"a":1}\n{"a":')
    poll(tail)
    file.write_bytes(b'{"a":1}\n{"a":2}\n')
    other.write_bytes(b"x\n1\n")
    poll(tail)
    os.utime(file)
    poll(tail)
    assert not tail.is_rewritten
    other.unlink()
    poll(tail)
    assert tail.is_rewritten


def test_a_large_file_that_grows_while_it_is_polled_is_not_read_again(tmp_path: Path) -> None:
    file = tmp_path / "a.ndjson"
    line = b'{"a":"' + b"x" * 90 + b'"}\n'
    file.write_bytes(line * 3000)
    tail = Tail(Location.parse(tmp_path))
    poll(tail)
    os.utime(file)  # as between the two steps of a write: a new time, and the old size
    assert poll(tail) == []
    with file.open("ab") as out:
        out.write(line)
    assert spans(poll(tail)) == [("a.ndjson", 3000 * len(line), 3001 * len(line), 3001)]
    assert not tail.is_rewritten
    os.utime(file)
    assert poll(tail) == []
    assert spans(poll(tail)) == [("a.ndjson", 0, 3001 * len(line), 1)]
    assert tail.is_rewritten, "its middle may have changed"


def test_a_row_that_ended_without_a_newline_and_grows_was_not_complete(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"x,y\n1,2")
    os.utime(file, (OLD, OLD))
    tail = Tail(Location.parse(tmp_path))
    assert spans(poll(tail)) == [("a.csv", 0, 7, 1)]
    with file.open("ab") as out:
        out.write(b"\n3,4\n")
    assert spans(poll(tail)) == [("a.csv", 7, 12, 2)]
    assert not tail.is_rewritten
    file.write_bytes(b"x,y\n1,2")
    os.utime(file, (OLD, OLD))
    tail = Tail(Location.parse(tmp_path))
    poll(tail)
    with file.open("ab") as out:
        out.write(b"5\n")
    assert spans(poll(tail)) == [("a.csv", 0, 9, 1)]
    assert tail.is_rewritten
