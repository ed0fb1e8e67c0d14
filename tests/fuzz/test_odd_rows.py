"""Whatever a vendor, or somebody else, writes: no row is lost, and no error but our own."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from campaign_live_widgets.engine import open_rollup
from tests.fuzz.accounts import FORMATS, account, counted, sample
from tests.fuzz.bending import ODD_LINES, places, put, remove
from tests.fuzz.budget import VALUES, budget

pytestmark = pytest.mark.usefixtures("matrix")

Row = dict[str, Any]

SEEDS: Final = st.integers(0, 10**6)


def samples(form: str, seed: int, count: int) -> list[Row]:
    rng = random.Random(seed)  # noqa: S311 - test data
    return [sample(form, rng, number) for number in range(count)]


def lines(rows: list[Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.mark.parametrize("form", FORMATS)
@budget(3)
@given(data=st.data(), seed=SEEDS)
def test_rows_with_wrong_or_missing_values_are_counted_rejected_or_ignored(
    form: str, data: st.DataObject, seed: int
) -> None:
    """Of each row something is of another type, or missing."""
    rows = samples(form, seed, 12)
    for row in rows:
        path = data.draw(st.sampled_from(list(places(row))))
        if data.draw(st.integers(0, 4)):
            put(row, path, data.draw(VALUES))
        else:
            remove(row, path)
    with TemporaryDirectory() as folder:
        Path(folder, "a.ndjson").write_text(lines(rows), encoding="utf-8")
        expected = account(f"{form}:{folder}")
        assert expected.lines == len(rows)
        assert counted(f"{form}:{folder}") == (expected.events, expected.rejected, expected.ignored)


@pytest.mark.parametrize("form", FORMATS)
@budget(3)
@given(values=st.lists(VALUES, max_size=6), indent=st.sampled_from([None, 1]))
def test_every_element_of_any_json_array_is_counted_rejected_or_ignored(
    form: str, values: list[Any], indent: int | None
) -> None:
    with TemporaryDirectory() as folder:
        Path(folder, "a.json").write_text(json.dumps(values, indent=indent), encoding="utf-8")
        expected = account(f"{form}:{folder}")
        outcomes = counted(f"{form}:{folder}")
    assert expected.records >= len(values)
    if not any(isinstance(value, list) for value in values):
        assert expected.records == len(values)
    assert outcomes is None or outcomes == (expected.events, expected.rejected, expected.ignored)


@pytest.mark.parametrize("form", FORMATS)
@budget(3)
@given(data=st.data(), seed=SEEDS)
def test_invalid_lines_are_rejected_and_valid_ones_between_them_counted(
    form: str, data: st.DataObject, seed: int
) -> None:
    """Good lines stay good between them, and rejects have the right line numbers."""
    good = [line.encode() for line in lines(samples(form, seed, 6)).splitlines()]
    mixed = [*((line, True) for line in good)]
    mixed += [(line, False) for line in data.draw(st.lists(st.sampled_from(ODD_LINES), min_size=3))]
    mixed = data.draw(st.permutations(mixed))
    with TemporaryDirectory() as folder:
        Path(folder, "good.ndjson").write_bytes(b"\n".join(good) + b"\n")
        alone = counted(f"{form}:{folder}")
        Path(folder, "good.ndjson").unlink()
        path = Path(folder, "a.ndjson")
        path.write_bytes(b"\n".join(line for line, _ in mixed) + b"\n")
        rollup = open_rollup(f"{form}:{folder}", "c1", follow=False)
        health = rollup.health
        rollup.close()
    assert alone is not None
    assert health.events + health.duplicates == alone[0]
    bad = {number for number, (_, fine) in enumerate(mixed, 1) if not fine}
    assert health.rejected + health.ignored >= len(bad)
    if not alone[1]:
        assert {reject.row for reject in health.rejects} <= bad


@pytest.mark.parametrize("form", FORMATS)
@budget(3)
@given(data=st.data(), shape=st.sampled_from(["lines", "array", "pretty", "together"]))
def test_rows_of_a_damaged_file_are_counted_rejected_or_ignored(
    form: str, data: st.DataObject, shape: str
) -> None:
    rows = samples(form, 3, 12)
    texts = {
        "lines": lines(rows),
        "array": json.dumps(rows),
        "pretty": json.dumps(rows, indent=1),
        "together": "".join(map(json.dumps, rows)),
    }
    raw = bytearray(texts[shape].encode())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(raw[: data.draw(st.integers(len(raw) // 2, len(raw)))])
    packed = data.draw(st.sampled_from(["", ".gz", ".zst"]))
    pack = {"": bytes, ".gz": gzip.compress, ".zst": zstandard.compress}[packed]
    with TemporaryDirectory() as folder:
        path = Path(folder, f"a.json{packed}")
        path.write_bytes(pack(cut))
        counted(folder)
        counted(folder, follow=True)
        path.write_bytes(pack(cut)[: -data.draw(st.integers(1, 9))])
        counted(folder)


def test_a_rejected_line_has_its_number_after_any_lines(tmp_path: Path) -> None:
    """Lines end where the engine's do, and only its blanks make a blank line."""
    good, *_ = samples("canonical", 1, 1)
    before = (b"\xc2\xa0", b"\xe2\x80\xa8", b"\x1c", b"\x0b", b'{"a":\r1}', b"", b" \t")
    line = json.dumps(good).encode()
    (tmp_path / "a.ndjson").write_bytes(b"\n".join([line, *before, b'{"a": 1}', line, b""]))
    rollup = open_rollup(tmp_path, "c1", follow=False)
    assert [reject.row for reject in rollup.health.rejects] == [2, 3, 4, 6, 9]
    assert (rollup.health.events, rollup.health.duplicates) == (1, 1)
