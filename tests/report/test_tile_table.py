"""The rows of tiles as tables: equal to DataFrames, made once for all the pages of a process."""

from __future__ import annotations

import gc
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

from campaign_live_widgets.catalog import TILES, Tile
from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.report import TileTable, frame, rows, table_of, tile_table
from tests.support.events.memory import Event, snapshot_of

EVENTS = [
    Event(kind, channel, message_id=message, domain="d.example", reason=reason, platform="ios")
    for kind in ("sent", "delivered", "open", "bounce", "error")
    for channel in ("email", "push")
    for message, reason in (("m1", "full"), ("m2", None))
]
MESSAGES = TILES["email.metrics_by_message"]


@pytest.mark.parametrize("tile", TILES.values(), ids=lambda tile: tile.id)
@pytest.mark.parametrize("events", [EVENTS, []], ids=["some", "none"])
def test_a_table_and_its_dataframe_have_the_same_rows(tile: Tile, events: list[Event]) -> None:
    snapshot = snapshot_of(events)
    table, counted = tile_table(tile, snapshot), frame(tile, snapshot)
    assert table.equals(TileTable.of(counted))
    assert rows(table) == rows(counted)
    assert tuple(counted.columns) == table.columns == tile.columns
    assert {str(kind) for kind in counted.dtypes} <= {
        *("object", "int64", "float64", "datetime64[us, UTC]")
    }


def test_all_pages_get_the_same_table_of_a_snapshot() -> None:
    snapshot = snapshot_of(EVENTS)
    assert tile_table(MESSAGES, snapshot) is tile_table(MESSAGES, snapshot)
    assert tile_table(MESSAGES, snapshot) is not tile_table(MESSAGES, snapshot_of(EVENTS))


def test_what_was_made_for_a_snapshot_is_freed_with_it() -> None:
    snapshot = snapshot_of(EVENTS)
    data = weakref.ref(tile_table(MESSAGES, snapshot)["sent"])
    assert data() is not None
    del snapshot
    gc.collect()
    assert data() is None


def test_a_derived_value_is_made_once_by_all_threads() -> None:
    table, made = tile_table(MESSAGES, snapshot_of(EVENTS)), []

    def make() -> str:
        time.sleep(0.01)
        made.append(1)
        return "value"

    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(lambda _: table.once("key", make), range(32)))
    assert (set(values), len(made)) == ({"value"}, 1)


def test_unknown_numbers_of_a_dataframe_stay_unknown() -> None:
    tile = TILES["campaign.statistics"]
    table = table_of(tile, pd.DataFrame({"metric": ["a", "b"], "count": [2**53 - 1, None]}))
    assert table.numbers("count") == [2**53 - 1, None]
    assert table.counts(("count",)).tolist() == [[2**53 - 1, 0]]


def test_a_later_change_of_a_dataframe_does_not_change_its_table() -> None:
    counted = frame(MESSAGES, snapshot_of(EVENTS))
    table = TileTable.of(counted)
    counted.loc[:, "sent"] = 7
    assert table.numbers("sent") == [1, 1]


def test_tables_differ_in_any_number() -> None:
    one = TileTable({"metric": ("a",), "count": np.array([1]), "share": np.array([np.nan])})
    assert one.equals(TileTable({name: one[name] for name in one.columns}))
    for name, other in (("metric", ("b",)), ("count", np.array([2])), ("share", np.array([0.5]))):
        changed = {column: one[column] for column in one.columns} | {name: other}
        assert not one.equals(TileTable(changed))


def test_other_columns_than_those_of_the_tile_are_refused() -> None:
    with pytest.raises(UsageError, match="it must have"):
        table_of(TILES["push.metrics_by_message"], tile_table(MESSAGES, snapshot_of(EVENTS)))
