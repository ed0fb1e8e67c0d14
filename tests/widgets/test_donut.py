from __future__ import annotations

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.rendering.model.palette import metric_color
from campaign_live_widgets.widgets import VIEWS
from tests.support.reports.frames import NASTY, frame


def test_joining_small_slices_keeps_the_sum() -> None:
    tile = TILES["email.bounce_reasons"]
    many = NASTY["many_rows"](tile)
    pie = VIEWS["donut"](tile, many)._target
    assert len(pie.sizes) == len(pie.labels) == len(pie.colors) == 9
    assert pie.sizes.sum() == many["bounces"].sum()
    assert pie.sizes[:8].tolist() == many["bounces"][:8].tolist()
    assert pie.labels[-1] == "Other (292)"
    assert VIEWS["donut"](tile, many, locale="fr")._target.labels[-1] == "Autres (292)"


def test_slices_of_metrics_have_the_colours_of_their_metrics() -> None:
    tile = TILES["push.failures"]
    pie = VIEWS["donut"](tile, frame(tile))._target
    assert pie.colors == [
        f"var(--clw-bounces, {metric_color('bounces')})",
        f"var(--clw-errors, {metric_color('errors')})",
    ]


def test_slices_have_different_colours_and_unknown_is_grey() -> None:
    tile = TILES["email.bounce_reasons"]
    pie = VIEWS["donut"](tile, frame(tile, ["a", "unknown", "c"]))._target
    assert len(set(pie.colors)) == 3
    assert pie.colors[1].startswith("var(--clw-other")


def test_the_total_of_a_share_is_named() -> None:
    for tile_id, words in {
        "email.bounce_categories": ("Bounces", "of bounces"),
        "push.failures": ("Total", "of total"),
    }.items():
        view = VIEWS["donut"](TILES[tile_id], frame(TILES[tile_id]))
        options = view.widget.children[1].options
        assert (options["whole"], options["shareOf"]) == words
