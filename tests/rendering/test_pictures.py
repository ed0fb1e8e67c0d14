"""Charts as files: complete, self-contained and reproducible."""

from __future__ import annotations

import re
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from campaign_live_widgets.catalog import LOCALES, TILES, tile
from campaign_live_widgets.errors import MissingExtraError
from campaign_live_widgets.rendering.charts import chart_kinds, specification
from campaign_live_widgets.rendering.charts import export as pictures
from campaign_live_widgets.rendering.language.numbers import format_number
from tests.support.reports import frames

CHARTS = [(tile_id, kind) for tile_id, one in TILES.items() for kind in chart_kinds(one)]
SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> list[str]:
    root = ET.fromstring(svg)  # noqa: S314 - we wrote it
    return [node.text or "" for node in root.iter(f"{SVG}text")]


@pytest.mark.usefixtures("renderers")
@pytest.mark.parametrize(("tile_id", "kind"), CHARTS)
def test_every_chart_is_a_plain_svg(tile_id: str, kind: str) -> None:
    chart_tile = tile(tile_id)
    spec = specification(chart_tile, frames.frame(chart_tile), kind=kind, theme="light", title=True)
    svg = pictures.svg(spec)
    root = ET.fromstring(svg)  # noqa: S314 - we wrote it
    assert root.get("role") == "img"
    assert root.get("aria-label") == spec["description"]
    assert chart_tile.title() in texts(svg)
    assert not re.search(r"\bid=|\bhref=|url\(|<script|<image|<style|NaN|undefined|var\(", svg)
    assert set(re.findall(r"https?://[^\"]+", svg)) == {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }


@pytest.mark.usefixtures("renderers")
@pytest.mark.parametrize("locale", LOCALES)
def test_huge_counts_are_printed_in_full(locale: str) -> None:
    for tile_id, kind in CHARTS:
        chart_tile = tile(tile_id)
        if kind == "lines" or chart_tile.fields:  # points of lines, and charts of some columns
            continue
        frame = frames.frame(chart_tile, scale=frames.HUGE)
        spec = specification(chart_tile, frame, kind=kind, theme="light", locale=locale, width=640)
        drawn = {text.partition(" (")[0] for text in texts(pictures.svg(spec))}  # without rates
        for column in chart_tile.columns[1 : 2 if kind == "donut" else None]:
            assert {format_number(count, locale) for count in frame[column]} <= drawn


def test_bar_lengths_are_proportional_to_counts() -> None:
    chart_tile = tile("email.error_reasons")
    frame = frames.frame(chart_tile, ["a", "b", "c", "d"])
    spec = specification(chart_tile, frame, theme="light")
    root = ET.fromstring(pictures.svg(spec))  # noqa: S314 - we wrote it
    (group,) = [g for g in root.iter(f"{SVG}g") if "mark-rect" in g.get("class", "")]
    widths = [float(re.findall(r"h(\d+\.?\d*)", path.get("d", ""))[0]) for path in group]
    counts = frame["errors"].tolist()
    for width, count in zip(widths, counts, strict=True):
        assert width / widths[0] == pytest.approx(count / counts[0], abs=0.01)


def test_lines_start_at_zero_and_end_at_the_last_count() -> None:
    chart_tile = tile("email.summary")
    frame = frames.frame(chart_tile)
    frame[list(chart_tile.metrics)] = 0
    frame.loc[48, "sent"] = 1000
    spec = specification(chart_tile, frame, theme="light", width=600, height=200)
    root = ET.fromstring(pictures.svg(spec))  # noqa: S314 - we wrote it
    assert (root.get("width"), root.get("height")) == ("600", "200")
    curves = [g for g in root.iter(f"{SVG}g") if "mark-line" in g.get("class", "")]
    paths = [path.get("d", "") for curve in curves for path in curve]
    assert len(paths) == len(chart_tile.metrics)
    heights = [float(y) for y in re.findall(r",(-?\d+\.?\d*)", paths[0])]
    assert len(heights) == len(frame)
    assert heights[48] == min(heights) == 0
    assert len(set(heights)) == 2


@pytest.mark.usefixtures("renderers")
def test_axis_labels_are_formatted_for_the_language() -> None:
    chart_tile = tile("push.summary")
    for locale, scale, label in (
        ("en", 1000, "2,000"),
        ("fr", 1000, "2\N{NARROW NO-BREAK SPACE}000"),
        ("en", 10**6, "1.5M"),
        ("fr", 10**6, "1,5\N{NO-BREAK SPACE}M"),
        ("en", frames.HUGE, "2T"),
        ("fr", 10**9, "2\N{NO-BREAK SPACE}Md"),
    ):
        frame = frames.frame(chart_tile, scale=scale)
        drawn = texts(pictures.svg(specification(chart_tile, frame, locale=locale, theme="light")))
        assert label in drawn


@pytest.mark.usefixtures("renderers")
def test_a_png_has_the_requested_size() -> None:
    chart_tile = tile("email.bounce_reasons")
    spec = specification(chart_tile, frames.frame(chart_tile), theme="dark", width=300, height=120)
    for scale in (1.0, 2.0):
        data = pictures.png(spec, scale=scale)
        assert data[:8] == b"\x89PNG\r\n\x1a\n"
        assert struct.unpack(">II", data[16:24]) == (300 * scale, 120 * scale)


@pytest.mark.usefixtures("renderers")
@pytest.mark.usefixtures("processes")
def test_the_same_numbers_give_the_same_files_in_every_process() -> None:
    code = (
        "import sys; sys.path.insert(0, '.'); from hashlib import sha256\n"
        "from campaign_live_widgets.catalog import tile\n"
        "from tests.support.reports import frames\n"
        "from campaign_live_widgets.rendering.charts import export as pictures\n"
        "from campaign_live_widgets.rendering.charts import specification\n"
        "spec = specification(tile('{}'), frames.frame(tile('{}')), theme='light')\n"
        "files = pictures.svg(spec).encode(), pictures.png(spec)\n"
        "print(*(sha256(data).hexdigest() for data in files))"
    )
    for tile_id in ("email.summary", "push.failures"):
        spec = specification(tile(tile_id), frames.frame(tile(tile_id)), theme="light")
        here = [sha256(d).hexdigest() for d in (pictures.svg(spec).encode(), pictures.png(spec))]
        done = subprocess.run(  # noqa: S603 - our own code
            [sys.executable, "-c", code.format(tile_id, tile_id)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert done.stdout.split() == here


@pytest.mark.usefixtures("renderers")
def test_hostile_names_are_drawn_as_text() -> None:
    chart_tile = tile("email.recipient_domains")
    hostile = ["<script>alert(1)</script>", "\"'&]]>", "a\x00b\x1fc", "ع" * 300, "=1+1", "x" * 9999]
    spec = specification(
        chart_tile,
        frames.frame(chart_tile, hostile),
        theme="light",
        title=True,
        caption="<b>&\x01\"'",
    )
    svg = pictures.svg(spec)
    drawn = texts(svg)
    assert "<b>&\N{REPLACEMENT CHARACTER}\"'" in drawn
    assert "\"'&]]>" in drawn
    assert "<script" not in svg
    assert len(svg) < 60_000
    pictures.png(spec)


@pytest.mark.usefixtures("renderers")
def test_a_picture_cannot_load_other_files() -> None:
    spec: dict[str, Any] = {"data": {"url": "http://127.0.0.1:1/x.csv"}, "mark": "bar"}
    with pytest.raises(ValueError, match="not allowed"):
        pictures.svg(spec)


def test_page_scripts_cannot_close_their_element() -> None:
    script = pictures.page_scripts()
    assert "</script" not in script.lower()
    assert "<!--" not in script
    # XML namespaces, and the editor URL of a menu that the page does not show.
    assert set(re.findall(r"https?://([^/\"'`]+)", script)) <= {
        "www.w3.org",
        "vega.github.io",
        "github.com",
    }
    assert script.startswith("/*! Vega ")
    assert len(script.encode()) < 1_000_000
    assert pictures.page_scripts() is script


@pytest.mark.usefixtures("processes")
def test_a_missing_extra_is_a_one_line_error() -> None:
    code = (
        "import sys; sys.modules['vl_convert'] = None\n"
        "from campaign_live_widgets.rendering.charts import export as pictures\n"
        "try: pictures.svg({})\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == (
        f"{MissingExtraError.__name__} a package for pictures is not installed; install it: "
        "pip install 'campaign-live-widgets[export]'\n"
    )


@pytest.mark.usefixtures("renderers")
def test_charts_can_be_drawn_in_several_threads() -> None:
    specs = [
        specification(tile(tile_id), frames.frame(tile(tile_id)), kind=kind, theme="light")
        for tile_id, kind in CHARTS
    ]
    alone = [pictures.svg(spec) for spec in specs]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(pictures.svg, specs)) == alone
