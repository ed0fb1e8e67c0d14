"""Tables of any shape: CSV with any cells, Parquet with any types."""

from __future__ import annotations

import csv
import random
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.sources.formats.times import NOT_A_TIME
from tests import oracle
from tests.fuzz.accounts import FORMATS, account, counted, sample
from tests.fuzz.budget import TEXTS, budget
from tests.support.events import files

pytestmark = pytest.mark.usefixtures("matrix")

Row = dict[str, Any]

DAMAGED: Final = "it is damaged, or its content does not match its file extension"

CELLS: Final = st.one_of(
    TEXTS, st.sampled_from(('"', '""', 'a"b', "a,b", "a;b", "two\nlines", "\r", "\r\n", "\t", "|"))
).map(lambda text: text.encode("utf-8", "ignore").decode())


@pytest.mark.parametrize("form", FORMATS)
@budget(3)
@given(data=st.data(), seed=st.integers(0, 10**6), delimiter=st.sampled_from(",;\t|"))
def test_csv_rows_with_any_cell_are_counted_rejected_or_ignored(
    form: str, data: st.DataObject, seed: int, delimiter: str
) -> None:
    rng = random.Random(seed)  # noqa: S311 - test data
    rows = [files.flattened(sample(form, rng, number)) for number in range(8)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    for row in rows:
        row[data.draw(st.sampled_from(names))] = data.draw(CELLS)
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.csv")
        with path.open("w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, names, delimiter=delimiter, quoting=csv.QUOTE_ALL)
            writer.writeheader()
            writer.writerows(rows)
        expected = account(f"{form}:{path}")
        assert expected.records == len(rows)
        assert counted(f"{form}:{path}") == (expected.events, expected.rejected, expected.ignored)


_TIMES: Final = tuple(
    pa.timestamp(unit, zone) for unit in ("s", "ms", "us", "ns") for zone in (None, "UTC", "+05:30")
)
TYPES: Final = (
    *(pa.null(), pa.bool_(), pa.int8(), pa.uint8(), pa.int16(), pa.int64(), pa.uint64()),
    *(pa.float16(), pa.float32(), pa.float64(), pa.decimal128(38, 10)),
    *(pa.string(), pa.large_string(), pa.binary(), pa.binary(3), pa.date32(), pa.date64()),
    *(pa.time32("s"), pa.time64("us"), pa.duration("us"), *_TIMES),
    *(pa.list_(pa.string()), pa.list_(pa.int64()), pa.map_(pa.string(), pa.int64())),
    pa.struct({"a": pa.string(), "B": pa.list_(pa.struct({"c": pa.int8()}))}),
    *(pa.dictionary(pa.int8(), pa.string()), pa.list_(pa.list_(pa.bool_())), pa.struct({})),
)


@st.composite
def columns(draw: st.DrawFn, length: int) -> pa.Array:
    """Draw a column of any type, nothing and the extreme in it."""
    kind = draw(st.sampled_from(TYPES))
    seed = draw(st.integers(0, 2**16))
    rng = random.Random(seed)  # noqa: S311 - test data
    return pa.array(
        [None if rng.random() < 0.3 else _value(kind, rng) for _ in range(length)], kind
    )


def _whole(kind: pa.DataType) -> pa.DataType:
    return pa.int32() if kind.bit_width == 32 else pa.int64()


def _extremes(kind: pa.DataType) -> tuple[int, ...]:
    """Return times as numbers: those of milliseconds as far as microseconds go."""
    if pa.types.is_time(kind):
        return (0, 86_399)
    if pa.types.is_timestamp(kind) and kind.unit == "ms":
        return (1 - 2**63 // 1000, 0, 1_763_640_000, 2**63 // 1000 - 1)
    top = 2 ** (kind.bit_width - 1) - 1
    return (-top - 1, 0, 1_763_640_000, top)


def _value(kind: pa.DataType, rng: random.Random) -> Any:  # noqa: ANN401, C901, PLR0911 - one for each
    if pa.types.is_null(kind):
        return None
    if pa.types.is_boolean(kind):
        return rng.random() < 0.5
    if pa.types.is_integer(kind) or pa.types.is_duration(kind):
        width = kind.bit_width - (not str(kind).startswith("u"))
        top = 2**width - 1
        low = 0 if str(kind).startswith("u") else -top - 1
        return rng.choice((low, top, 0, 1, min(top, 1_763_640_000)))
    if pa.types.is_floating(kind):
        return rng.choice((0.0, -0.0, float("nan"), float("inf"), 1.5))
    if pa.types.is_decimal(kind):
        return rng.choice((Decimal(0), Decimal(100), Decimal(-100)))
    if pa.types.is_temporal(kind):
        return pa.scalar(rng.choice(_extremes(kind)), _whole(kind)).cast(kind, safe=False)
    if pa.types.is_struct(kind):
        return {field.name: _value(field.type, rng) for field in kind}
    if pa.types.is_map(kind):
        return [(name, _value(kind.item_type, rng)) for name in ("a", "b")[: rng.randrange(3)]]
    if pa.types.is_list(kind):
        return [_value(kind.value_type, rng) for _ in range(rng.randrange(3))]
    if pa.types.is_dictionary(kind):
        return _value(kind.value_type, rng)
    if pa.types.is_fixed_size_binary(kind):
        return rng.choice((b"\xff\x00a", b"abc"))
    if pa.types.is_binary(kind):
        return rng.choice((b"", b"\xff", b"abc"))
    return rng.choice(("", " ", "\x00", "sent", "email", "2026-11-23T12:00:00Z", "[", "\U0001f600"))


@pytest.mark.parametrize("form", ["canonical", "ajo", "sendgrid"])
@budget(5)
@given(data=st.data(), seed=st.integers(0, 10**6))
def test_parquet_rows_with_columns_of_any_type_are_counted_rejected_or_ignored(
    form: str, data: st.DataObject, seed: int
) -> None:
    rng = random.Random(seed)  # noqa: S311 - test data
    rows = [files.flattened(sample(form, rng, number)) for number in range(8)]
    words = [{name: _word(value) for name, value in row.items()} for row in rows]
    table = files.table(words)
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, table.num_columns - 1))
        table = table.set_column(place, table.column_names[place], data.draw(columns(len(rows))))
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.parquet")
        if not written(table, path):
            return
        expected = account(f"{form}:{path}")
        assert expected.records == len(rows)
        assert counted(f"{form}:{path}") == (expected.events, expected.rejected, expected.ignored)


def written(table: pa.Table, path: Path) -> bool:
    """Write a table; return whether Parquet has such types."""
    try:
        pq.write_table(table, path)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return False
    return True


def _word(value: object) -> object:
    """Return a value as a text that a column of texts can hold; identities stay a map."""
    return value if value is None or isinstance(value, dict) else str(value)


@pytest.mark.parametrize(
    "name",
    ["timestamp", *(pytest.param(n, marks=pytest.mark.matrix) for n in oracle.COLUMNS[2:])],
)
def test_a_column_may_have_every_parquet_type(tmp_path: Path, name: str) -> None:
    rng = random.Random(1)  # noqa: S311 - test data
    rows = [files.flattened(sample("canonical", rng, number)) for number in range(3)]
    whole = files.table(rows)
    place = whole.column_names.index(name)
    for number, kind in enumerate(TYPES):
        column = pa.array([_value(kind, rng) for _ in rows], kind)
        path = tmp_path / f"{number}.parquet"
        if written(whole.set_column(place, name, column), path):
            assert account(path).records == len(rows), kind


def test_only_the_row_with_an_invalid_date_is_rejected(tmp_path: Path) -> None:
    rows = [sample("canonical", random.Random(2), number) for number in range(3)]  # noqa: S311
    days = pa.array([20_000, 1_763_640_000, None], pa.int32()).cast(pa.date32())
    whole = files.table(rows)
    place = whole.column_names.index("timestamp")
    pq.write_table(whole.set_column(place, "timestamp", days), tmp_path / "a.parquet")
    rollup = open_rollup(tmp_path, "c1", follow=False)
    assert (rollup.health.events, rollup.health.rejected) == (1, 2)
    assert [reject.cause for reject in rollup.health.rejects] == [
        NOT_A_TIME,
        "timestamp is missing",
    ]


@pytest.mark.parametrize("column", ["timestamp", "note"])
def test_a_time_beyond_the_engines_range_is_reported(tmp_path: Path, column: str) -> None:
    """Milliseconds reach further than its microseconds; a column that is not read is ignored."""
    rows = [sample("canonical", random.Random(2), number) for number in range(2)]  # noqa: S311
    files.write(rows, tmp_path / "a.ndjson")
    far = pa.array([2**62, 0]).cast(pa.timestamp("ms", "UTC"))
    whole = files.table([row | {"event_id": row["event_id"] + "-"} for row in rows])
    if column in whole.column_names:
        whole = whole.drop_columns([column])
    pq.write_table(whole.append_column(column, far), tmp_path / "b.parquet")
    rollup = open_rollup(tmp_path, "c1", follow=True)
    notes = () if column == "note" else (f"b.parquet: cannot be read: {DAMAGED}",)
    assert rollup.health.notes == notes
    assert rollup.health.events == (2 if notes else 4)
