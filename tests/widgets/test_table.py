from __future__ import annotations

import numpy as np
import pytest

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.widgets import VIEWS
from tests.support.reports.frames import NAMES, NASTY, frame


@pytest.mark.parametrize("tile_id", [t.id for t in TILES.values() if t.by])
def test_the_total_row_sums_every_column(tile_id: str) -> None:
    tile = TILES[tile_id]
    rows = frame(tile)
    grid = VIEWS["table"](tile, rows)._target
    assert grid.total == [int(rows[m].sum()) for m in tile.metrics]
    assert grid.counts.size == len(rows) * len(tile.metrics)
    assert np.array_equal(grid.counts.reshape(len(tile.metrics), -1).T, rows[list(tile.metrics)])


@pytest.mark.parametrize("tile_id", [t.id for t in TILES.values() if not t.by])
def test_different_metrics_are_not_summed(tile_id: str) -> None:
    tile = TILES[tile_id]
    assert VIEWS["table"](tile, frame(tile))._target.total == []


def test_a_rate_is_offered_if_both_its_columns_are_present() -> None:
    tile = TILES["email.metrics_by_message"]
    columns = {c["id"]: c for c in VIEWS["table"](tile, frame(tile))._target.options["columns"]}
    rated = {name: column["rateLabel"] for name, column in columns.items() if column["rateLabel"]}
    assert rated["bounces"] == "Sent"
    assert rated["opens"] == "Delivered"
    assert "sent" not in rated
    alone = TILES["email.bounces_by_message"]
    grid = VIEWS["table"](alone, frame(alone))._target
    assert [c["rateOf"] for c in grid.options["columns"]] == [-1, -1, -1]


def test_headings_have_definitions_in_the_language() -> None:
    tile = TILES["email.metrics_by_message"]
    grid = VIEWS["table"](tile, frame(tile), locale="fr")._target
    assert grid.options["columns"][1]["label"] == "Délivrés"
    assert grid.options["columns"][1]["definition"].startswith("Messages acceptés")


def test_rows_are_named_by_display_name_label_or_code() -> None:
    messages = TILES["email.metrics_by_message"]
    grid = VIEWS["table"](messages, frame(messages, ["m1", "x", "unknown"]), names=NAMES)._target
    assert grid.rows == ["Spring sale (m1)", "x", "unknown"]
    reasons = TILES["email.bounce_reasons"]
    grid = VIEWS["table"](reasons, frame(reasons, ["Mailbox-Full", "new"]), locale="fr")._target
    assert grid.rows == ["Boîte pleine", "new"]


def test_times_are_sent_as_seconds() -> None:
    tile = TILES["email.summary"]
    grid = VIEWS["table"](tile, NASTY["one_row"](tile), time_zone="Europe/Paris")._target
    assert grid.rows == [1795348800]
    assert (grid.options["isTime"], grid.clock) == (True, [[0, 3600, ""]])
