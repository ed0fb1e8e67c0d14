from __future__ import annotations

import pytest
from ipywidgets import GridspecLayout, Label

from campaign_live_widgets.catalog import TABS, TILES, Text, Tile
from campaign_live_widgets.dashboard.grid import ReportGrid
from campaign_live_widgets.dashboard.layouts import COLUMNS, Place, places
from campaign_live_widgets.errors import UnknownNameError

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


def test_it_is_a_gridspec_layout_of_twelve_columns(grid: ReportGrid) -> None:
    assert isinstance(grid, GridspecLayout)
    assert grid.n_columns == 12
    assert grid.layout.grid_template_columns == "repeat(12, minmax(0, 1fr))"
    assert grid.layout.grid_auto_flow == "row dense"
    assert grid.layout.grid_template_areas is None


def test_every_tile_has_its_span_and_order(grid: ReportGrid) -> None:
    assert grid["b"].layout.grid_area == "span 6 / span 8"
    assert [tile.layout.order for tile in grid.children] == ["0", "1", "2"]
    assert grid.places() == PLACES


def test_moving_growing_and_hiding_leave_the_children_alone(grid: ReportGrid) -> None:
    before = grid.children
    grid.set_order(["c", "a"])
    grid.set_span("a", 3, 40)
    grid[0:2, 0:6] = grid["b"]
    grid.hide("c")
    assert grid.children is before
    assert grid.places() == (Place("a", 3, 12), Place("b", 2, 6))
    assert grid["c"].layout.display == "none"
    grid.restore("c")
    assert grid.places() == (Place("c", 7, 12), Place("a", 3, 12), Place("b", 2, 6))


def test_a_tile_that_is_not_in_the_grid_is_refused(grid: ReportGrid) -> None:
    with pytest.raises(ValueError, match="none of them"):
        grid[0:1, 0:1] = Label("new")
    with pytest.raises(UnknownNameError, match="tile 'z'"):
        grid.set_span("z", 1, 1)


def test_the_layout_places_all_tiles_once_in_their_tab() -> None:
    placed = places(TILES.values())
    assert list(placed) == list(TABS)
    assert sorted(p.tile_id for row in placed.values() for p in row) == sorted(TILES)
    assert all(p.tile_id.startswith(f"{tab}.") for tab, row in placed.items() for p in row)


@pytest.mark.parametrize("tab", TABS)
def test_the_layout_leaves_no_hole_and_no_overlap(tab: str) -> None:
    cells = occupied(places(TILES.values())[tab])
    union = set().union(*cells)
    assert len(union) == sum(map(len, cells))
    assert len(union) == (max(r for r, _ in union) + 1) * COLUMNS


def test_a_tile_no_layout_names_stands_at_the_end_of_its_tab() -> None:
    title = Text("Texts", "Textos")
    new = [Tile(i, title, ("sent",), ("kpi",)) for i in ("sms.sent", "email.new")]
    placed = places([*new, TILES["email.summary"]])
    assert placed == {
        "email": (Place("email.summary", 7, 12), Place("email.new", 6, 6)),
        "sms": (Place("sms.sent", 6, 6),),
    }
