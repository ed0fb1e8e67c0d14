from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from ipywidgets import Widget

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.dashboard import Dashboard, ReportGrid
from campaign_live_widgets.errors import UnknownNameError
from campaign_live_widgets.layouts.places import Place
from campaign_live_widgets.report import frame, tile_table
from campaign_live_widgets.snapshot import Health, Selection
from campaign_live_widgets.widgets import TileWidget
from tests.dashboard.page import Controller, Page, send_filters
from tests.support.events.memory import NOW, REJECT, Event, snapshot_of

if TYPE_CHECKING:
    from ipywidgets import Widget

ONE = [Event("sent"), Event("delivered"), Event("sent", "push", platform="ios")]
FEW = ("campaign.statistics", "email.sending_statistics", "push.metrics_by_message")
TWO = [*ONE, Event("sent"), Event("sent", "push", platform="android")]


@pytest.fixture
def dashboard() -> Dashboard:
    return Dashboard(snapshot_of(ONE), now=NOW)


@pytest.fixture
def small() -> Dashboard:
    """One tile in each tab."""
    return Dashboard(snapshot_of(ONE), tiles=FEW, now=NOW)


def everything(widget: Widget) -> list[Widget]:
    return [widget, *(w for child in getattr(widget, "children", ()) for w in everything(child))]


def test_all_tiles_have_their_data_at_once(dashboard: Dashboard) -> None:
    snapshot = snapshot_of(ONE)
    for tile in TILES.values():
        assert dashboard.tile(tile.id)._table.equals(tile_table(tile, snapshot)), tile.id
    assert all(isinstance(grid, ReportGrid) for grid in dashboard.grids.values())
    assert {w for w in everything(dashboard) if "clw-tile" in getattr(w, "_dom_classes", ())} == {
        dashboard.tile(tile_id) for tile_id in TILES
    }
    assert "clw-report" in dashboard._dom_classes


def test_an_update_keeps_every_widget(dashboard: Dashboard) -> None:
    before = everything(dashboard)
    assert dashboard.show(snapshot_of(TWO), force_all=True, now=NOW)
    assert everything(dashboard) == before


def test_an_equal_snapshot_sends_nothing(sent: list[Any]) -> None:
    dashboard = Dashboard(snapshot_of(ONE), now=NOW)
    del sent[:]
    assert not dashboard.show(snapshot_of(ONE), force_all=True, now=NOW)
    assert sent == []


def test_only_changed_values_are_sent(sent: list[Any]) -> None:
    dashboard = Dashboard(snapshot_of(ONE), now=NOW)
    dashboard.tabs.selected_index = 2
    del sent[:]
    assert dashboard.show(snapshot_of(TWO), now=NOW)
    [(_, data)] = sent
    # the push tab's tables, lines and bars that count `sent`, the head and the facts
    states = data["content"]["states"]
    assert 3 <= len(states) <= 8
    assert all(states.values())


def test_a_hidden_tab_is_updated_when_it_is_opened(small: Dashboard) -> None:
    tile = small.tile("push.metrics_by_message")
    small.tabs.selected_index = 1
    small.show(snapshot_of(TWO), now=NOW)
    assert tile._table["sent"].tolist() == [1]
    small.tabs.set_state({"selected_index": 2})
    assert tile._table["sent"].tolist() == [2]


def test_force_all_updates_every_tab(small: Dashboard) -> None:
    small.show(snapshot_of(TWO), force_all=True, now=NOW)
    assert small.tile("push.metrics_by_message")._table["sent"].tolist() == [2]


def test_tabs_and_tiles_are_in_french() -> None:
    dashboard = Dashboard(snapshot_of(ONE), tiles=FEW, locale="fr", now=NOW)
    assert dashboard.tabs.titles == ("Campagne", "E-mail", "Push")
    assert dashboard.header.window == "dernières 24 h, 22 nov. 15:05 \u2013 23 nov. 15:05 UTC"
    assert dashboard.header.labels["live"] == "En direct"
    assert dashboard.facts.terms[0][0] == "Période"


def test_a_change_of_language_keeps_the_open_tab(small: Dashboard) -> None:
    small.tabs.selected_index = 2
    old = small.tile("push.metrics_by_message")
    small.set_language("fr")
    assert small.tabs.titles == ("Campagne", "E-mail", "Push")
    assert small.tabs.selected_index == 2
    assert (small.header.locale, small.header.labels["live"]) == ("fr", "En direct")
    assert small.header.window.endswith("UTC")
    assert small.tile("push.metrics_by_message").locale == "fr"
    assert old.comm is None
    small.show(snapshot_of(TWO), now=NOW)
    assert small.tile("push.metrics_by_message")._table["sent"].tolist() == [2]


def test_a_tile_outside_of_the_page_is_updated(small: Dashboard) -> None:
    tile = TILES["push.metrics_by_message"]
    alone = TileWidget(tile, frame(tile, snapshot_of(ONE)))
    small.follow(alone)
    small.show(snapshot_of(TWO), now=NOW)
    assert alone._table["sent"].tolist() == [2]


def test_only_the_named_tiles_are_shown() -> None:
    dashboard = Dashboard(snapshot_of(ONE), tiles=["push.failures", "push.summary"], now=NOW)
    assert list(dashboard.grids) == ["push"]
    with pytest.raises(UnknownNameError, match=r"email\.summary"):
        dashboard.tile("email.summary")
    with pytest.raises(UnknownNameError, match="Did you mean 'push\\.summary'"):
        Dashboard(snapshot_of(ONE), tiles=["push.sumary"])


def test_a_report_without_coordinator_is_paused(small: Dashboard) -> None:
    assert (small.header.state, small.header.live) == ("paused", False)


def test_requests_are_handled_at_once_if_the_report_is_not_live() -> None:
    dashboard = Dashboard(snapshot_of(ONE), tiles=FEW, now=NOW)
    controller = Controller(dashboard)
    Page(dashboard).hello()
    Page(dashboard).hello("?at=2026-11-22T10:00:00Z&locale=fr")
    send_filters(dashboard, type="change", changes={"tests": ["1"]})
    send_filters(dashboard, type="revisit", address="?tab=push", n=1)
    assert controller.calls == [
        ("goto", "?at=2026-11-22T10:00:00Z&locale=fr"),
        ("change", {"tests": ["1"]}),
        ("revisit", ("?tab=push", 1)),
    ]


def test_a_click_on_a_message_opens_its_page_and_does_not_record_the_tab() -> None:
    dashboard = Dashboard(snapshot_of(ONE), tiles=FEW, now=NOW)
    controller = Controller(dashboard)
    tile = dashboard.tile("push.metrics_by_message")
    dashboard.tabs.selected_index = 1
    tile._open("m1")
    dashboard.show_detail("m1", ("push",))
    assert controller.calls == [("tab_opened", "email"), ("change", {"detail": ["m1"]})]
    assert dashboard.tabs.selected_index == 2
    assert dashboard.header.detail == ["Hello", "m1"]
    assert "clw-one-tab" in dashboard._dom_classes
    dashboard.show_detail(None)
    assert dashboard.header.detail == []
    assert "clw-one-tab" not in dashboard._dom_classes


def test_notices_stay_until_they_are_dismissed(small: Dashboard) -> None:
    for text in ("one", "two", "one"):
        small.notify(text)
    assert small.header.notices == ["one", "two"]
    content = {"method": "custom", "content": {"type": "dismiss", "text": "one"}}
    small.header._handle_msg({"content": {"data": content}, "buffers": []})
    assert small.header.notices == ["two"]


def test_the_whole_report_can_be_saved_as_a_file(small: Dashboard) -> None:
    file = small.file("report")
    assert file.name == "spring_report_2026-11-23T1505Z.csv"
    assert "push.metrics_by_message" in file.text
    with pytest.raises(UnknownNameError):
        small.file("passwords")


def test_files_of_a_part_of_the_campaign_are_named_so() -> None:
    part = replace(snapshot_of(ONE), selection=Selection(frozenset({"m1"})))
    page = Dashboard(part, tiles=FEW, now=NOW)
    file = page.file("report")
    assert file.name == "spring_part_report_2026-11-23T1505Z.csv"
    about = file.text.splitlines()[0]
    assert about.startswith("\ufeffreport,")
    assert "Spring sale" in about
    assert "1 of 1 message" in about
    name = page.tile("push.metrics_by_message").file("csv").name
    assert name == "spring_part_push-metrics-by-message_2026-11-23T1505Z.csv"


def test_the_head_describes_the_snapshot() -> None:
    health = Health(events=12_345, rejected=1, rejects=(REJECT,), notes=("one file is open",))
    header = Dashboard(snapshot_of(ONE, health=health), tiles=FEW, now=NOW).header
    assert (header.campaign_name, header.campaign_id) == ("Spring sale", "spring")
    assert header.as_of == "2026-11-23T15:05:00Z"
    assert header.newest == ["2026-11-23T15:04:30Z", "23 Nov 2026 15:04:30 UTC"]
    assert (header.labels["terms"][0][0], header.numbers[0]) == ("Events", "12,345")
    assert header.health["notes"] == ["one file is open"]
    assert header.health["rejects"] == [["events.csv", "7", REJECT.cause]]
    assert not header.window_note


def test_a_window_that_ends_at_an_old_event_has_a_note() -> None:
    old = replace(snapshot_of(ONE), ending="newest")
    header = Dashboard(old, tiles=FEW, now=NOW + timedelta(days=2)).header
    assert header.window_note == (
        "Window ends at the newest event (23 Nov 2026 15:04 UTC), since nothing newer has come."
    )
    assert header.window.startswith("24 h, ")


def test_a_change_of_time_zone_keeps_the_layout(small: Dashboard) -> None:
    small.grids["push"].arrange([Place("push.metrics_by_message", 9, 5, shown=False)])
    small.set_language("en", "Asia/Tokyo")
    assert small.header.window == "last 24 h, 23 Nov 00:05 \u2013 24 Nov 00:05 JST"
    assert small.header.scope == ["Asia/Tokyo"]
    assert small.tile("push.metrics_by_message").time_zone == "Asia/Tokyo"
    assert small.grids["push"].places()[0] == Place("push.metrics_by_message", 9, 5, shown=False)
