"""Each chart of the report as a specification: its numbers, labels, colors and order."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING, Any

import pytest

from campaign_live_widgets.catalog import LOCALES, METRICS, TILES, column_label, tile
from campaign_live_widgets.errors import UnknownNameError, UsageError
from campaign_live_widgets.rendering.charts import KINDS, chart_kinds, specification
from campaign_live_widgets.rendering.language.numbers import (
    format_number,
    format_rate,
    format_share,
)
from campaign_live_widgets.rendering.model.columns import bar_metrics
from campaign_live_widgets.rendering.model.palette import metric_color
from tests.support.reports import frames

if TYPE_CHECKING:
    from collections.abc import Iterator

CHARTS = [(tile_id, kind) for tile_id, one in TILES.items() for kind in chart_kinds(one)]


def every(spec: object, key: str) -> Iterator[Any]:
    """Yield all values of *key* at any depth."""
    if isinstance(spec, dict):
        for name, value in spec.items():
            if name == key:
                yield value
            yield from every(value, key)
    elif isinstance(spec, list):
        for value in spec:
            yield from every(value, key)


def rows_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return list(spec["data"]["values"])


def test_every_chart_view_has_a_specification() -> None:
    assert set(CHARTS) == {
        (tile_id, view) for tile_id, one in TILES.items() for view in one.views if view in KINDS
    }
    assert chart_kinds(tile("email.sending_statistics")) == ("donut",)
    assert chart_kinds(tile("email.metrics_by_message")) == ()
    assert chart_kinds(tile("campaign.statistics")) == ()


@pytest.mark.parametrize(("tile_id", "kind"), CHARTS)
@pytest.mark.parametrize("locale", LOCALES)
def test_numbers_match_the_frame(tile_id: str, kind: str, locale: str) -> None:
    chart_tile = tile(tile_id)
    frame = frames.frame(chart_tile, scale=frames.HUGE)
    rows = rows_of(specification(chart_tile, frame, kind=kind, locale=locale))
    if kind == "donut":
        assert [row["size"] for row in rows] == frame[chart_tile.columns[1]].tolist()
        labels = [row["count"] for row in rows]
        assert labels == [format_number(n, locale) for n in frame[chart_tile.columns[1]]]
        total = int(frame[chart_tile.columns[1]].sum())
        parts = [format_share(n / total, locale) for n in frame[chart_tile.columns[1]]]
        assert [row["share"] for row in rows] == parts
        return
    if kind == "intervals":
        assert [row["number"] for row in rows] == [format_number(n, locale) for n in frame["sent"]]
        assert [row["rate"] for row in rows] == [format_rate(n, locale) for n in frame.failure_rate]
        assert [row["low"] < row["dot"] < row["high"] for row in rows] == [True] * len(rows)
        assert len({(row["shape"], row["word"]) for row in rows}) == frame["verdict"].nunique()
        return
    metrics = bar_metrics(chart_tile) if kind == "bars" else chart_tile.metrics
    for j, metric in enumerate(metrics):
        exact = [format_number(n, locale) for n in frame[metric]]
        if kind == "bars":
            assert [row[f"n{j}"] for row in rows] == frame[metric].tolist()
            assert [row[f"text{j}"] for row in rows] == exact
            assert all(row[f"tip{j}"].startswith(row[f"text{j}"]) for row in rows)
        else:
            assert [row[metric] for row in rows] == frame[metric].tolist()
            assert [row[f"tip{j}"] for row in rows] == exact


@pytest.mark.parametrize(("tile_id", "kind"), CHARTS)
def test_a_metric_has_its_color(tile_id: str, kind: str) -> None:
    chart_tile = tile(tile_id)
    spec = json.dumps(specification(chart_tile, frames.frame(chart_tile), kind=kind, theme="dark"))
    light = json.dumps(
        specification(chart_tile, frames.frame(chart_tile), kind=kind, theme="light")
    )
    if chart_tile.by in (None, "domain", "platform", "bucket"):
        for metric in chart_tile.metrics:
            assert metric_color(metric, dark=True) in spec
            assert metric_color(metric) in light
    assert "var(" not in spec + light


@pytest.mark.parametrize(("tile_id", "kind"), CHARTS)
def test_every_color_is_a_css_variable_of_the_page(tile_id: str, kind: str) -> None:
    chart_tile = tile(tile_id)
    text = json.dumps(specification(chart_tile, frames.frame(chart_tile), kind=kind))
    outside = re.sub(r"var\(--clw-[a-z0-9-]+, #[0-9a-f]{6}\)", "", text)
    assert not re.findall(r"#[0-9a-f]{3,8}\b", outside)


def test_tooltips_name_the_denominator_of_a_share() -> None:
    domains = tile("email.recipient_domains")
    rows = rows_of(specification(domains, frames.frame(domains, scale=100)))
    metrics = domains.metrics
    for row, counts in zip(rows, frames.frame(domains, scale=100).to_dict("records"), strict=True):
        for j, metric in enumerate(metrics):
            whole = METRICS[metric].rate_of
            if whole in metrics:
                rate = f"{format_share(counts[metric] / counts[whole])} of {whole}"
                if metric in ("delivered", "bounces") and counts[metric] > counts[whole]:
                    rate = f"\N{EN DASH} of {whole}, more than {whole}"
                assert row[f"tip{j}"] == f"{format_number(counts[metric])} ({rate})"
            else:
                assert row[f"tip{j}"] == format_number(counts[metric])


def test_bars_of_one_metric_show_their_share_of_the_total() -> None:
    errors = tile("email.error_reasons")
    spec = specification(errors, frames.frame(errors), locale="fr")
    assert [row["tip0"] for row in rows_of(spec)] == [
        "30 (50,0\N{NO-BREAK SPACE}% des erreurs)",
        "20 (33,3\N{NO-BREAK SPACE}% des erreurs)",
        "10 (16,7\N{NO-BREAK SPACE}% des erreurs)",
    ]


def test_the_smallest_slices_are_merged_beyond_nine() -> None:
    reasons = tile("email.bounce_reasons")
    frame = frames.frame(reasons, [f"r{i:02}" for i in range(12)])
    rows = rows_of(specification(reasons, frame))
    assert [row["label"] for row in rows[:8]] == [f"r{i:02}" for i in range(8)]
    assert rows[8]["label"] == "Other (4)"
    assert rows[8]["size"] == int(frame["bounces"][8:].sum())
    assert sum(row["size"] for row in rows) == int(frame["bounces"].sum())
    nine = specification(reasons, frame.head(9))
    assert [row["label"] for row in rows_of(nine)] == [f"r{i:02}" for i in range(9)]


def test_the_last_bar_can_sum_the_remaining_rows() -> None:
    errors = tile("email.error_reasons")
    frame = frames.frame(errors, [f"r{i:03}" for i in range(200)])
    rows = rows_of(specification(errors, frame, most=20, locale="fr"))
    assert len(rows) == 20
    assert rows[-1]["label"] == "Autres (181)"
    assert sum(row["n0"] for row in rows) == int(frame["errors"].sum())
    assert len(rows_of(specification(errors, frame))) == 200


def test_chart_height_grows_with_the_number_of_bars() -> None:
    errors = tile("email.error_reasons")
    frame = frames.frame(errors, [f"r{i:03}" for i in range(100)])
    spec = specification(errors, frame, height=100)
    assert spec["height"] == spec["usermeta"]["least_height"] >= 100 * 15
    assert specification(errors, frame.head(3), height=300)["height"] == 300


def test_times_follow_the_time_zone_and_the_language() -> None:
    summary = tile("email.summary")
    frame = frames.frame(summary)  # from 2026-11-22 12:00 UTC, every quarter of an hour
    rows = rows_of(specification(summary, frame, time_zone="Asia/Kolkata"))
    assert rows[0]["time"] == "Sun, Nov 22, 17:30"
    french = specification(summary, frame, time_zone="Asia/Kolkata", locale="fr")
    assert rows_of(french)[0]["time"] == "dim. 22 nov. 17:30"
    (axis,) = [axis for axis in every(french, "axis") if "values" in axis]
    labels = json.loads(axis["labelExpr"].removesuffix("[datum.value]"))
    assert list(labels) == [str(i) for i in axis["values"]]
    for i, label in labels.items():
        local = rows_of(french)[int(i)]["time"]
        assert local.endswith(label) if ":" in label else label in local
    assert labels["26"] == "23 nov."  # midnight in Kolkata: 18:30 UTC


def test_the_repeated_hour_of_a_clock_change_is_drawn_twice() -> None:
    summary = tile("push.summary")
    frame = frames.frame(summary).head(24)
    frame["bucket"] = frame["bucket"] - frame["bucket"][0]
    frame["bucket"] += frames.frame(summary)["bucket"][0].replace(month=10, day=24, hour=23)
    rows = rows_of(specification(summary, frame, time_zone="Europe/Paris"))
    assert [row["time"] for row in rows if "02:15" in row["time"]] == [
        "Sun, Oct 25, 02:15 UTC+2",
        "Sun, Oct 25, 02:15 UTC+1",
    ]
    assert [row["i"] for row in rows] == list(range(24))


def test_a_single_bucket_is_drawn_as_a_line() -> None:
    summary = tile("email.summary")
    rows = rows_of(specification(summary, frames.frame(summary).head(1)))
    assert [row["i"] for row in rows] == [0, 1]
    assert rows[0]["time"] == rows[1]["time"]


@pytest.mark.parametrize(
    ("tile_id", "locale", "words"),
    [
        ("email.bounce_reasons", "en", "No bounces in this window"),
        ("email.error_reasons", "fr", "Aucune erreur sur cette période"),
        ("email.sending_statistics", "en", "No data in this window"),
        ("push.summary", "fr", "Aucune donnée sur cette période"),
        ("push.tracking_by_platform", "en", "Nothing delivered in this window"),
    ],
)
def test_an_empty_chart_shows_an_explanation(tile_id: str, locale: str, words: str) -> None:
    chart_tile = tile(tile_id)
    for frame in (frames.frame(chart_tile).head(0), frames.frame(chart_tile)):
        counts = [column for column in chart_tile.columns if column in (*METRICS, "count")]
        empty = frame.assign(**dict.fromkeys(counts, 0))
        spec = specification(chart_tile, empty, locale=locale)
        assert [row for values in every(spec, "values") for row in values] == [{"text": words}]


def test_hostile_names_are_data_and_not_code() -> None:
    domains = tile("email.recipient_domains")
    hostile = [
        "<script>alert(1)</script>",
        '"]}]}; datum.x',
        "a\nb\tc\x00\x1b\uffff",
        "\N{RIGHT-TO-LEFT OVERRIDE}moc",
        "x" * 10_000,
    ]
    spec = specification(domains, frames.frame(domains, hostile))
    labels = [row["label"] for row in rows_of(spec)]
    assert labels[:2] == hostile[:2]
    assert labels[2] == "a b c" + 3 * "\N{REPLACEMENT CHARACTER}"
    assert labels[3] == r"moc (\u202emoc)"
    assert len(labels[4]) <= 200
    drawn = json.dumps([spec["layer"], spec["params"]])
    assert "script" not in drawn
    assert "\x00" not in spec["description"]
    json.dumps(spec).encode("ascii")


def test_labels_come_from_the_catalog() -> None:
    chart_tile = tile("push.sending_by_platform")
    spec = specification(chart_tile, frames.frame(chart_tile), locale="fr")
    assert [row["label"] for row in rows_of(spec)] == ["Android", "iOS", "Web"]
    titles = [title for title in every(spec, "title") if title != "title"]
    assert titles == [column_label(metric, "fr") for metric in chart_tile.metrics]


def test_an_unknown_chart_is_a_named_error() -> None:
    chart_tile = tile("email.bounce_reasons")
    with pytest.raises(UnknownNameError, match=r"unknown chart 'bar'\. .*donut"):
        specification(chart_tile, frames.frame(chart_tile), kind="bar")
    with pytest.raises(UnknownNameError):
        specification(tile("campaign.statistics"), frames.frame(tile("campaign.statistics")))
    with pytest.raises(UsageError, match="must have"):
        specification(chart_tile, frames.frame(tile("email.error_reasons")))


def test_a_specification_contains_no_url() -> None:
    for tile_id, kind in CHARTS:
        chart_tile = tile(tile_id)
        text = json.dumps(
            specification(chart_tile, frames.frame(chart_tile), kind=kind, title=True)
        )
        assert "http" not in text
        assert '"url"' not in text


def test_negative_counts_are_drawn() -> None:
    chart_tile = tile("push.sending_by_platform")
    frame = frames.frame(chart_tile)
    frame["delivered"] = [-5, 0, 3]
    rows = rows_of(specification(chart_tile, frame, theme="light"))
    assert [row["text0"] for row in rows] == ["-5", "0", "3"]
    outcome = tile("push.sending_performance")
    figures = frames.frame(outcome)
    figures["count"] = [-5, 10, 10]
    rows = rows_of(specification(outcome, figures))
    assert [row["count"] for row in rows] == ["-5", "10", "10"]
    assert rows[0]["from"] == rows[0]["to"] == 0
    assert rows[-1]["to"] == pytest.approx(2 * math.pi)


def test_long_names_are_wrapped_to_two_lines_in_a_picture() -> None:
    chart_tile = tile("email.exclusion_reasons")
    names = ["R\u00e8gle de contr\u00f4le (pression marketing)", "court", "x" * 100]
    frame = frames.frame(chart_tile, names)
    rows = rows_of(specification(chart_tile, frame, theme="light", width=360))
    assert " ".join(rows[0]["lines"]) == names[0]
    assert len(rows[0]["lines"]) == 2
    assert rows[1]["lines"] == ["court"]
    assert rows[2]["lines"][0].endswith("\u2026")
    assert [row["share"] for row in rows] == ["(50.0%)", "(33.3%)", "(16.7%)"]
    alive = rows_of(specification(chart_tile, frame, width=360))
    assert [row["lines"] for row in alive] == [[name] for name in names]


def test_a_title_increases_the_height_of_a_chart() -> None:
    for tile_id, kind in CHARTS:
        chart_tile = tile(tile_id)
        bare = specification(chart_tile, frames.frame(chart_tile), kind=kind, theme="light")
        full = specification(
            chart_tile,
            frames.frame(chart_tile),
            kind=kind,
            theme="light",
            title=True,
            caption="Spring",
        )
        assert full["title"]["text"] == chart_tile.title()
        assert full["title"]["subtitle"] == "Spring"
        extra = full["height"] - bare["height"] + full["padding"]["top"]
        assert extra == 12 + 26 + 16
