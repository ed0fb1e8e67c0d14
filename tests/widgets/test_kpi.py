from __future__ import annotations

import pandas as pd

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.widgets import VIEWS
from tests.support.reports.frames import NASTY, frame


def test_counts_are_exact_and_shares_name_their_divisor() -> None:
    tile = TILES["email.sending_statistics"]
    figures = VIEWS["kpi"](tile, frame(tile))._target
    assert (figures.metrics, figures.counts) == (list(tile.metrics), [30, 20, 10])
    assert figures.shares == [0.5, 0.33333, 0.16667]
    assert figures.options["shareOf"] == "of sent"
    assert VIEWS["kpi"](tile, frame(tile), locale="fr")._target.options["shareOf"] == "des envoyés"


def test_a_tile_without_shares_names_no_divisor() -> None:
    tile = TILES["campaign.statistics"]
    figures = VIEWS["kpi"](tile, frame(tile))._target
    assert (figures.shares, figures.options["shareOf"]) == ([], "")


def test_zero_empty_and_unknown_differ() -> None:
    tile = TILES["email.sending_statistics"]
    zero = VIEWS["kpi"](tile, NASTY["zeros"](tile))._target
    empty = VIEWS["kpi"](tile, NASTY["no_rows"](tile))._target
    lost = frame(tile).astype({"count": object})
    lost.loc[1, "count"] = None
    unknown = VIEWS["kpi"](tile, pd.DataFrame(lost))._target
    assert (zero.counts, zero.shares) == ([0, 0, 0], [None, None, None])
    assert (empty.counts, empty.metrics) == ([], [])
    assert unknown.counts == [30, None, 10]
