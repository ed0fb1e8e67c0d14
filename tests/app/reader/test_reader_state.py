"""A reader starts from its saved state, and from the source where that cannot be used."""

from __future__ import annotations

import random
import time
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.app.settings.query import Query
from campaign_live_widgets.engine import FileRollup
from campaign_live_widgets.engine.duckdb import resumable_rollup
from campaign_live_widgets.report import to_json
from campaign_live_widgets.store import Store
from tests.support.events import files, generate
from tests.support.events.generate import AT
from tests.support.reader.running import running
from tests.support.reports.direct import direct_report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

QUERY = Query(campaign="c1", at=AT, window=timedelta(days=7))


@pytest.fixture(autouse=True)
def states(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "campaign-live" / "state"


def read(source: Path) -> dict[str, Any]:
    """Run a reader with a cache, and return the report that a page of it shows."""
    with running(source, use_cache=True) as reader:
        feed = reader.feed(campaign="c1", at=AT, window=QUERY.window)
        feed.refresh()
        return to_json(feed.snapshot())


@contextmanager
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """Yield the slices of files that are counted meanwhile."""
    counted: list[object] = []
    count = FileRollup._count_slices
    with monkeypatch.context() as patch:
        patch.setattr(
            FileRollup,
            "_count_slices",
            lambda rollup, slices: (counted.extend(slices), count(rollup, slices)),
        )
        yield counted


def test_it_starts_from_its_state_and_reads_only_new_files(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = read(source)
    with counting(monkeypatch) as counted:
        assert read(source) == first
    assert not counted
    files.write(generate.events(6, 40), source / "2.parquet")
    with counting(monkeypatch) as counted:
        assert read(source) == direct_report(source, QUERY) != first
        assert len(counted) == 1 + 2  # the new file, then all of the direct report


def damaged(content: bytes, kind: str) -> bytes:
    chance = random.Random(kind)  # noqa: S311 - no secret
    if kind == "cut":
        return content[: chance.randrange(len(content))]
    if kind == "empty":
        return b""
    changed = bytearray(content)
    for _ in range(1 if kind == "one bit" else 1000):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


@pytest.mark.parametrize("kind", ["cut", "empty", "one bit", "many bits"])
def test_a_damaged_state_is_not_used(source: Path, states: Path, kind: str) -> None:
    wanted = read(source)
    (state,) = states.iterdir()
    state.write_bytes(damaged(state.read_bytes(), kind))
    assert read(source) == wanted
    files.write(generate.events(6, 40), source / "2.parquet")
    assert read(source) == direct_report(source, QUERY)
    assert list(states.iterdir()) == [state]


@pytest.mark.parametrize("part", ["format", "counting", "duckdb"])
def test_a_state_of_another_version_is_not_used(
    source: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    own = resumable_rollup.guard
    with monkeypatch.context() as patch:
        patch.setattr(resumable_rollup, "guard", lambda *args: own(*args) | {part: "another"})
        wanted = read(source)
    with counting(monkeypatch) as counted:
        assert read(source) == wanted
    assert counted


def replaced(source: Path) -> None:
    files.write(generate.events(9, 100), source / "1.parquet")


def removed(source: Path) -> None:
    files.write(generate.events(9, 100), source / "2.parquet")
    (source / "1.parquet").unlink()


@pytest.mark.parametrize("change", [replaced, removed])
def test_files_that_were_changed_since_are_counted_again(
    source: Path, change: Callable[[Path], None]
) -> None:
    read(source)
    change(source)
    assert read(source)["widgets"] == direct_report(source, QUERY)["widgets"]


def test_a_store_starts_from_its_state(tmp_path: Path) -> None:
    path = tmp_path / "store"
    with Store.open(path) as store:
        store.append(generate.events(5, 200, faults=False))
    wanted = read(path)
    assert wanted == direct_report(path, QUERY)
    with Store.open(path) as store:
        store.append(generate.events(6, 50, faults=False))
    assert read(path) == direct_report(path, QUERY) != wanted


def test_a_state_is_saved_while_it_runs(source: Path, states: Path) -> None:
    with running(source, use_cache=True) as reader:
        reader.feed().refresh()
        deadline = time.monotonic() + 30
        while not list(states.glob("*.state")):
            assert time.monotonic() < deadline
            time.sleep(0.02)
