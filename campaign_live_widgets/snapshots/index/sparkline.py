"""A metric from snapshot to snapshot, as a small line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.rendering.model.palette import metric_color

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

WIDTH: Final = 240
HEIGHT: Final = 32
_MARGIN: Final = 3


@dataclass(frozen=True, slots=True)
class Sparkline:
    """The line of one metric, and its latest value.

    Attributes
    ----------
    label, latest, description : str
        Name, latest value and range, formatted.
    color : str
    lines : tuple of str
        Points of each unbroken piece of the line, as SVG writes them (px).
    end : tuple of float or None
        Where the last value is (x, y, px).
    """

    label: str
    latest: str
    description: str
    color: str
    lines: tuple[str, ...]
    end: tuple[str, str] | None


def sparkline(
    label: str,
    values: Sequence[float | None],
    times: Sequence[datetime],
    metric: str,
    formatted: Callable[[float | None], str],
) -> Sparkline:
    """Return the line of *values* over *times* (ascending).

    The line starts from zero, so that a small change looks small; it is broken where a value is
    missing. *formatted* writes a value.
    """
    numbers = [value for value in values if value is not None]
    top = max(numbers, default=0.0) or 1.0
    first, seconds = times[0], (times[-1] - times[0]).total_seconds() or 1.0
    pieces: list[list[str]] = [[]]
    end = None
    for time, value in zip(times, values, strict=True):
        if value is None:
            pieces.append([])
            continue
        x = _MARGIN + (time - first).total_seconds() / seconds * (WIDTH - 2 * _MARGIN)
        y = HEIGHT - _MARGIN - max(value, 0.0) / top * (HEIGHT - 2 * _MARGIN)
        end = (f"{x:.1f}", f"{y:.1f}")
        pieces[-1].append(",".join(end))
    least, most = formatted(min(numbers, default=None)), formatted(max(numbers, default=None))
    return Sparkline(
        label=label,
        latest=formatted(values[-1]),
        description=f"{label}: {least} \N{EN DASH} {most}",
        color=metric_color(metric),
        lines=tuple(" ".join(points) for points in pieces if points),
        end=end,
    )
