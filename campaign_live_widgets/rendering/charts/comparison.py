"""The rates of two reports as a chart: two bars for each rate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from campaign_live_widgets.catalog import METRICS, Text
from campaign_live_widgets.rendering.charts.chart import FONT
from campaign_live_widgets.rendering.model.palette import COMPARED, PAPER

if TYPE_CHECKING:
    from campaign_live_widgets.rendering.charts.chart import Spec

_RATE_OF: Final = Text("{}, of {}", "{}, sur {}")
_PERCENT: Final = Text(
    "format(100 * datum.value, '~g') + '%'",
    "replace(format(100 * datum.value, '~g'), '.', ',') + '\N{NO-BREAK SPACE}%'",
)
"""The label of a rate, as an expression of Vega."""
_SIDES: Final = ("first_rate", "second_rate")
_WIDTH: Final = 480


def comparison(rates: pd.DataFrame, names: tuple[str, str], locale: str) -> Spec:
    """Return a Vega-Lite specification of the rates of two reports.

    Parameters
    ----------
    rates : DataFrame
        Columns ``metric``, ``rate_of``, ``first_rate`` and ``second_rate``.
    names : tuple of str
        What the two reports are called; different from each other.
    locale : str
    """
    values = [
        {"rate": _label(row["metric"], row["rate_of"], locale), "report": name, "value": row[side]}
        for row in rates.to_dict("records")
        if row["rate_of"] is not None
        for side, name in zip(_SIDES, names, strict=True)
        if not pd.isna(row[side])
    ]
    order = list(dict.fromkeys(value["rate"] for value in values))
    colors = [light for light, _dark in COMPARED]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": values},
        "mark": {"type": "bar"},
        "width": _WIDTH,
        "encoding": {
            "y": {"field": "rate", "type": "nominal", "sort": order, "title": None},
            "yOffset": {"field": "report", "type": "nominal", "sort": list(names)},
            "x": {
                "field": "value",
                "type": "quantitative",
                "title": None,
                "axis": {"labelExpr": _PERCENT(locale), "tickCount": 5},
            },
            "color": {
                "field": "report",
                "type": "nominal",
                "sort": list(names),
                "title": None,
                "scale": {"domain": list(names), "range": colors},
                "legend": {"orient": "top", "labelLimit": _WIDTH},
            },
        },
        "config": {
            "view": {"stroke": None},
            "font": FONT,
            "axis": {"grid": False, "domain": False, "ticks": False, "labelLimit": 260},
            "axisX": {"grid": True, "gridColor": PAPER["rule"][0]},
        },
    }


def _label(metric: str, whole: str, locale: str) -> str:
    """Return the name of a rate, with what it divides by."""
    part, divisor = (METRICS[name].label(locale) for name in (metric, whole))
    return _RATE_OF(locale).format(part, divisor.lower())
