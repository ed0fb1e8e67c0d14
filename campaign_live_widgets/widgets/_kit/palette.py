"""One colour for each metric, wherever it is drawn, on light and on dark ground.

Colours follow the metric's id, never its position. Drawings name a CSS variable, so that
the page's theme chooses the shade.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_GREY: Final = ("#6b7280", "#9aa3af")

_COLORS: Final[Mapping[str, tuple[str, str]]] = {
    "entered_profiles": ("#3f4a5a", "#c3cad4"),
    "targeted": ("#5b6472", "#aab2be"),
    "sent": ("#3f4a5a", "#c3cad4"),
    "delivered": ("#1b6fb5", "#5aa9e6"),
    "bounces": ("#c2500a", "#f08a4b"),
    "hard_bounces": ("#8f3500", "#d9672a"),
    "soft_bounces": ("#d96a1d", "#f3a26d"),
    "ignored_bounces": ("#a67c5b", "#cdb49d"),
    "errors": ("#a3174f", "#f0709f"),
    "excluded": ("#7a6a1f", "#cdbb5a"),
    "retries": ("#6b7280", "#9aa3af"),
    "opens": ("#00795f", "#3fc2a0"),
    "clicks": ("#7b4fc4", "#b694f0"),
    "unsubscribes": ("#8a6d00", "#d9b93b"),
    "spam_complaints": ("#5c2b1a", "#d99a86"),
    "actions": ("#7b4fc4", "#b694f0"),
    "engagements": ("#8a6d00", "#d9b93b"),
}
"""Metric id → colour on light and on dark ground."""

_BOUNCE_TYPE: Final[Mapping[str, str]] = {
    "hard": "hard_bounces",
    "soft": "soft_bounces",
    "ignored": "ignored_bounces",
}


def metric_color(metric_id: str, *, dark: bool = False) -> str:
    """Return a metric's colour as ``#rrggbb``; a metric without one is grey."""
    return _COLORS.get(metric_id, _GREY)[dark]


def css_color(metric_id: str) -> str:
    """Return a metric's colour as a CSS variable with the light shade as fallback."""
    name = metric_id.replace("_", "-") if metric_id in _COLORS else "other"
    return f"var(--clw-{name}, {metric_color(metric_id)})"


def bounce_type_color(bounce_type: str) -> str:
    """Return a bounce type's colour: that of the metric which counts it."""
    return css_color(_BOUNCE_TYPE.get(bounce_type, "other"))


def ramp(metric_id: str, rank: int) -> str:
    """Return the shade of a metric's colour for the slice of this rank, 0 the strongest."""
    name = metric_id.replace("_", "-") if metric_id in _COLORS else "other"
    return f"var(--clw-{name}-{rank}, {_mix(metric_color(metric_id), '#ffffff', rank)})"


RAMP_STEPS: Final = 8


def _mix(color: str, ground: str, rank: int) -> str:
    """Return *color* stepped towards *ground*, staying clear of it."""
    weight = 0.66 * min(rank, RAMP_STEPS - 1) / (RAMP_STEPS - 1)
    pairs = zip(_channels(color), _channels(ground), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * weight):02x}" for a, b in pairs)


def _channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def palette_css() -> str:
    """Return the style sheet that gives every colour variable its two shades."""
    return (
        ":root{" + _variables(0, "#ffffff") + "}\n"
        '[data-jp-theme-light="false"]{' + _variables(1, "#111111") + "}\n"
    )


def _variables(shade: int, ground: str) -> str:
    names = {**_COLORS, "other": _GREY}
    plain = [f"--clw-{m.replace('_', '-')}:{c[shade]}" for m, c in names.items()]
    ramps = [
        f"--clw-{m.replace('_', '-')}-{rank}:{_mix(names[m][shade], ground, rank)}"
        for m in ("bounces", "errors", "excluded")
        for rank in range(RAMP_STEPS)
    ]
    return ";".join(plain + ramps)
