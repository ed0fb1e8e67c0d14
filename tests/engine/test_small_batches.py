"""Small batches are read plainly, with the same result as by the SQL of their format."""

from __future__ import annotations

import json
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_live_widgets.engine.duckdb.file_rollup import FileRollup
from campaign_live_widgets.report import to_json
from campaign_live_widgets.snapshot import Selection, Snapshot
from tests.conformance.every_source import SOURCES, Place
from tests.fuzz.bending import ODD_LINES
from tests.fuzz.budget import VALUES, budget
from tests.support.events import files
from tests.support.events.generate import AT, later
from tests.support.events.stream import CAMPAIGNS, events

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from campaign_live_widgets.engine import Rollup
    from campaign_live_widgets.sources import FileSlice

Row = dict[str, Any]

SPANS: Final = (timedelta(hours=1), timedelta(days=1), timedelta(days=60))
BY_FILES: Final = {
    source.name: source
    for source in SOURCES
    if source.mark is None and not source.name.startswith("store")
}
LATE: Final = datetime(2026, 1, 1, tzinfo=UTC)
QUICK: Final = ("parquet", "csv", "sendgrid", "xdm, lines")


class Plain(FileRollup):
    """Counts how many batches were read plainly."""

    plain = 0
    slowly = 0

    def _count_small(self, slices: Sequence[FileSlice]) -> bool:
        done = super()._count_small(slices)
        self.plain += done
        self.slowly += not done
        return done


class Sql(FileRollup):
    """Reads all batches by SQL."""

    def _count_small(self, slices: Sequence[FileSlice]) -> bool:  # noqa: ARG002 - all of them
        return False


def everything(rollup: Rollup, at: datetime = AT) -> list[Any]:
    """Return all that a rollup knows, of the campaigns that it holds."""
    known: list[Any] = [rollup.health, rollup.campaigns(), rollup.campaign]
    for campaign in CAMPAIGNS:
        counts = rollup.counts_of(campaign)
        messages, executions = counts.names()
        known += [sorted(messages), sorted(executions)]
        known += [(message, counts.channels(message)) for message in sorted(messages)]
        known += [counts.newest_event, counts.oldest_event]
        some = Selection(messages=frozenset(sorted(messages)[:1]))
        for span in SPANS:
            for tests in (False, True):
                snapshot = counts.snapshot(at=at, window=span, include_tests=tests)
                known += [to_json(snapshot), snapshot.messages, snapshot.executions]
                known += [snapshot.message_names, tables_of(snapshot), snapshot.uniques]
        chosen = counts.snapshot(at=at, window=SPANS[-1], selection=some)
        known.append(to_json(chosen))
    return known


def tables_of(snapshot: Snapshot) -> Row:
    """Return all counts by dimension, value and channel."""
    return {
        dimension: dict(
            zip(zip(table.values, table.channels, strict=True), table.counts.tolist(), strict=True)
        )
        for dimension, table in snapshot.counts.items()
    }


def followed(
    address: str, put: Callable[[int], object], parts: int
) -> tuple[list[Any], list[Any], Plain]:
    """Follow a source of several parts in both ways; return what is known in the end."""
    with ExitStack() as stack:
        rollups = [
            stack.enter_context(closing(kind(address, CAMPAIGNS[0]))) for kind in (Plain, Sql)
        ]
        for part in range(parts):
            put(part)
            for rollup in rollups:
                rollup.refresh()
                rollup.counts_of(CAMPAIGNS[1])
        plain, by_sql = rollups
        assert isinstance(plain, Plain)
        return everything(plain), everything(by_sql), plain


def assert_both_equal(plain: list[Any], by_sql: list[Any]) -> None:
    for one, other in zip(plain, by_sql, strict=True):
        assert one == other


@pytest.mark.parametrize("name", QUICK)
def test_formats_have_equal_numbers_in_both_ways(tmp_path: Path, name: str) -> None:
    assert_format_equal(tmp_path, name)


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("name", [name for name in BY_FILES if name not in QUICK])
def test_every_other_format_has_equal_numbers_in_both_ways(tmp_path: Path, name: str) -> None:
    assert_format_equal(tmp_path, name)


def assert_format_equal(tmp_path: Path, name: str) -> None:
    """With repeats, and rejected, ignored, late and future rows."""
    source = BY_FILES[name]
    rows = [*events(1), *later(1)]
    ahead = datetime.now(UTC) + timedelta(days=400)
    for time, some in ((LATE, rows[:20]), (ahead, rows[20:24])):
        rows += [row | {"event_id": f"{row['event_id']}{time}", "timestamp": time} for row in some]
    rows = [row for row in rows if source.expresses(row)]
    parts = [*files.split(rows, 4, seed=3), *([row] for row in rows[:6])]
    put = source.new(Place(tmp_path, lambda name: name))
    address = put(parts[0])
    plain, by_sql, rollup = followed(
        address, lambda number: put(parts[number]) if number else None, len(parts)
    )
    assert_both_equal(plain, by_sql)
    by_sql_alone = name in ("csv.gz", "csv.zst", "xdm, flattened") or name.startswith("mapped")
    assert rollup.plain or by_sql_alone


def written(rows: list[Row], path: Path) -> None:
    """Write rows; of text, rows are appended."""
    if path.suffix == ".ndjson":
        with path.open("a", encoding="utf-8") as out:
            out.write("".join(json.dumps(row, default=files._json) + "\n" for row in rows))
    else:
        files.write(rows, path)


@pytest.mark.parametrize("form", ["ndjson", "csv", "parquet"])
def test_rows_as_expected_are_read_plainly(tmp_path: Path, form: str) -> None:
    good = [
        {
            "event_id": f"event-{number}",
            "timestamp": AT - timedelta(minutes=number),
            "campaign_id": CAMPAIGNS[number % 2],
            "message_id": f"message-{number % 3}",
            "channel": "email",
            "profile_id": f"profile-{number % 50}",
            "event_type": ("sent", "bounce", "open")[number % 3],
            "reason": "Mailbox-Full" if number % 3 == 1 else None,
            "bounce_type": "soft" if number % 3 == 1 else None,
            "is_async": True if number % 6 == 1 else None,
            "is_test": number % 7 == 1,
            "domain": "ISP.example",
        }
        for number in range(85)
    ]
    numbers = count()

    def put(part: int) -> None:
        written(good[part * 20 : part * 20 + 25], tmp_path / f"{next(numbers)}.{form}")

    plain, by_sql, rollup = followed(str(tmp_path), put, 4)
    assert_both_equal(plain, by_sql)
    assert (rollup.slowly, rollup.plain) == (1, 3)
    assert rollup.health.duplicates == 15


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("odd", ODD_LINES)
def test_odd_lines_among_others_have_equal_numbers(tmp_path: Path, odd: bytes) -> None:
    path = tmp_path / "log.ndjson"
    lines = files.ndjson_text(list(events(1)[:40])).encode().splitlines(keepends=True)

    def put(part: int) -> None:
        with path.open("ab") as out:
            out.writelines(lines[part * 10 : part * 10 + 10])
            if part:
                out.write(odd + b"\n")

    plain, by_sql, _ = followed(str(tmp_path), put, 3)
    assert_both_equal(plain, by_sql)


TEXTS: Final = st.sampled_from(
    ("", " ", " x", "x ", "\t", "\x0b", "\xa0", "É", "İ", "ISP.example", "a\x00b", "Straße", "😀")
)
ODD: Final = st.one_of(TEXTS, VALUES, st.none())
COLUMNS: Final = (
    *("event_id", "timestamp", "campaign_id", "message_id", "channel", "profile_id", "event_type"),
    *("reason", "bounce_type", "is_async", "domain", "platform", "execution_id", "is_test"),
    *("is_machine", "campaign_name", "message_name", "url", "surplus", "Event_ID"),
)


@st.composite
def batches(draw: st.DrawFn) -> list[list[Row]]:
    """Return rows of several refreshes, in some of which a value is odd."""
    rows = [dict(row) for row in events(draw(st.integers(1, 20)))]
    start = draw(st.integers(0, len(rows) - 60))
    rows = [row for row in rows[start : start + 60] if (row["campaign_id"] or "").strip()]
    parts = files.split(rows, draw(st.integers(2, 4)), seed=draw(st.integers(0, 9)))
    for part in parts:
        for _ in range(draw(st.sampled_from((0, 0, 1, 2)))):
            row = part[draw(st.integers(0, len(part) - 1))] if part else {}
            row[draw(st.sampled_from(COLUMNS))] = draw(ODD)
        if part and draw(st.booleans()):
            part += [dict(row) for row in draw(st.lists(st.sampled_from(part), max_size=3))]
    return [part for part in parts if part]


@pytest.mark.usefixtures("matrix")
@budget(15)
@given(parts=batches(), names=st.sampled_from((("log",), ("a", "b"))))
def test_lines_with_any_values_have_equal_numbers(
    parts: list[list[Row]], names: tuple[str, ...]
) -> None:
    with TemporaryDirectory() as folder:

        def put(number: int) -> None:
            for name in names:
                written(parts[number], Path(folder, f"{name}.ndjson"))

        plain, by_sql, _ = followed(folder, put, len(parts))
    assert_both_equal(plain, by_sql)


def storable(value: object) -> object:
    """Return a value as text that any file can have."""
    if value is None or isinstance(value, (bool, datetime)):
        return value
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "replace").decode().replace("\x00", "")


@pytest.mark.usefixtures("matrix")
@budget(15)
@given(parts=batches(), form=st.sampled_from(files.FORMS))
def test_files_with_any_values_have_equal_numbers(parts: list[list[Row]], form: str) -> None:
    with TemporaryDirectory() as folder:

        def put(number: int) -> None:
            rows = [{key: storable(value) for key, value in row.items()} for row in parts[number]]
            files.write(rows, Path(folder, f"{number}.{form}"))

        plain, by_sql, _ = followed(folder, put, len(parts))
    assert_both_equal(plain, by_sql)
