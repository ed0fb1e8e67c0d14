"""How a figure went from snapshot to snapshot, as a small line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.rendering.model.palette import metric_color
from campaign_live_widgets.snapshots.index.html_page import text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

_WIDTH: Final = 240
_HEIGHT: Final = 32
_MARGIN: Final = 3


def trend(
    label: str,
    values: Sequence[float | None],
    times: Sequence[datetime],
    metric: str,
    say: Callable[[float | None], str],
) -> str:
    """Return a figure's latest value and its line over *times* (in order) as HTML.

    The line starts from zero, so that a small change looks small; it is broken where there is
    no value. *say* writes a value in words.
    """
    known = [value for value in values if value is not None]
    top = max(known, default=0.0) or 1.0
    first, whole = times[0], (times[-1] - times[0]).total_seconds() or 1.0
    pieces: list[list[str]] = [[]]
    spot = ""
    for at, value in zip(times, values, strict=True):
        if value is None:
            pieces.append([])
            continue
        x = _MARGIN + (at - first).total_seconds() / whole * (_WIDTH - 2 * _MARGIN)
        y = _HEIGHT - _MARGIN - max(value, 0.0) / top * (_HEIGHT - 2 * _MARGIN)
        pieces[-1].append(f"{x:.1f},{y:.1f}")
        spot = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="currentColor"/>'
    lines = "".join(
        f'<polyline points="{" ".join(points)}" fill="none" stroke="{metric_color(metric)}" '
        'stroke-width="1.5" stroke-linejoin="round" stroke-linecap="round"/>'
        for points in pieces
        if points
    )
    latest = say(values[-1])
    said = f"{label}: {say(min(known, default=None))} \N{EN DASH} {say(max(known, default=None))}"
    base = _HEIGHT - _MARGIN + 1
    return (
        f'<p class="trend"><strong>{text(latest)}</strong><small>{text(label)}</small>'
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{text(said)}">'
        f"<title>{text(said)}</title>"
        f'<path d="M0 {base}H{_WIDTH}" stroke="currentColor" stroke-opacity=".2"/>'
        f"{lines}{spot}</svg></p>"
    )
