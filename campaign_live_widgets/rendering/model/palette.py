"""One colour for each metric, wherever it is drawn, on light and on dark ground.

Colours follow the metric's id, never its position. Drawings name a CSS variable, so that
the page's theme chooses the shade.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from campaign_live_widgets.rendering.language.verdicts import SHAPES

if TYPE_CHECKING:
    from collections.abc import Mapping

_COLORS: Final[Mapping[str, tuple[str, str]]] = {
    "entered_profiles": ("#3a3f4b", "#c9d1db"),
    "targeted": ("#5b6472", "#e0e0d0"),
    "sent": ("#1f2030", "#b0c0d1"),
    "delivered": ("#3e73a7", "#4f7dbd"),
    "bounces": ("#cd7c37", "#df7c26"),
    "hard_bounces": ("#7d3f0c", "#e8701a"),
    "soft_bounces": ("#cd7c37", "#f2b27c"),
    "ignored_bounces": ("#9c8877", "#94877b"),
    "errors": ("#8f2e3d", "#db1450"),
    "excluded": ("#6f6a3a", "#bdb878"),
    "retries": ("#6b7280", "#9aa3af"),
    "opens": ("#3e9d88", "#45a397"),
    "clicks": ("#5a3384", "#a180fa"),
    "unsubscribes": ("#846700", "#ecbe48"),
    "spam_complaints": ("#512900", "#f6e4d3"),
    "actions": ("#8214b4", "#d296fa"),
    "engagements": ("#6f7410", "#dfe06a"),
    "pending": ("#6b7280", "#9aa3af"),
    "decided": ("#3e73a7", "#4f7dbd"),
    "failures": ("#cd7c37", "#df7c26"),
    "blocks": ("#8f2e3d", "#db1450"),
    "machine_clicks": ("#9a86bf", "#d7c2f2"),
    "failure_rate": ("#cd7c37", "#df7c26"),
    "complaint_rate": ("#512900", "#f6e4d3"),
    "retries_per_sent": ("#6b7280", "#9aa3af"),
    "other": ("#6b7280", "#9aa3af"),
    "rest": ("#a3aab4", "#6b7280"),
}
"""Metric id → colour on light and on dark ground; ``other`` is what has no name,
``rest`` what is drawn together."""

Theme = Literal["css", "light", "dark"]
"""How a colour is written: as a CSS variable, for the page's theme to choose, or as ``#rrggbb``."""

PAPER: Final[Mapping[str, tuple[str, str]]] = {
    "ink": ("#111827", "#e8eaed"),
    "soft": ("#5b6472", "#a3abb7"),
    "rule": ("#d7dbe0", "#3a4049"),
    "ground": ("#ffffff", "#111111"),
}
"""Colours of words, quieter words, thin rules and their background, light and dark; the CSS
variables ``--clw-ink`` and its like."""

_BOUNCE_TYPE: Final[Mapping[str, str]] = {
    "hard": "hard_bounces",
    "soft": "soft_bounces",
    "ignored": "ignored_bounces",
}


PAGE_COLORS: Final[Mapping[str, tuple[str, str]]] = {
    "link": ("#1b6fb5", "#5aa9e6"),
}
"""Colours of what can be pressed, on light and on dark ground."""

COMPARED: Final = (("#3e73a7", "#4f7dbd"), ("#cd7c37", "#df7c26"))
"""Colours of the first and the second of two reports, on light and on dark ground."""

_SERIES: Final = ("delivered", "bounces", "clicks", "errors", "opens")
"""Metrics whose colours lines have that are no metrics; at most these many."""
RAMP_STEPS: Final = 8
_RAMPED: Final = ("bounces", "errors", "excluded")
"""Metrics that a tile breaks down by reason."""
_LIGHT_WAY: Final = ("#000000", "#ffffff")
_DARK_WAY: Final = ("#ffffff", "#111111")
"""From which ink to which ground the shades of a colour go."""


def metric_color(metric_id: str, *, dark: bool = False) -> str:
    """Return a metric's colour as ``#rrggbb``; a metric without one is grey."""
    return _COLORS.get(metric_id, _COLORS["other"])[dark]


def color(metric_id: str, theme: Theme = "css") -> str:
    """Return a metric's colour in this theme."""
    return css_color(metric_id) if theme == "css" else metric_color(metric_id, dark=theme == "dark")


def paper(part: str, theme: Theme = "css") -> str:
    """Return one of the colours of :data:`PAPER` in this theme."""
    light, dark = PAPER[part]
    return f"var(--clw-{part}, {light})" if theme == "css" else dark if theme == "dark" else light


def css_color(metric_id: str) -> str:
    """Return a metric's colour as a CSS variable with the light shade as fallback."""
    return f"var(--clw-{_slug(metric_id)}, {metric_color(metric_id)})"


def series_colors(theme: Theme = "css") -> list[str]:
    """Return the colours of lines that are no metrics, in their order."""
    return [color(name, theme) for name in _SERIES]


def verdict_color(verdict: str, theme: Theme = "css") -> str:
    """Return a verdict's colour; what judges nothing is as quiet as small words, never red."""
    if verdict == "over":
        return color("errors", theme)
    if verdict == "watch":
        return color("bounces", theme)
    return paper("ink" if verdict == "ok" else "soft", theme)


def verdict_colors(theme: Theme = "css") -> dict[str, str]:
    """Return the colour of every verdict."""
    return {verdict: verdict_color(verdict, theme) for verdict in SHAPES}


def bounce_type_color(bounce_type: str, theme: Theme = "css") -> str:
    """Return a bounce type's colour: that of the metric which counts it."""
    return color(_BOUNCE_TYPE.get(bounce_type, "other"), theme)


def ramp(metric_id: str, rank: int, theme: Theme = "css") -> str:
    """Return the shade of a metric's colour for the slice of this rank, 0 the strongest."""
    rank = min(rank, RAMP_STEPS - 1)
    if theme == "dark":
        return _step(metric_color(metric_id, dark=True), rank, *_DARK_WAY)
    light = _step(metric_color(metric_id), rank, *_LIGHT_WAY)
    return light if theme == "light" else f"var(--clw-{_slug(metric_id)}-{rank}, {light})"


def palette_css() -> str:
    """Return the style sheet that gives every colour variable its two shades."""
    light = _variables(0, *_LIGHT_WAY)
    return f':root{{{light}}}\n[data-jp-theme-light="false"]{{{dark_declarations()}}}\n'


def dark_declarations() -> str:
    """Return the declarations that give the page's colour variables their dark shades."""
    return _variables(1, *_DARK_WAY)


def variables(*, dark: bool) -> str:
    """Return the declarations that give every colour variable its value on one ground."""
    sheets = [f"--clw-{part}:{shades[dark]}" for part, shades in PAPER.items()]
    return ";".join([*sheets, _variables(int(dark), *(_DARK_WAY if dark else _LIGHT_WAY))])


def _variables(ground_index: int, ink: str, ground: str) -> str:
    page = [f"--clw-{name}:{shades[ground_index]}" for name, shades in PAGE_COLORS.items()]
    plain = [f"--clw-{_slug(m)}:{shades[ground_index]}" for m, shades in _COLORS.items()]
    ramps = [
        f"--clw-{_slug(m)}-{rank}:{_step(_COLORS[m][ground_index], rank, ink, ground)}"
        for m in _RAMPED
        for rank in range(RAMP_STEPS)
    ]
    return ";".join(page + plain + ramps)


def _slug(metric_id: str) -> str:
    return metric_id.replace("_", "-") if metric_id in _COLORS else "other"


def _step(color: str, rank: int, ink: str, ground: str) -> str:
    """Return the shade of this rank on the way from nearer *ink* to nearer *ground*."""
    way = -0.45 + 0.8 * rank / (RAMP_STEPS - 1)
    return _mix(color, ink, -way) if way < 0 else _mix(color, ground, way)


def _mix(color: str, other: str, weight: float) -> str:
    pairs = zip(_channels(color), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * weight):02x}" for a, b in pairs)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)
