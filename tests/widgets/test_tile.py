from __future__ import annotations

import threading
from typing import Any

import pytest
from ipywidgets.widgets.widget import _instances

import campaign_live_widgets.dashboard  # noqa: F401 - declares its scripts
from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.errors import UnknownNameError, UsageError
from campaign_live_widgets.widgets import TileWidget
from campaign_live_widgets.widgets.base.assets import library
from tests.support.reports.frames import NAMES, frame
from tests.widgets.conftest import Wire, picture


def tile_widget(tile_id: str, **kwargs: Any) -> TileWidget:  # noqa: ANN401
    return TileWidget(TILES[tile_id], frame(TILES[tile_id]), names=NAMES, **kwargs)


@pytest.mark.parametrize("tile_id", TILES)
@pytest.mark.parametrize("locale", ["en", "fr"])
def test_every_tile_has_its_classes_and_its_title(tile_id: str, locale: str) -> None:
    widget = tile_widget(tile_id, locale=locale)
    assert {"clw-tile", TILES[tile_id].css_class} <= set(widget._dom_classes)
    assert widget._head.title == TILES[tile_id].title(locale)
    assert widget.view == TILES[tile_id].views[0]
    assert widget.tile is TILES[tile_id]


@pytest.mark.parametrize("tile_id", TILES)
def test_every_chart_can_be_read_as_a_table(tile_id: str) -> None:
    widget = tile_widget(tile_id)
    assert "table" in widget._head.views
    widget.view = "table"
    rows = frame(TILES[tile_id])
    assert len(widget._views["table"]._target.rows) == len(rows)


def test_a_switch_builds_the_other_view_once_and_hides_the_first() -> None:
    widget = tile_widget("email.bounce_reasons")
    donut = widget.children[1]
    widget.view = "table"
    table = widget.children[2]
    assert (donut.layout.display, table.layout.display) == ("none", None)
    widget.view = "donut"
    widget.view = "table"
    assert widget.children[1:] == (donut, table)
    assert widget._head.view == "table"


def test_the_switch_in_the_page_changes_the_view() -> None:
    widget = tile_widget("email.bounce_reasons")
    widget._head.set_state({"view": "table"})
    assert widget.view == "table"


def test_a_hidden_view_is_updated_when_it_is_shown(wire: Wire) -> None:
    widget = tile_widget("email.bounce_reasons")
    widget.view = "table"
    wire.clear()
    other = frame(widget.tile, scale=99)
    assert widget.update(other)
    assert len(wire) == 1
    widget.view = "donut"
    fresh = TileWidget(widget.tile, other, names=NAMES)
    drawn = picture(widget.children[1])
    for state in drawn:
        if state.get("_model_name") == "LayoutModel":
            state["display"] = None
    assert drawn == picture(fresh.children[1])


def test_an_equal_frame_sends_nothing(wire: Wire) -> None:
    widget = tile_widget("email.metrics_by_message")
    wire.clear()
    assert widget.update(frame(widget.tile)) is False
    assert widget.update(frame(widget.tile), dict(NAMES)) is False
    assert wire == []


def test_a_new_name_is_shown_without_a_new_frame() -> None:
    widget = tile_widget("email.metrics_by_message")
    assert widget.update(frame(widget.tile), {**NAMES, "m1": "Renamed"})
    assert widget._views["table"]._target.rows[0] == "Renamed"
    assert widget.update(frame(widget.tile, scale=11))
    assert widget._views["table"]._target.rows[0] == "Renamed"


def test_a_frame_changed_in_place_is_detected() -> None:
    tile = TILES["email.metrics_by_message"]
    owned = frame(tile)
    widget = TileWidget(tile, owned)
    owned.loc[0, "sent"] += 1
    assert widget.update(owned)


def test_an_error_covers_the_tile_until_it_is_removed(wire: Wire) -> None:
    widget = tile_widget("email.metrics_by_message")
    before = picture(widget._views["table"].widget)
    wire.clear()
    widget.show_error("The file is gone.")
    assert [set(state) for state in wire.states()] == [{"error"}]
    assert widget._head.error == "The file is gone."
    widget.show_error(None)
    assert widget._head.error == ""
    assert picture(widget._views["table"].widget) == before


def test_an_invalid_frame_does_not_change_the_tile() -> None:
    widget = tile_widget("email.metrics_by_message")
    before = picture(widget)
    with pytest.raises(UsageError, match=r"email\.metrics_by_message"):
        widget.update(frame(TILES["email.summary"]))
    assert picture(widget) == before
    assert widget.update(frame(widget.tile)) is False


def test_an_unknown_view_is_rejected_with_a_suggestion() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean 'donut'"):
        tile_widget("email.bounce_reasons", view="donuts")
    widget = tile_widget("email.bounce_reasons")
    with pytest.raises(UnknownNameError, match="view"):
        widget.view = "lines"
    assert widget.view == "donut"


def test_an_unknown_keyword_is_rejected() -> None:
    with pytest.raises(TypeError, match="theme"):
        tile_widget("email.bounce_reasons", theme="dark")


@pytest.mark.parametrize("tile_id", TILES)
def test_closing_leaves_no_widget(tile_id: str) -> None:
    library()  # one for all widgets of a kernel: it stays
    before = set(_instances)
    widget = tile_widget(tile_id)
    widget.view = "table"
    widget.close()
    assert set(_instances) == before
    widget.close()


def test_updates_from_a_thread_and_switches_do_not_lose_data() -> None:
    widget = tile_widget("email.bounce_reasons")
    thread = threading.Thread(
        target=lambda: [widget.update(frame(widget.tile, scale=n)) for n in range(1, 80)]
    )
    thread.start()
    for _ in range(20):
        widget.view = "table"
        widget.view = "donut"
    thread.join()
    assert widget._views["donut"]._target.sizes.tolist() == [237, 158, 79]


def test_style_sheets_apply_from_the_page_to_the_view() -> None:
    order = [path for path in library().styles if "/" in path]
    groups = ["/".join(path.split("/")[: 1 + path.startswith("widgets")]) for path in order]
    assert list(dict.fromkeys(groups)) == ["dashboard", "widgets/base", "widgets/views"]
    assert order[0] == "dashboard/page/header.js"
