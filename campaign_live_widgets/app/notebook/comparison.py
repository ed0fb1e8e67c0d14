"""Two static reports side by side: counts, rates, and the differences of the rates in points."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import TYPE_CHECKING, Any

import pandas as pd

from campaign_live_widgets.app.notebook.static_report import Lines
from campaign_live_widgets.errors import MissingExtraError
from campaign_live_widgets.rendering.charts.comparison import comparison
from campaign_live_widgets.rendering.language import phrases
from campaign_live_widgets.rendering.language.shorten import shorten
from campaign_live_widgets.report import distinct

if TYPE_CHECKING:
    from campaign_live_widgets.app.notebook.static_report import StaticReport


class Comparison:
    """Two reports side by side; as a cell's last value, what they are of.

    Parameters
    ----------
    first, second : StaticReport
        Words and numbers are those of the first one's language.
    """

    def __init__(self, first: StaticReport, second: StaticReport) -> None:
        self._sides = (first, second)

    def frame(self, channel: str) -> pd.DataFrame:
        """Return a channel's counts and rates, of the first report and of the second.

        Columns ``metric``, ``rate_of``, ``first`` and ``second`` (``int64``), ``first_rate``
        and ``second_rate`` (parts of one; null if the divisor is zero) and
        ``points``, the second rate less the first. Raises :class:`UnknownNameError` for an
        unknown channel.
        """
        first, second = (side.rates(channel) for side in self._sides)
        return pd.DataFrame(
            {
                "metric": first["metric"],
                "rate_of": first["rate_of"],
                "first": first["count"],
                "second": second["count"],
                "first_rate": first["rate"],
                "second_rate": second["rate"],
                "points": second["rate"] - first["rate"],
            }
        )

    def specification(self, channel: str) -> dict[str, Any]:
        """Return a Vega-Lite specification of the rates of both: two bars for each metric."""
        locale = self._sides[0].view.locale
        return comparison(self.frame(channel), self._names(), locale)

    def chart(self, channel: str) -> Chart:
        """Return a picture of the rates of both, or a table if pictures are not installed."""
        return Chart(self.specification(channel), self.frame(channel))

    def _names(self) -> tuple[str, str]:
        """Return the names of the two; names that look alike get their ids or windows as well."""
        locale = self._sides[0].still.locale
        names = [phrases.campaign(side.snapshot) for side in self._sides]
        ids = [side.snapshot.campaign_id for side in self._sides]
        first, second = (
            f"{name} ({shorten(one)})" if ids[0] != ids[1] and one not in name else name
            for name, one in zip(names, ids, strict=True)
        )
        spans = [phrases.span(side.snapshot, side.still.time_zone, locale) for side in self._sides]
        more = [[first, f"{first}, {spans[0]}"], [second, f"{second}, {spans[1]}"]]
        one, other = distinct(names, more)
        return one, other

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return Lines([line for side in self._sides for line in side.lines()]).bundle()


class Chart:
    """A picture as a cell's last value, or its numbers without the extra for pictures."""

    def __init__(self, specification: dict[str, Any], table: pd.DataFrame) -> None:
        self._specification, self._table = specification, table

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        from campaign_live_widgets.rendering.charts import export as pictures

        table = self._table.to_string(index=False)
        try:
            svg = pictures.svg(self._specification)
        except MissingExtraError:
            return {"text/plain": table}
        data = b64encode(svg.encode()).decode()
        alt = escape(table, quote=True)
        image = f'<img src="data:image/svg+xml;base64,{data}" alt="{alt}">'
        return {"text/plain": table, "text/html": image}
