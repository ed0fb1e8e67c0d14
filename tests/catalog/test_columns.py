"""The typed columns of tiles: what their cells are, how they are named, which frames fit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from campaign_live_widgets.catalog import (
    LOCALES,
    METRICS,
    TILES,
    Distinct,
    Tile,
    column_label,
)
from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.report import TileTable, frame_csv, rows, table_of

ANALYSES = [tile for tile in TILES.values() if tile.fields]
RATE = ("failure_rate", "failure_low", "failure_high")


@pytest.mark.parametrize("tile", TILES.values(), ids=lambda tile: tile.id)
def test_columns_have_kinds_and_metrics_are_whole_numbers(tile: Tile) -> None:
    assert tuple(column.id for column in tile.typed) == tile.columns
    assert tile.typed[0].kind == ("time" if tile.by == "bucket" else "text")
    for metric in tile.metrics if tile.by else ():
        is_distinct = isinstance(METRICS[metric].formula, Distinct)
        assert tile.column(metric).kind == ("unique" if is_distinct else "count")
    for column in tile.typed:
        assert set(column.ends or ()) <= set(tile.columns)
        assert column.of is None or column.of in METRICS
        assert column.kind in {"ratio", "number"} or column.of is None


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("tile", ANALYSES, ids=lambda tile: tile.id)
def test_every_column_has_a_label_of_its_own(tile: Tile, locale: str) -> None:
    labels = [
        column_label(column.id, locale, tile) for column in tile.typed if not column.dimension
    ]
    assert len(set(labels)) == len(labels)
    assert not set(labels) & set(tile.columns)


def test_the_ends_of_an_interval_are_named_by_their_rate() -> None:
    assert column_label("failure_low") == "Failure rate, 95% interval: low"
    assert column_label("complaint_high", "fr").startswith("Taux de plaintes, intervalle à 95")


def test_a_value_that_is_a_column_is_no_dimension() -> None:
    tile = TILES["deliverability.causes_by_provider"]
    assert column_label("domain") == "Recipient domain"
    assert column_label("domain", tile=tile) != "Recipient domain"


def test_unknown_counts_stay_whole_numbers() -> None:
    links = TILES["email.links"]
    frame = pd.DataFrame(
        {
            "link": ["a.example", "b.example"],
            "clicks": [3, 1],
            "machine_clicks": [0, 1],
            "unique_people": [2, None],
            "share": [0.75, 0.25],
        }
    )
    table = table_of(links, frame)
    assert rows(table) == [["a.example", 3, 0, 2, 0.75], ["b.example", 1, 1, None, 0.25]]
    assert table.numbers("unique_people") == [2, None]
    assert [type(row[3]) for row in rows(table)] == [int, type(None)]
    assert "a.example,3,0,2,0.75" in frame_csv(table)


def test_a_table_has_texts_beside_its_numbers() -> None:
    codes = TILES["deliverability.bounce_codes"]
    frame = pd.DataFrame(
        {
            "status_code": ["5.1.1", "others"],
            "reason": ["unknown", None],
            "class": ["address", None],
            "bounces": [3, 1],
            "retries": [0, 1],
        }
    )
    table = table_of(codes, frame)
    assert [name for name in table.columns if table.is_text(name)] == list(codes.columns[:3])
    assert rows(table) == [
        ["5.1.1", "unknown", "address", 3, 0],
        ["others", None, None, 1, 1],
    ]


def test_a_frame_may_have_a_column_for_each_of_some_values() -> None:
    tile = TILES["deliverability.failures_over_time"]
    data = {"bucket": np.array([0], "datetime64[us]"), "gmail": np.array([np.nan])}
    assert rows(table_of(tile, TileTable(data))) == [["1970-01-01T00:00:00Z", None]]
    assert tile.column("gmail").kind == "ratio"
    with pytest.raises(UsageError, match="one for each provider"):
        table_of(tile, TileTable({"gmail": data["gmail"], "bucket": data["bucket"]}))
    with pytest.raises(KeyError):
        TILES["email.summary"].column("gmail")


def test_intervals_follow_their_rates() -> None:
    columns = TILES["deliverability.providers"].columns
    assert columns[columns.index(RATE[0]) :][:3] == RATE
