"""A file that is still being written: no half of a line is ever stored."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.sources.files.staging import Stage
from campaign_live_widgets.sources.store_log import Log, parquet
from campaign_live_widgets.store import Store, check
from tests.store import workers
from tests.support.cli import call
from tests.support.events import files

if TYPE_CHECKING:
    from pathlib import Path

NAME = "The whole name to its end"


def named(key: str) -> dict[str, Any]:
    return workers.row(key) | {"message_name": NAME}


def lines(form: str, count: int) -> list[str]:
    """Return the lines of a file of so many events, the header of a CSV before the first."""
    rows = [named(f"e{n}") for n in range(count)]
    if form == "ndjson":
        return [files.ndjson_text([row]) for row in rows]
    header, *body = files.csv_text(rows).splitlines(keepends=True)
    return [header + body[0], *body[1:]]


def halved(line: str) -> tuple[str, str]:
    """Return a line in two, of which the first looks like one as far as that can be."""
    place = line.index(NAME) + 9
    return line[:place], line[place:]


def names(folder: Path) -> list[str]:
    import duckdb  # noqa: PLC0415

    query = f"SELECT message_name FROM {parquet(folder, Log(folder).state().files.values())}"
    return [name for (name,) in duckdb.sql(query).fetchall()]


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_a_writer_in_the_middle_of_a_row(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"log.{form}"
    first, second, third, fourth = lines(form, 4)
    half, rest = halved(third)
    with Store.open(tmp_path / "store") as store:
        path.write_text(first + second + half)
        before = path.stat().st_mtime
        done = store.ingest(path)
        assert (done.events, done.rejected) == (2, 0)
        said = done.waiting[str(path)]
        until = re.search(r"until (\S+Z): end the line, or ingest again then", said)
        assert until, said
        rests = datetime.strptime(until[1], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
        assert before + 60 <= rests <= before + 61
        again = store.ingest(path)
        assert (again.events, again.skipped, list(again.waiting)) == (0, 1, [str(path)])
        path.write_text(first + second + half + rest + halved(fourth)[0])
        done = store.ingest(path)
        assert (done.events, done.duplicates, list(done.waiting)) == (1, 2, [str(path)])
        path.write_text(first + second + third + fourth)
        done = store.ingest(path)
        assert (done.events, done.rejected, done.waiting) == (1, 0, {})
    assert names(tmp_path / "store") == [NAME] * 4
    assert check(tmp_path / "store").problems == []


def test_a_last_line_of_a_file_at_rest(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("".join(lines("csv", 3)).rstrip())
    with Store.open(tmp_path / "store") as store:
        assert store.ingest(path).events == 2
        old = time.time() - 61
        os.utime(path, (old, old))
        done = store.ingest(path)
        assert (done.events, done.waiting) == (1, {})


@pytest.mark.parametrize("last", ["1", '"text"', "tru", '{"event_id": "cut', '[{"event_id": "a"}'])
def test_json_that_may_be_half_of_something(tmp_path: Path, last: str) -> None:
    path = tmp_path / "log.ndjson"
    path.write_text("".join(lines("ndjson", 2)) + last)
    with Store.open(tmp_path / "store") as store:
        done = store.ingest(path)
    assert (done.events, done.rejected, list(done.waiting)) == (2, 0, [str(path)])


def test_an_object_that_is_whole_needs_no_line_break(tmp_path: Path) -> None:
    path = tmp_path / "log.ndjson"
    path.write_text("".join(lines("ndjson", 2)).rstrip())
    with Store.open(tmp_path / "store") as store:
        done = store.ingest(path)
        assert (done.events, done.waiting) == (2, {})
        path.write_text("".join(lines("ndjson", 3)))
        done = store.ingest(path)
        assert (done.events, done.duplicates) == (1, 2)


def test_a_document_caught_half_is_told_of_once_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "page.json"
    rows = [json.loads(line) | {"more": {"deep": 1}} for line in lines("ndjson", 3)]
    text = json.dumps(rows)
    path.write_text(text[: text.rindex("}, {")])
    with Store.open(tmp_path / "store") as store:
        assert store.ingest(path).rejected == 1, "the value that breaks off"
        path.write_text(text)
        done = store.ingest(path)
        assert (done.events, done.duplicates, done.rejected) == (2, 1, 0)
        assert sum(one.rejected for one in store._writer.state.tallies()) == 0


def test_a_row_that_comes_while_the_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of it is there once the reader opens the file, though not when it was looked at."""
    path = tmp_path / "log.csv"
    *whole, last = lines("csv", 3)
    half, rest = halved(last)
    path.write_text("".join(whole))
    plain = Stage._open

    def opened(self: Stage, *arguments: Any) -> Any:  # noqa: ANN401 - as it is called
        found = plain(self, *arguments)
        if half not in path.read_text():
            with path.open("a") as out:
                out.write(half)
        return found

    monkeypatch.setattr(Stage, "_open", opened)
    with Store.open(tmp_path / "store") as store:
        done = store.ingest(path)
        assert (done.events, done.rejected) == (2, 0)
        with path.open("a") as out:
            out.write(rest)
        assert store.ingest(path).events == 1
    assert names(tmp_path / "store") == [NAME] * 3


WRITER = """
import sys, time
path, *pieces = sys.argv[1:]
with open(path, "a", buffering=1 << 20) as out:
    for piece in sys.stdin.read().split("|"):
        out.write(piece)
        out.flush()
        time.sleep(0.002)
"""


@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_a_process_that_writes_row_by_half_row(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"log.{form}"
    told = lines(form, 250)
    path.write_text(told[0])
    command = [sys.executable, "-c", WRITER, str(path)]
    with (
        Store.open(tmp_path / "store") as store,
        subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as writing,  # noqa: S603
    ):
        assert writing.stdin
        writing.stdin.write("|".join(piece for line in told[1:] for piece in halved(line)))
        writing.stdin.close()
        stored = rejected = 0
        while writing.poll() is None:
            done = store.ingest(path)
            stored, rejected = stored + done.events, rejected + done.rejected
        assert writing.returncode == 0
        done = store.ingest(path)
        assert (stored + done.events, rejected + done.rejected, done.waiting) == (250, 0, {})
    assert names(tmp_path / "store").count(NAME) == check(tmp_path / "store").events == 250


def test_the_command_tells_what_waits(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("".join(lines("csv", 2)).rstrip())
    got = call("ingest", str(path), "--into", str(tmp_path / "store"))
    assert got.code == 0
    assert got.out.startswith("1 event stored;")
    (line,) = got.err.splitlines()
    assert line.startswith(
        f"campaign-live: {path}: its last line has no line break and may be cut short"
    )
