"""Tabs whose tiles are made when they are opened; all else is as if they were there."""

from __future__ import annotations

from typing import Any

import pytest
from ipywidgets.widgets import widget as widgets_of_process

from campaign_live_widgets.catalog import TABS, TILES
from campaign_live_widgets.dashboard import Dashboard
from campaign_live_widgets.dashboard.page.shown_view import shown_view
from campaign_live_widgets.errors import UnknownNameError
from campaign_live_widgets.layouts.places import Place
from campaign_live_widgets.layouts.storage import SavedLayout, TabLayouts
from campaign_live_widgets.report import tile_table
from tests.dashboard.page import Controller
from tests.support.events.memory import NOW, Event, snapshot_of

ONE = [Event("sent"), Event("delivered"), Event("sent", "push", platform="ios")]
TWO = [*ONE, Event("sent"), Event("sent", "push", platform="android")]
PUSH = "push.metrics_by_message"
SMALL = Place(PUSH, 4, 5)


@pytest.fixture
def page() -> Dashboard:
    return Dashboard(snapshot_of(ONE), now=NOW, tab="email", lazy=True)


def made(page: Dashboard) -> set[str]:
    """Return the tabs in which the browser finds tiles."""
    children = zip(page.grids, page.tabs.children, strict=True)
    return {tab for tab, box in children if box.children}


def test_only_the_open_tab_has_tiles(page: Dashboard) -> None:
    assert made(page) == {"email"}
    assert page.tabs.selected_index == list(TABS).index("email")
    assert page.tabs.titles == ("Campaign", "E-mail", "Push", "Deliverability")
    assert all(tile.tile.tab == "email" for tile in page.grids.tiles.values())


def test_fewer_widgets_are_made() -> None:
    before = len(widgets_of_process._instances)
    lazy = Dashboard(snapshot_of(ONE), now=NOW, lazy=True)
    few = len(widgets_of_process._instances) - before
    assert len(Dashboard(snapshot_of(ONE), now=NOW).tabs.children) == len(lazy.tabs.children)
    assert few < (len(widgets_of_process._instances) - before - few) / 2


def test_a_tab_is_made_with_the_numbers_of_now_when_it_is_opened(page: Dashboard) -> None:
    now = snapshot_of(TWO)
    page.show(now, now=NOW)
    assert made(page) == {"email"}
    page.tabs.set_state({"selected_index": list(TABS).index("push")})
    assert made(page) == {"email", "push"}
    for tile in (tile for tile in TILES.values() if tile.tab == "push"):
        assert page.tile(tile.id)._table.equals(tile_table(tile, now)), tile.id
    page.show(snapshot_of(ONE), now=NOW)
    assert page.tile(PUSH)._table["sent"].tolist() == [1]


def test_the_browser_gets_the_widgets_before_the_page_that_shows_them(
    sent: list[tuple[str, dict[str, Any]]],
) -> None:
    page = Dashboard(snapshot_of(ONE), now=NOW, lazy=True)
    del sent[:]
    page.open_tab("push")
    states = [
        data["state"]
        for kind, data in sent
        if kind == "comm_msg" and "children" in data.get("state", ())
    ]
    assert not any("states" in data.get("content", {}) for _, data in sent)
    opened = sum(kind == "comm_open" for kind, _ in sent)
    last = max(i for i, (kind, _) in enumerate(sent) if kind == "comm_open")
    drawn = next(i for i, (_, data) in enumerate(sent) if data.get("state") == states[-1])
    assert opened > len(page.grids["push"].children)
    assert last < drawn


def test_every_tile_and_grid_is_there_when_it_is_asked_for(page: Dashboard) -> None:
    assert page.tile(PUSH).tile.id == PUSH
    assert made(page) == {"email", "push"}
    assert [*page.grids["campaign"].places()] == [*page.layout_of_tabs()["campaign"]]
    assert made(page) == {"email", "push", "campaign"}
    with pytest.raises(UnknownNameError, match=r"Did you mean 'push\.summary'"):
        page.tile("push.sumary")


def test_layouts_and_snapshots_are_of_all_tabs(page: Dashboard) -> None:
    all_at_once = Dashboard(snapshot_of(ONE), now=NOW)
    assert page.layout_of_tabs() == all_at_once.layout_of_tabs()
    assert shown_view(page).places == all_at_once.layout_of_tabs()
    assert made(page) == {"email"}


def test_a_saved_layout_is_that_of_a_tab_opened_later() -> None:
    class Storage:
        def load(self, tab: str) -> SavedLayout:
            return SavedLayout((SMALL,) if tab == "push" else None)

        def save(self, tab: str, places: object, revision: str) -> str:
            raise AssertionError((tab, places, revision))

    page = Dashboard(
        snapshot_of(ONE),
        tiles=[PUSH, "campaign.statistics"],
        layouts=TabLayouts(
            {"campaign": (Place("campaign.statistics", 3, 12),), "push": (Place(PUSH, 5, 8),)}
        ),
        now=NOW,
        lazy=True,
    )
    page.use_storage(Storage())
    assert made(page) == {"campaign"}
    assert page.layout_of_tabs()["push"] == (SMALL,)
    page.open_tab("push")
    assert page.grids["push"].places() == (SMALL,)


def test_names_in_a_tab_opened_later_open_messages(page: Dashboard) -> None:
    controller = Controller(page)
    page.open_tab("push")
    page.tile(PUSH)._open("m1")
    assert controller.calls == [("tab_opened", "push"), ("change", {"detail": ["m1"]})]


def test_a_change_of_language_makes_the_tabs_again_that_were_made(page: Dashboard) -> None:
    page.open_tab("push")
    page.grids["push"].arrange([SMALL])
    old, facts = page.tile(PUSH), page.facts
    page.set_language("fr")
    assert made(page) == {"email", "push"}
    assert (old.comm, facts.comm) == (None, None)
    assert page.tile(PUSH).locale == "fr"
    assert page.grids["push"].places()[0] == SMALL
    page.open_tab("campaign")
    assert page.facts in page.tabs.children[0].children
    assert page.facts.terms[0][0] == "Période"


def test_nothing_is_left_of_a_page_that_was_closed_in_another_language(
    sent: list[tuple[str, dict[str, Any]]],
) -> None:
    page = Dashboard(snapshot_of(ONE), now=NOW, lazy=True)
    page.open_tab("push")
    del sent[:]
    page.set_language("fr")
    closed = sum(kind == "comm_close" for kind, _ in sent)
    made_again = sum(kind == "comm_open" for kind, _ in sent)
    assert 0 < closed <= made_again


def test_a_tile_that_was_asked_for_is_updated_with_all_tabs(page: Dashboard) -> None:
    tile = page.tile(PUSH)
    page.show(snapshot_of(TWO), force_all=True, now=NOW)
    assert page.tile(PUSH) is tile
    assert tile._table["sent"].tolist() == [2]
