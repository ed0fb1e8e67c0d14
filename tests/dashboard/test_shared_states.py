"""Pages of one process that show the same snapshot share what their tiles are drawn from."""

from __future__ import annotations

from datetime import timedelta

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.dashboard import Dashboard
from campaign_live_widgets.report import frame, names_of, tile_table
from campaign_live_widgets.widgets import VIEWS
from tests.support.events.memory import NOW, Event, snapshot_of

EVENTS = [
    Event(kind, channel, message_id=message, domain="d.example", platform="ios", reason="full")
    for kind in ("sent", "delivered", "open", "bounce", "error")
    for channel in ("email", "push")
    for message in ("m1", "m2")
]
LATER = [*EVENTS, *EVENTS, Event("sent", at=NOW - timedelta(hours=3))]
MESSAGES = TILES["email.metrics_by_message"]


def test_pages_share_the_states_of_their_views_at_every_tick() -> None:
    first = snapshot_of(EVENTS)
    pages = [Dashboard(first, locale="fr", now=NOW) for _ in range(2)]
    for snapshot in (first, snapshot_of(LATER)):
        for page in pages:
            page.show(snapshot, force_all=True, now=NOW)
        for tile_id in TILES:
            one, other = (page.tile(tile_id).current_view for page in pages)
            assert one.values is other.values, tile_id


def test_pages_of_another_language_zone_or_snapshot_have_states_of_their_own() -> None:
    snapshot = snapshot_of(EVENTS)
    page = Dashboard(snapshot, now=NOW)
    others = [
        Dashboard(snapshot, locale="fr", now=NOW),
        Dashboard(snapshot, time_zone="Europe/Paris", now=NOW),
        Dashboard(snapshot_of(LATER), now=NOW),
    ]
    summaries = {page.tile("email.summary").current_view.values["summary"]}
    summaries |= {other.tile("email.summary").current_view.values["summary"] for other in others}
    assert len(summaries) == 4


def test_a_state_follows_the_buckets_that_are_over() -> None:
    tile, snapshot = TILES["email.summary"], snapshot_of(EVENTS)
    table, names = tile_table(tile, snapshot), names_of(tile, snapshot, "en")
    view = VIEWS["lines"](tile, table, names=names, unfinished=NOW - timedelta(hours=2))
    before = view.values["finished"]
    assert view.update(table, names, NOW - timedelta(hours=1))
    assert view.values["finished"] > before


def test_names_that_may_change_are_not_kept() -> None:
    snapshot, names = snapshot_of(EVENTS), {"m1": "Spring"}
    view = VIEWS["table"](MESSAGES, tile_table(MESSAGES, snapshot), names=names)
    names["m1"] = "Summer"
    assert view.update(tile_table(MESSAGES, snapshot), names)
    assert "Summer" in view.values["rows"]


def test_a_tile_may_be_given_a_dataframe() -> None:
    snapshot = snapshot_of(EVENTS)
    names = names_of(MESSAGES, snapshot, "en")
    for kind in MESSAGES.kinds:
        view = VIEWS[kind](MESSAGES, tile_table(MESSAGES, snapshot), names=names)
        assert not view.update(frame(MESSAGES, snapshot), names)
        assert view.update(frame(MESSAGES, snapshot_of(LATER)), names)
