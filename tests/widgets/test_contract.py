"""What every kind of view keeps, for every shape of frame and every nasty frame."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from itertools import pairwise, permutations
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from ipywidgets.widgets.widget import _instances

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.widgets import VIEWS, View
from campaign_live_widgets.widgets.base.assets import library
from campaign_live_widgets.widgets.base.view import family
from tests.support.reports.frames import HUGE, NAMES, NASTY, frame
from tests.widgets.conftest import CASES, Wire, picture

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from campaign_live_widgets.catalog import Tile

Case = tuple[str, "Tile"]


@cache
def nasty_frame(nasty: str, tile: Tile) -> pd.DataFrame:
    return NASTY[nasty](tile)


def build(case: Case, nasty: str = "usual", **kwargs: Any) -> View:  # noqa: ANN401
    kind, tile = case
    return VIEWS[kind](tile, nasty_frame(nasty, tile), names=NAMES, **kwargs)


def state_of(view: View) -> dict[str, Any]:
    return {name: getattr(view._target, name) for name in view._shown}


def every_ordered_pair(names: Sequence[str]) -> Iterator[str]:
    """Walk so that each name comes right after each other one at least once."""
    for i, name in enumerate(names):
        yield name
        for other in names[i + 1 :]:
            yield other
            yield name


def test_the_sequence_has_every_ordered_pair() -> None:
    walk = list(every_ordered_pair("abcd"))
    assert {(a, b) for a, b in pairwise(walk) if a != b} == set(permutations("abcd", 2))


def test_every_kind_of_view_exists_and_is_tested() -> None:
    assert {kind for tile in TILES.values() for kind in tile.views} == set(VIEWS)
    assert {kind for kind, _ in CASES} == set(VIEWS)


def test_an_updated_view_equals_a_new_one(case: Case) -> None:
    fresh = {nasty: picture(build(case, nasty).widget) for nasty in NASTY}
    view = build(case)
    widgets = family(view.widget)
    for before, after in pairwise(every_ordered_pair(list(NASTY))):
        view.update(nasty_frame(after, case[1]), NAMES)
        assert picture(view.widget) == fresh[after], f"{before} → {after}"
    assert family(view.widget) == widgets


@pytest.mark.parametrize("nasty", NASTY)
def test_every_nasty_frame_can_be_drawn_in_french(case: Case, nasty: str) -> None:
    assert build(case, nasty, locale="fr").widget.comm is not None


def test_a_changed_frame_sends_one_message_and_an_equal_one_none(case: Case, wire: Wire) -> None:
    view = build(case)
    for nasty in NASTY:
        wire.clear()
        changed = view.update(nasty_frame(nasty, case[1]), NAMES)
        assert len(wire) == (1 if changed else 0), nasty
        wire.clear()
        assert view.update(nasty_frame(nasty, case[1]).copy(), NAMES) is False
        assert wire == []


def test_intervals_are_cut_off_where_only_rows_without_volume_go_on() -> None:
    tile = TILES["deliverability.providers"]
    rows = frame(tile, ["gmail", "orange", "free"])
    rows["verdict"] = ["ok", "over", "thin"]
    rows["failure_high"] = [0.02, 0.08, 0.9]
    view = VIEWS["intervals"](tile, rows)
    assert state_of(view)["ends"] == [0.0, 0.08]
    rows["verdict"] = ["ok", "thin", "thin"]
    assert view.update(rows)
    assert state_of(view)["ends"] == [0.0, pytest.approx(1.25 * 0.05)]  # both lines stay in sight
    assert state_of(view)["verdicts"] == ["ok", "thin", "thin"]


def test_a_row_without_a_rate_has_no_whisker() -> None:
    tile = TILES["deliverability.providers"]
    rows = frame(tile, ["gmail", "unknown"])
    rows.loc[1, ["failure_rate", "failure_low", "failure_high"]] = np.nan
    spans = state_of(VIEWS["intervals"](tile, rows))["spans"].reshape(-1, 3)
    assert np.isnan(spans[1]).all()
    assert not np.isnan(spans[0]).any()


def test_one_changed_count_sends_only_its_array(case: Case, wire: Wire) -> None:
    kind, tile = case
    view = build(case)
    wire.clear()
    other = frame(tile)
    other.loc[other.index[-1], other.columns[1]] += 1
    assert view.update(other, NAMES)
    (state,) = wire.states()
    expected = {"kpi": {"counts"}, "donut": {"sizes"}, "bars": {"y"}, "lines": {"y"}}
    assert set(state) <= {"summary"} | expected.get(kind, {"counts", "total"})


def test_counts_beyond_32_bits_arrive_exactly(case: Case, wire: Wire) -> None:
    kind, tile = case
    if tile.further is not None:
        pytest.skip("rates are no counts")
    view = build(case)
    wire.clear()
    huge = frame(tile, scale=HUGE)
    view.update(huge, NAMES)
    (state,) = wire.states()
    trait = {"donut": "sizes", "bars": "y", "lines": "y"}.get(kind, "counts")
    sent = state[trait]
    values = sent if isinstance(sent, list) else getattr(view._target, trait).ravel()
    counted = [c.id for c in tile.typed if c.kind in {"count", "unique"}]
    if kind == "intervals":
        counted = ["sent"]
    expected = huge[counted].to_numpy().ravel().tolist()
    assert sorted(n for n in map(float, values) if n >= HUGE or not tile.fields) == sorted(expected)
    if not isinstance(sent, list):
        assert sent["dtype"] == "float64"


def test_a_small_count_takes_a_byte(wire: Wire) -> None:
    tile = TILES["email.error_reasons"]
    view = VIEWS["bars"](tile, frame(tile), names={})
    wire.clear()
    view.update(frame(tile, scale=20))
    assert wire.states()[0]["y"]["dtype"] == "uint8"


def test_the_time_series_of_a_day_takes_under_two_kilobytes(wire: Wire) -> None:
    tile = TILES["email.summary"]
    view = VIEWS["lines"](tile, frame(tile))
    wire.clear()
    view.update(frame(tile, scale=20_000))
    assert len(wire) == 1
    assert wire.size() < 2000


def test_a_single_bucket_is_one_point_of_every_series() -> None:
    tile = TILES["email.summary"]
    view = VIEWS["lines"](tile, NASTY["one_row"](tile))
    assert view._target.y.shape == (len(tile.metrics), 2)
    assert np.array_equal(view._target.y[:, 0], view._target.y[:, 1])


def test_the_frame_is_not_changed(case: Case) -> None:
    _, tile = case
    given, copy = frame(tile), frame(tile)
    build(case, "zeros").update(given, NAMES)
    assert given.equals(copy)


def test_an_unknown_keyword_is_rejected(case: Case) -> None:
    with pytest.raises(TypeError, match="colour"):
        build(case, colour="red")


def test_a_frame_with_other_columns_is_rejected_before_anything_is_sent(
    case: Case, wire: Wire
) -> None:
    view = build(case)
    wire.clear()
    place = 0 if case[1].further else 1
    wrong = frame(case[1]).rename(columns={case[1].columns[place]: "surprise"})
    with pytest.raises(UsageError, match="surprise"):
        view.update(wrong)
    assert wire == []


def test_closing_leaves_no_widget(case: Case) -> None:
    library()  # one for all widgets of a kernel: it stays
    before = set(_instances)
    view = build(case)
    assert set(_instances) > before
    view.close()
    assert set(_instances) == before


def test_a_kind_can_be_taken_only_once() -> None:
    with pytest.raises(TypeError, match="'bars' is already taken by Bars"):

        class Another(View, kind="bars"):
            pass


@pytest.mark.usefixtures("processes")
def test_views_do_not_load_the_engine() -> None:
    code = "import sys, campaign_live_widgets.widgets; print('duckdb' in sys.modules)"
    done = subprocess.run(  # noqa: S603 (our own interpreter)
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
