from __future__ import annotations

from typing import Any

import pytest
from ipywidgets import Box, GridspecLayout, Label

from campaign_live_widgets.catalog import TABS, TILES, Text, Tile
from campaign_live_widgets.dashboard.editing.grid import ReportGrid
from campaign_live_widgets.errors import UnknownNameError
from campaign_live_widgets.layouts.places import COLUMNS, Place, places
from campaign_live_widgets.widgets import TileWidget
from tests.support.reports.frames import NASTY

PLACES = (Place("a", 6, 4), Place("b", 6, 8), Place("c", 7, 12))


@pytest.fixture
def grid() -> ReportGrid:
    return ReportGrid({name: Label(name) for name in "abc"}, PLACES)


def occupied(row: tuple[Place, ...]) -> list[set[tuple[int, int]]]:
    """Lay places out as CSS does with `row dense`: each in the first hole that takes it."""
    taken: set[tuple[int, int]] = set()
    cells = []
    for place in row:
        starts = ((r, c) for r in range(200) for c in range(COLUMNS - place.columns + 1))
        for r, c in starts:
            area = {(r + i, c + j) for i in range(place.rows) for j in range(place.columns)}
            if not area & taken:
                break
        taken |= area
        cells.append(area)
    return cells


def test_the_grid_is_a_gridspec_layout_of_twelve_columns(grid: ReportGrid) -> None:
    assert isinstance(grid, GridspecLayout)
    assert grid.n_columns == 12
    assert grid.layout.grid_template_columns == "repeat(12, minmax(0, 1fr))"
    assert grid.layout.grid_auto_flow == "row dense"
    assert grid.layout.grid_template_areas is None


def test_every_tile_has_its_span_and_order(grid: ReportGrid) -> None:
    assert grid["b"].layout.grid_area == "span 6 / span 8"
    assert [tile.layout.order for tile in grid.children] == ["0", "1", "2"]
    assert grid.places() == PLACES


def test_moving_resizing_and_hiding_do_not_change_the_children(grid: ReportGrid) -> None:
    before = grid.children
    grid.set_order(["c", "a"])
    grid.set_span("a", 3, 40)
    grid[0:2, 0:6] = grid["b"]
    grid.hide("c")
    assert grid.children is before
    rest = (Place("a", 3, 12), Place("b", 2, 6))
    assert grid.places() == (Place("c", 7, 12, shown=False), *rest)
    assert grid["c"].layout.display == "none"
    grid.restore("c")
    assert grid.places() == (Place("c", 7, 12), *rest)


def test_places_return_what_was_arranged(grid: ReportGrid) -> None:
    wanted = (Place("c", 3, 5), Place("b", 2, 6, shown=False), Place("a", 4, 4))
    before = grid.children
    grid.arrange(wanted)
    assert grid.children is before
    assert grid.places() == wanted
    assert [grid[i].layout.order for i in "cba"] == ["0", "1", "2"]
    assert grid["b"].layout.display == "none"
    grid.arrange(PLACES)
    assert grid.places() == PLACES
    assert grid["b"].layout.display is None


def test_tiles_that_a_layout_does_not_name_come_last_unchanged(grid: ReportGrid) -> None:
    grid.hide("a")
    grid.arrange([Place("gone", 2, 2), Place("c", 3, 30)])
    assert grid.places() == (Place("c", 3, 12), Place("a", 6, 4, shown=False), Place("b", 6, 8))
    grid.arrange(())
    assert grid.places()[0] == Place("c", 3, 12)


def test_an_arrangement_is_reported_once_it_is_complete(grid: ReportGrid) -> None:
    changes = []
    grid.observe(lambda _: changes.append(grid.places()), "arranged")
    wanted = (Place("c", 3, 5), Place("b", 2, 6, shown=False), Place("a", 4, 4))
    grid.arrange(wanted)
    assert changes == [wanted]


def test_only_tiles_that_changed_are_sent(sent: list[tuple[str, dict[str, Any]]]) -> None:
    grid = ReportGrid({name: Label(name) for name in "abc"}, PLACES)
    sent.clear()
    grid.arrange((Place("a", 6, 4), Place("b", 2, 7, shown=False), Place("c", 7, 12)))
    assert [data["state"] for _, data in sent] == [
        {"display": "none", "grid_area": "span 2 / span 7"}
    ]


def test_a_place_names_the_view_unless_it_is_the_first() -> None:
    tile = TILES["email.bounce_reasons"]
    widget = TileWidget(tile, NASTY["no_rows"](tile))
    grid = ReportGrid({tile.id: widget}, (Place(tile.id, 7, 6),))
    widget.view = "table"
    assert grid.places() == (Place(tile.id, 7, 6, view="table"),)
    grid.arrange((Place(tile.id, 7, 6),))
    assert widget.view == "donut"
    grid.arrange((Place(tile.id, 7, 6, view="table"),))
    assert widget.view == "table"
    grid.arrange((Place(tile.id, 7, 6, view="hologram"),))
    assert widget.view == "donut"


def test_a_tile_outside_of_the_grid_is_rejected(grid: ReportGrid) -> None:
    with pytest.raises(ValueError, match="not a tile of the grid"):
        grid[0:1, 0:1] = Label("new")
    with pytest.raises(UnknownNameError, match="tile 'z'"):
        grid.set_span("z", 1, 1)


def test_the_layout_places_all_tiles_once_in_their_tab() -> None:
    placed = places(TILES.values())
    assert list(placed) == list(TABS)
    assert sorted(p.tile_id for row in placed.values() for p in row) == sorted(TILES)
    assert all(p.tile_id.startswith(f"{tab}.") for tab, row in placed.items() for p in row)


@pytest.mark.parametrize("tab", TABS)
def test_the_layout_has_no_gap_and_no_overlap(tab: str) -> None:
    row = places(TILES.values())[tab]
    # The links are below all others, in half the width, and only where there are some.
    cells = occupied([place for place in row if place.shown and place.tile_id != "email.links"])
    union = set().union(*cells)
    assert len(union) == sum(map(len, cells))
    height = max(row for row, _ in union) + 1
    gaps = {(row, column) for row in range(height) for column in range(COLUMNS)} - union
    assert not gaps, f"(row, column) without a tile: change the sizes in layouts/places.py ({tab})"


def test_a_tile_without_a_place_is_offered_at_the_end_of_its_tab() -> None:
    title = Text("Texts", "Textos")
    new = [Tile(i, title, ("sent",), ("kpi",)) for i in ("sms.sent", "email.new")]
    placed = places([*new, TILES["email.summary"]])
    assert placed == {
        "email": (Place("email.summary", 7, 12), Place("email.new", 6, 6, shown=False)),
    }


def test_tiles_without_data_keep_their_places_and_no_one_can_move_them() -> None:
    row = [Place(tile_id, 4, 6) for tile_id in ("email.summary", "email.links", "push.summary")]
    grid = ReportGrid({place.tile_id: Box() for place in row}, row)
    grid.withhold({"email.links", "elsewhere"})
    assert grid["email.links"].layout.display == "none"
    assert grid.places() == tuple(row)
    assert [p.tile_id for p in grid.available_places()] == ["email.summary", "push.summary"]
    grid.arrange([Place("push.summary", 4, 6), Place("email.summary", 4, 6, shown=False)])
    order = [place.tile_id for place in grid.places()]
    assert order == ["push.summary", "email.summary", "email.links"]
    grid.withhold(())
    assert grid["email.links"].layout.display is None
    assert grid["email.summary"].layout.display == "none"
