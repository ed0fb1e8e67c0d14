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
    counts = grid.counts.reshape(len(grid.columns), -1)
    counted = [c.id for c in tile.typed[1:] if c.kind == "count"]
    for place, column in enumerate(grid.columns):
        if column["id"] in counted:
            assert grid.total[place] == int(rows[column["id"]].sum())
            assert np.array_equal(counts[place], rows[column["id"]])
    assert bool(grid.total) == bool(counted)
    assert set(counted) <= {column["id"] for column in grid.columns}


def test_rates_of_the_total_are_computed_from_the_totals() -> None:
    tile = TILES["deliverability.providers"]
    rows = frame(tile)
    rows["sent"], rows["pending"], rows["delivered"] = [1000, 200, 50], [0, 100, 0], [990, 90, 45]
    rows["failure_rate"] = [0.01, 0.1, 0.1]  # 10 of 1000, 10 of 100, 5 of 50
    rows["spam_complaints"] = [9, 0, 0]
    grid = VIEWS["table"](tile, rows)._target
    total = {column["id"]: value for column, value in zip(grid.columns, grid.total, strict=True)}
    assert total["failure_rate"] == pytest.approx(25 / 1150, rel=1e-12)
    assert total["failure_low"] < 25 / 1150 < total["failure_high"]
    assert total["complaint_rate"] == pytest.approx(9 / 1125, rel=1e-12)
    assert total["retries_per_sent"] == pytest.approx(rows["retries"].sum() / 1250, rel=1e-12)
    assert total["verdict"] == "over"  # complaints and hard bounces of the whole campaign


def test_ends_of_intervals_are_no_columns_of_their_own() -> None:
    tile = TILES["deliverability.providers"]
    grid = VIEWS["table"](tile, frame(tile))._target
    readable = [column["id"] for column in grid.columns if column["isShown"]]
    assert readable == [c for c in tile.columns[1:] if not c.endswith(("_low", "_high"))]
    rate = next(column for column in grid.columns if column["id"] == "failure_rate")
    assert [grid.columns[end]["id"] for end in rate["ends"]] == ["failure_low", "failure_high"]


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_verdicts_have_a_word_and_a_shape_of_their_own(locale: str) -> None:
    tile = TILES["deliverability.providers"]
    words = VIEWS["table"](tile, frame(tile), locale=locale)._target.options["words"]
    shapes, texts = zip(*words.values(), strict=True)
    assert len(set(shapes)) == len(set(texts)) == 6
    assert words["over"][1] == ("over the limit" if locale == "en" else "au-delà de la limite")


def test_causes_unfold_to_what_to_do() -> None:
    tile = TILES["deliverability.bounce_classes"]
    grid = VIEWS["table"](tile, frame(tile, ["address", "volume"]), locale="fr")._target
    assert grid.ids == ["address", "volume"]
    terms, texts = zip(*grid.options["advice"]["address"], strict=True)
    assert [term.rstrip(" :\N{NO-BREAK SPACE}") for term in terms] == [
        "Responsable",
        "Nouvel envoi",
        "Exclure l'adresse",
        "À faire",
    ]
    assert texts[:3] == ("responsable de la liste", "non", "oui")
    assert VIEWS["table"](TILES["email.links"], frame(TILES["email.links"]))._target.ids == []


@pytest.mark.parametrize("tile_id", [t.id for t in TILES.values() if not t.by])
def test_different_metrics_are_not_summed(tile_id: str) -> None:
    tile = TILES[tile_id]
    assert VIEWS["table"](tile, frame(tile))._target.total == []


def test_a_rate_is_offered_if_both_its_columns_are_present() -> None:
    tile = TILES["email.metrics_by_message"]
    columns = {c["id"]: c for c in VIEWS["table"](tile, frame(tile))._target.columns}
    rated = {name: column["rateLabel"] for name, column in columns.items() if column["rateLabel"]}
    assert rated["bounces"] == "Sent"
    assert rated["opens"] == "Delivered"
    assert "sent" not in rated
    alone = TILES["email.bounces_by_message"]
    grid = VIEWS["table"](alone, frame(alone))._target
    assert [c["rateOf"] for c in grid.columns] == [-1, -1, -1]


def test_headings_have_definitions_in_the_language() -> None:
    tile = TILES["email.metrics_by_message"]
    grid = VIEWS["table"](tile, frame(tile), locale="fr")._target
    assert grid.columns[1]["label"] == "Délivrés"
    assert grid.columns[1]["definition"].startswith("Messages acceptés")


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
