"""A source file that is still being written: a partial line is never stored."""

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
    """Return the lines of a file with *count* events, the header of a CSV with the first."""
    rows = [named(f"e{n}") for n in range(count)]
    if form == "ndjson":
        return [files.ndjson_text([row]) for row in rows]
    header, *body = files.csv_text(rows).splitlines(keepends=True)
    return [header + body[0], *body[1:]]


def split_in_two(line: str) -> tuple[str, str]:
    """Return a line in two parts; the first one looks as much like a line as possible."""
    place = line.index(NAME) + 9
    return line[:place], line[place:]


def names(folder: Path) -> list[str]:
    import duckdb  # noqa: PLC0415

    query = f"SELECT message_name FROM {parquet(folder, Log(folder).state().files.values())}"
    return [name for (name,) in duckdb.sql(query).fetchall()]


@pytest.mark.parametrize("form", ["csv", "ndjson"])
def test_incomplete_last_line_waits_until_it_is_complete(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"log.{form}"
    first, second, third, fourth = lines(form, 4)
    half, rest = split_in_two(third)
    with Store.open(tmp_path / "store") as store:
        path.write_text(first + second + half)
        before = path.stat().st_mtime
        done = store.ingest(path)
        assert (done.events, done.rejected) == (2, 0)
        reason = done.waiting[str(path)]
        until = re.search(r"add the newline, or ingest again after (\S+Z)", reason)
        assert until, reason
        rests = datetime.strptime(until[1], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp()
        assert before + 60 <= rests <= before + 61
        again = store.ingest(path)
        assert (again.events, again.skipped, list(again.waiting)) == (0, 1, [str(path)])
        path.write_text(first + second + half + rest + split_in_two(fourth)[0])
        done = store.ingest(path)
        assert (done.events, done.duplicates, list(done.waiting)) == (1, 2, [str(path)])
        path.write_text(first + second + third + fourth)
        done = store.ingest(path)
        assert (done.events, done.rejected, done.waiting) == (1, 0, {})
    assert names(tmp_path / "store") == [NAME] * 4
    assert check(tmp_path / "store").problems == []


def test_last_line_without_newline_is_read_after_a_minute(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("".join(lines("csv", 3)).rstrip())
    with Store.open(tmp_path / "store") as store:
        assert store.ingest(path).events == 2
        old = time.time() - 61
        os.utime(path, (old, old))
        done = store.ingest(path)
        assert (done.events, done.waiting) == (1, {})


@pytest.mark.parametrize("last", ["1", '"text"', "tru", '{"event_id": "cut', '[{"event_id": "a"}'])
def test_json_line_that_may_be_incomplete_waits(tmp_path: Path, last: str) -> None:
    path = tmp_path / "log.ndjson"
    path.write_text("".join(lines("ndjson", 2)) + last)
    with Store.open(tmp_path / "store") as store:
        done = store.ingest(path)
    assert (done.events, done.rejected, list(done.waiting)) == (2, 0, [str(path)])


def test_complete_json_object_needs_no_newline(tmp_path: Path) -> None:
    path = tmp_path / "log.ndjson"
    path.write_text("".join(lines("ndjson", 2)).rstrip())
    with Store.open(tmp_path / "store") as store:
        done = store.ingest(path)
        assert (done.events, done.waiting) == (2, {})
        path.write_text("".join(lines("ndjson", 3)))
        done = store.ingest(path)
        assert (done.events, done.duplicates) == (1, 2)


def test_truncated_json_document_is_not_counted_after_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "page.json"
    rows = [json.loads(line) | {"more": {"deep": 1}} for line in lines("ndjson", 3)]
    text = json.dumps(rows)
    path.write_text(text[: text.rindex("}, {")])
    with Store.open(tmp_path / "store") as store:
        assert store.ingest(path).rejected == 1, "the truncated value"
        path.write_text(text)
        done = store.ingest(path)
        assert (done.events, done.duplicates, done.rejected) == (2, 1, 0)
        assert sum(one.rejected for one in store._writer.state.tallies()) == 0


def test_row_that_is_written_while_the_file_is_read_is_stored_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first half of the row is written after the file was listed and before it is opened."""
    path = tmp_path / "log.csv"
    *whole, last = lines("csv", 3)
    half, rest = split_in_two(last)
    path.write_text("".join(whole))
    plain = Stage.open_slice

    def opened(self: Stage, *arguments: Any) -> Any:  # noqa: ANN401 - as it is called
        relation = plain(self, *arguments)
        if half not in path.read_text():
            with path.open("a") as out:
                out.write(half)
        return relation

    monkeypatch.setattr(Stage, "open_slice", opened)
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
def test_rows_written_in_halves_by_another_process_are_stored_whole(
    tmp_path: Path, form: str
) -> None:
    path = tmp_path / f"log.{form}"
    rows = lines(form, 250)
    path.write_text(rows[0])
    command = [sys.executable, "-c", WRITER, str(path)]
    with (
        Store.open(tmp_path / "store") as store,
        subprocess.Popen(command, stdin=subprocess.PIPE, text=True) as writing,  # noqa: S603
    ):
        assert writing.stdin
        writing.stdin.write("|".join(piece for line in rows[1:] for piece in split_in_two(line)))
        writing.stdin.close()
        stored = rejected = 0
        while writing.poll() is None:
            done = store.ingest(path)
            stored, rejected = stored + done.events, rejected + done.rejected
        assert writing.returncode == 0
        done = store.ingest(path)
        assert (stored + done.events, rejected + done.rejected, done.waiting) == (250, 0, {})
    assert names(tmp_path / "store").count(NAME) == check(tmp_path / "store").events == 250


def test_ingest_logs_an_incomplete_last_line(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("".join(lines("csv", 2)).rstrip())
    command = call("ingest", str(path), "--into", str(tmp_path / "store"))
    assert command.code == 0
    assert command.out.startswith("1 event stored;")
    (line,) = command.err.splitlines()
    assert line.startswith(
        f"campaign-live: {path}: the last line does not end with a newline and may be incomplete"
    )
