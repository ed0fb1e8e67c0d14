"""Key figures: each a number, its label, its share and the share's divisor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets as t

from campaign_live_widgets.catalog import METRICS, column_label
from campaign_live_widgets.rendering.language.labels import (
    NEGATIVE,
    NO_DATA,
    NO_VALUE,
    share_of,
    why_no_rate,
)
from campaign_live_widgets.rendering.model import palette
from campaign_live_widgets.widgets.base.assets import Front
from campaign_live_widgets.widgets.base.view import View

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ipywidgets import Widget

    from campaign_live_widgets.report import TileTable


class Figures(Front, script="kpi"):
    """The cards of one tile, side by side."""

    metrics = t.List(t.Unicode()).tag(sync=True)
    counts: t.List[Any] = t.List().tag(sync=True)
    shares: t.List[Any] = t.List().tag(sync=True)
    summary = t.Unicode().tag(sync=True)
    options = t.Dict().tag(sync=True)


class Kpi(View, kind="kpi"):
    """Draw ``metric``, ``count`` and, if the frame has it, ``share`` (0 to 1) as cards."""

    def state(self, table: TileTable, names: Mapping[str, str]) -> dict[str, Any]:  # noqa: ARG002 (metrics have no display names)
        """Return metric ids, counts and shares; ``None`` for an unknown number."""
        return {
            "metrics": table.codes(),
            "counts": [None if n is None else int(n) for n in table.numbers("count")],
            "shares": [None if s is None else round(s, 5) for s in table.shares()],
        }

    def build(self, state: dict[str, Any]) -> tuple[Widget, Widget]:
        """Return the cards, which are target and widget in one."""
        locale = self.locale
        labels = {
            m.id: {
                "label": column_label(m.id, locale),
                "definition": m.definition(locale),
                "color": palette.css_color(m.id),
            }
            for m in METRICS.values()
            if m.id in self.tile.metrics
        }
        options = {
            "locale": locale,
            "labels": labels,
            "tooMany": why_no_rate(1, self.tile.share_of, locale),
            "negative": NEGATIVE(locale),
            "shareOf": share_of(self.tile.share_of)(locale) if self.tile.share_of else "",
            "empty": NO_DATA(locale),
            "unknown": NO_VALUE(locale),
        }
        figures = Figures(options=options, **state)
        figures.add_class("clw-view").add_class("clw-kpis")
        return figures, figures
