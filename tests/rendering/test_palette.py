"""Colors contrast with the background and with each other, also in color-blind vision."""

from __future__ import annotations

import re
import sysconfig
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from campaign_live_widgets.catalog import METRICS, TILES
from campaign_live_widgets.rendering.model.columns import bar_metrics
from campaign_live_widgets.rendering.model.palette import (
    PAGE_COLORS,
    bounce_type_color,
    color,
    metric_color,
    palette_css,
    paper,
    ramp,
)
from campaign_live_widgets.widgets.base.assets import library

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign_live_widgets.rendering.model.palette import Theme

# Machado, Oliveira & Fernandes (2009), severity 1, on linear RGB.
EYES = {
    "usual": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
COLORED = {
    tile.id: bar_metrics(tile) if "bars" in tile.views else tile.metrics
    for tile in TILES.values()
    if len(tile.metrics) > 1 and (tile.share_of or {"donut", "bars", "lines"} & set(tile.views))
}
"""Tiles in which only the color distinguishes the metrics."""
THEMES = Path(sysconfig.get_path("data")) / "share/jupyter/lab/themes/@jupyterlab"
OKABE_ITO = 0.07
"""The smallest color distance of Okabe and Ito's palette, which ours must reach."""


def linear(color: str) -> np.ndarray:
    srgb = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    low, high = sorted(float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other))
    return (high + 0.05) / (low + 0.05)


def oklab(rgb: np.ndarray) -> np.ndarray:
    to_cones = [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
    to_lab = [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
    return np.array(to_lab) @ np.cbrt(np.array(to_cones) @ rgb)


@pytest.mark.parametrize("metric_id", METRICS)
@pytest.mark.parametrize(
    ("dark", "ground"), [(False, "#ffffff"), (True, "#111111"), (True, "#212121")]
)
def test_every_color_contrasts_with_its_background(
    metric_id: str, ground: str, *, dark: bool
) -> None:
    assert contrast(metric_color(metric_id, dark=dark), ground) >= 3


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("tile_id", COLORED)
def test_metrics_of_one_tile_have_distinguishable_colors(
    tile_id: str, eye: str, *, dark: bool
) -> None:
    assert_distinguishable(COLORED[tile_id], eye, dark=dark)


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("dark", [False, True])
def test_bounce_types_have_distinguishable_colors(eye: str, *, dark: bool) -> None:
    assert_distinguishable(
        ("hard_bounces", "soft_bounces", "ignored_bounces", "other"), eye, dark=dark
    )


def assert_distinguishable(metrics: tuple[str, ...], eye: str, *, dark: bool) -> None:
    perceived = {
        m: oklab(np.clip(np.array(EYES[eye]) @ linear(metric_color(m, dark=dark)), 0, 1))
        for m in metrics
    }
    distances = {
        (a, b): float(np.linalg.norm(perceived[a] - perceived[b]))
        for a, b in combinations(perceived, 2)
    }
    assert min(distances.values()) >= OKABE_ITO, min(distances, key=distances.__getitem__)


def test_custom_metrics_share_one_color() -> None:
    assert metric_color("mine") == metric_color("yours")


def theme(name: str) -> dict[str, str]:
    """Return the unresolved CSS variables of one of JupyterLab's themes."""
    css = (THEMES / f"theme-{name}-extension" / "index.css").read_text(encoding="utf-8")
    return dict(re.findall(r"(--[\w-]+):\s*([^;}]+)", css))


def solid(value: str, variables: Mapping[str, str], ground: str = "#ffffff") -> str:
    """Return a color of a style sheet as ``#rrggbb``, blended with *ground*."""
    value = value.strip()
    if match := re.fullmatch(r"var\((--[\w-]+)(?:,\s*(.*))?\)", value):
        name, fallback = match.groups()
        return solid(variables.get(name, fallback or ""), variables, ground)
    if match := re.fullmatch(r"rgba\((\d+),\s*(\d+),\s*(\d+),\s*([\d.]+)\)", value):
        *parts, alpha = map(float, match.groups())
        under = [int(ground[i : i + 2], 16) for i in (1, 3, 5)]
        mixed = [round(a * alpha + b * (1 - alpha)) for a, b in zip(parts, under, strict=True)]
        return "#" + "".join(f"{part:02x}" for part in mixed)
    value = {"white": "#ffffff", "black": "#000000"}.get(value, value)
    return "#" + "".join(2 * c for c in value[1:]) if re.fullmatch("#.{3}", value) else value


@pytest.mark.parametrize("name", ["light", "dark", None])
@pytest.mark.parametrize(
    ("text", "least"), [("ink", 4.5), ("soft", 4.5), ("link", 4.5), ("focus", 3)]
)
def test_text_contrasts_with_its_background(text: str, least: float, name: str | None) -> None:
    own = dict(re.findall(r"(--clw-[\w-]+):\s*([^;}]+)", library().styles["widgets/base/tile.js"]))
    links = {f"--clw-{key}": shades[name == "dark"] for key, shades in PAGE_COLORS.items()}
    variables = {**own, **links, **(theme(name) if name else {})}
    ground = solid("var(--clw-ground)", variables)
    assert contrast(solid(f"var(--clw-{text})", variables, ground), ground) >= least


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_selected_menu_item_contrasts_with_its_background(name: str) -> None:
    variables = theme(name)
    ground = solid("var(--jp-layout-color2)", variables)
    assert contrast(solid("var(--jp-ui-font-color0)", variables, ground), ground) >= 4.5


@pytest.mark.parametrize(("theme", "dark"), [("light", False), ("dark", True)])
def test_plain_colors_match_the_css_variables(theme: Theme, *, dark: bool) -> None:
    block = palette_css().splitlines()[dark]
    variables = dict(re.findall(r"--clw-([a-z0-9-]+):(#[0-9a-f]{6})", block))
    uncolored = [metric for metric in METRICS if metric.replace("_", "-") not in variables]
    assert not uncolored, "add their colours to _COLORS in rendering/model/palette.py"
    for metric in METRICS:
        assert color(metric, theme) == variables[metric.replace("_", "-")]
    for metric in ("bounces", "errors", "excluded"):
        for rank in range(10):
            assert ramp(metric, rank, theme) == variables[f"{metric}-{min(rank, 7)}"]
    for kind in ("hard", "soft", "ignored"):
        assert bounce_type_color(kind, theme) == variables[f"{kind}-bounces"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_contrasts_with_the_page_of_a_document(theme: Theme) -> None:
    ground = paper("ground", theme)
    assert _contrast(paper("ink", theme), ground) >= 7
    assert _contrast(paper("soft", theme), ground) >= 4.5
    assert paper("ink") == f"var(--clw-ink, {paper('ink', 'light')})"


def _contrast(one: str, other: str) -> float:
    """Return the WCAG 2 contrast of two colors, each as #rrggbb."""

    def luminance(hex_color: str) -> float:
        parts = (int(hex_color[i : i + 2], 16) / 255 for i in (1, 3, 5))
        r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)
