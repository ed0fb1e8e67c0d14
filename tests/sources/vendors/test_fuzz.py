"""Whatever a vendor, or somebody else, writes: no row is lost, and no error but our own.

``FUZZ_EXAMPLES=500`` in the environment looks further, at random.
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import generate_vendors
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle import BOUNCE_TYPES, EVENT_TYPES
from staged import staged
from vendor_facts import facts

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.errors import CampaignLiveError

if TYPE_CHECKING:
    from collections.abc import Iterator

Row = dict[str, Any]

REQUIRED = (
    *("event_id", "us", "campaign_id", "message_id", "channel", "profile_id", "event_type"),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from(
        ["", " ", "[", "[]", "{}", '["a"]', "[1", '{"a":1}', "\x00", "\ud800", "a@b@c"]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
QUIET = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "6")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize="FUZZ_EXAMPLES" not in os.environ,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
    """Yield the paths of everything inside a value."""
    inner = value.items() if isinstance(value, dict) else ()
    if isinstance(value, list):
        inner = enumerate(value)
    for name, child in inner:
        yield (*path, name)
        yield from places(child, (*path, name))


def put(value: Any, path: tuple[Any, ...], new: Any) -> None:  # noqa: ANN401
    for name in path[:-1]:
        value = value[name]
    value[path[-1]] = new


def accounted(source: str) -> tuple[int, int]:
    """Return how many lines and how many records came, each of them one thing.

    A record is accepted with all its events, or refused, or ignored; not one and another.
    """
    records: dict[int, list[Row]] = {}
    for row in staged(source):
        records.setdefault(row["place"], []).append(row)
    for rows in records.values():
        refused = {row["cause"] is not None for row in rows}
        assert len(refused) == 1
        parts = [row["part"] for row in rows]
        assert parts in ([0], list(range(1, len(rows) + 1)))
        if parts == [0]:
            assert refused == {False}
        if refused == {False} and parts != [0]:
            for row in rows:
                assert None not in [row[name] for name in REQUIRED]
                assert row["event_type"] in EVENT_TYPES
                assert row["bounce_type"] in (None, *BOUNCE_TYPES)
    lines = {row["row"] for rows in records.values() for row in rows}
    return len(lines), len(records)


@pytest.mark.parametrize("vendor", generate_vendors.VENDORS)
@QUIET
@given(data=st.data(), seed=st.integers(0, 10**6))
def test_rows_with_something_else_in_them(vendor: str, data: st.DataObject, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - test data
    rows = []
    for number in range(12):
        raw = generate_vendors.VENDORS[vendor](rng, facts(rng, number)).raw
        raw = json.loads(json.dumps(raw))
        put(raw, data.draw(st.sampled_from(list(places(raw)))), data.draw(VALUES))
        rows.append(raw)
    with TemporaryDirectory() as folder:
        text = "".join(json.dumps(row) + "\n" for row in rows)
        Path(folder, "a.ndjson").write_text(text, encoding="utf-8")
        assert accounted(f"{vendor}:{folder}")[0] == len(rows)


@pytest.mark.parametrize("vendor", generate_vendors.VENDORS)
@QUIET
@given(values=st.lists(VALUES, max_size=6), indent=st.sampled_from([None, 1]))
def test_any_array(vendor: str, values: list[Any], indent: int | None) -> None:
    with TemporaryDirectory() as folder:
        Path(folder, "a.json").write_text(json.dumps(values, indent=indent), encoding="utf-8")
        count = accounted(f"{vendor}:{folder}")[1]
    assert count >= len(values)
    if not any(isinstance(value, list) for value in values):
        assert count == len(values)


@pytest.mark.parametrize("vendor", generate_vendors.VENDORS)
@QUIET
@given(data=st.data())
def test_files_cut_and_bent(vendor: str, data: st.DataObject) -> None:
    rows = [m.raw for m in generate_vendors.rows(vendor, seed=3, size=20)][:15]
    form = data.draw(st.sampled_from(["lines", "array"]))
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    raw = bytearray((lines if form == "lines" else json.dumps(rows)).encode())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(len(raw) // 2, len(raw)))
    with TemporaryDirectory() as folder:
        Path(folder, "a.json").write_bytes(bytes(raw[:cut]))
        for follow in (True, False):
            try:
                open_rollup(folder, "c1", follow=follow)
            except CampaignLiveError:
                assert not follow
