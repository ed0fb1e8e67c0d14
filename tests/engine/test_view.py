"""Numbers of a rollup are as of its last refresh while another thread reads its source."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.engine import new_rollup, open_rollup
from campaign_live_widgets.report import to_json
from campaign_live_widgets.store import Store
from tests.support.events import files, generate
from tests.support.events.generate import AT, WINDOWS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from campaign_live_widgets.engine import Rollup

    Row = dict[str, Any]
    Put = Callable[[list[Row], int], None]


def numbers_of(rollup: Rollup) -> Row:
    return to_json(rollup.snapshot(at=AT, window=WINDOWS["30d"]))


def in_files(folder: Path) -> tuple[str, Put]:
    folder.mkdir(exist_ok=True)
    return str(folder), lambda rows, number: files.write(rows, folder / f"part-{number}.ndjson")


def in_store(folder: Path) -> tuple[str, Put]:
    def put(rows: list[Row], _number: int) -> None:
        with Store.open(folder) as store:
            store.append(rows)

    return str(folder), put


@pytest.mark.parametrize("new", [in_files, in_store], ids=["files", "store"])
def test_numbers_change_in_place_only_once_that_was_announced(
    new: Callable[[Path], tuple[str, Put]], tmp_path: Path
) -> None:
    source, put = new(tmp_path / "events")
    rows = generate.events(3, 600, faults=False)
    put(rows[:300], 1)
    with closing(open_rollup(source, "c1")) as rollup:
        view, before = rollup.view(), numbers_of(rollup)
        announced: list[bool] = []

        def compare() -> None:
            announced.append(numbers_of(view) == before or bool(announced))

        rollup.before_change = compare
        put(rows[300:], 2)
        assert rollup.refresh()
        assert announced
        assert all(announced)
        assert rollup.shares_counts(view)
        assert numbers_of(rollup.view()) == numbers_of(rollup) != before


def test_a_view_keeps_the_numbers_of_a_source_that_is_counted_again(tmp_path: Path) -> None:
    source, put = in_files(tmp_path / "events")
    rows = generate.events(4, 400, faults=False)
    put(rows[:200], 1)
    put(rows[200:], 2)
    with closing(open_rollup(source, "c1")) as rollup:
        view, before = rollup.view(), numbers_of(rollup)
        (tmp_path / "events" / "part-1.ndjson").unlink()
        assert rollup.refresh()
        assert numbers_of(view) == before != numbers_of(rollup)
        assert not rollup.shares_counts(view)


def test_the_next_change_is_when_the_first_event_ahead_becomes_past(tmp_path: Path) -> None:
    source, put = in_files(tmp_path / "events")
    row = generate.events(5, 1, faults=False)[0]
    ahead = [AT + timedelta(seconds=20), AT + timedelta(hours=2)]
    put([row | {"event_id": str(at), "timestamp": at} for at in (AT - timedelta(1), *ahead)], 1)
    with closing(new_rollup(source, clock=lambda: AT)) as rollup:
        rollup.refresh()
        assert rollup.next_change(AT) == ahead[0]
        assert rollup.next_change(ahead[0]) == ahead[1]
        assert rollup.next_change(ahead[1]) is None
