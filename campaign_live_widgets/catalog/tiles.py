"""The tiles of the report: one entry adds a tile to every output."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog.i18n import Text
from campaign_live_widgets.catalog.metrics import METRICS
from campaign_live_widgets.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Tile:
    """The definition of one tile.

    Attributes
    ----------
    id : str
        ``tab.name``; also its key in layouts, CSV and JSON.
    title : Text
    metrics : tuple of str
        Metric ids, in column order.
    by : str or None
        The dimension of the rows: ``message_id``, ``bucket``, ``reason``, ``bounce_type``,
        ``domain``, ``platform``, ``channel``; ``None`` where each metric is a separate row.
    channel : str or None
        Only events of this channel; ``None`` for the whole campaign.
    views : tuple of str
        Ways to draw it, the default first: ``kpi``, ``donut``, ``bars``, ``lines``, ``table``.
    share_of : str or None
        For a tile of metrics: the metric whose count every share divides by.
    listed : tuple of str
        Rows that are always shown, in this order, even if zero.
    where_positive : str or None
        Keep only rows in which this metric is above zero.
    limit : int or None
        Maximum number of rows.
    rates : tuple of pairs
        Metric id and id of its divisor, where the rate in this tile differs from the metric's own.
        A tile with such rates also lists its rates as text.
    """

    id: str
    title: Text
    metrics: tuple[str, ...]
    views: tuple[str, ...]
    by: str | None = None
    channel: str | None = None
    share_of: str | None = None
    listed: tuple[str, ...] = ()
    where_positive: str | None = None
    limit: int | None = None
    rates: tuple[tuple[str, str], ...] = ()

    @property
    def tab(self) -> str:
        """Return the tab that contains the tile."""
        return self.id.partition(".")[0]

    @property
    def css_class(self) -> str:
        """Return the tile's stable CSS class."""
        return "clw-" + self.id.replace(".", "-").replace("_", "-")

    @property
    def kinds(self) -> tuple[str, ...]:
        """Return the kinds of view a reader may choose: every chart can be read as a table."""
        return self.views if "table" in self.views else (*self.views, "table")

    def rate_of(self, metric_id: str) -> str | None:
        """Return the metric of this tile that a metric's rate divides by, if there is one."""
        known = METRICS.get(metric_id)
        whole = dict(self.rates).get(metric_id, known.rate_of if known else None)
        return whole if whole in self.metrics else None

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns of the tile's frame."""
        if self.by is not None:
            return (self.by, *self.metrics)
        return ("metric", "count", "share") if self.share_of else ("metric", "count")


CHANNELS: Final = ("email", "push", "sms", "in_app", "web", "direct_mail")
"""The channels, in the order in which they are listed everywhere."""

_OUTCOMES = ("delivered", "bounces", "errors")
_EMAIL_FUNNEL = (
    "sent",
    "delivered",
    "bounces",
    "errors",
    "opens",
    "clicks",
    "unsubscribes",
    "spam_complaints",
)
_PUSH_FUNNEL = ("sent", "delivered", "bounces", "errors", "opens", "actions", "engagements")

_TILES = (
    Tile(
        id="campaign.statistics",
        title=Text("Campaign statistics", "Statistiques de campagne"),
        metrics=("entered_profiles", "delivered", "errors"),
        views=("kpi",),
    ),
    Tile(
        id="campaign.funnel",
        title=Text("Funnel by channel", "Entonnoir par canal"),
        metrics=("targeted", "sent", "delivered", "opens", "clicks", "actions"),
        views=("bars", "table"),
        by="channel",
        rates=(("sent", "targeted"),),
    ),
    Tile(
        id="campaign.summary",
        title=Text("Campaign summary", "Résumé de la campagne"),
        metrics=("sent", "delivered", "bounces", "errors", "opens", "clicks"),
        views=("lines",),
        by="bucket",
    ),
    Tile(
        id="email.sending_statistics",
        title=Text("Email sending statistics", "Statistiques d'envoi des e-mails"),
        metrics=_OUTCOMES,
        views=("kpi", "donut"),
        channel="email",
        share_of="sent",
    ),
    Tile(
        id="email.metrics_by_message",
        title=Text("Sending metrics by email", "Envoi de mesures par e-mail"),
        metrics=_EMAIL_FUNNEL,
        views=("table",),
        by="message_id",
        channel="email",
    ),
    Tile(
        id="email.summary",
        title=Text("Email summary", "Résumé des e-mails"),
        metrics=_EMAIL_FUNNEL,
        views=("lines",),
        by="bucket",
        channel="email",
    ),
    Tile(
        id="email.bounce_reasons",
        title=Text("Bounce reasons", "Causes des bounces"),
        metrics=("bounces",),
        views=("donut", "table"),
        by="reason",
        channel="email",
    ),
    Tile(
        id="email.bounce_categories",
        title=Text("Bounce categories", "Catégories des bounces"),
        metrics=("bounces",),
        views=("donut", "table"),
        by="bounce_type",
        channel="email",
        listed=("hard", "soft", "ignored"),
    ),
    Tile(
        id="email.bounces_by_message",
        title=Text("Hard bounce and bounce by email", "Hard bounce et bounce - par e-mail"),
        metrics=("hard_bounces", "soft_bounces", "ignored_bounces"),
        views=("table",),
        by="message_id",
        channel="email",
    ),
    Tile(
        id="email.error_reasons",
        title=Text("Error reasons", "Raisons de l'erreur"),
        metrics=("errors",),
        views=("bars", "table"),
        by="reason",
        channel="email",
    ),
    Tile(
        id="email.exclusion_reasons",
        title=Text("Exclusion reasons", "Exclure des raisons"),
        metrics=("excluded",),
        views=("bars", "table"),
        by="reason",
        channel="email",
    ),
    Tile(
        id="email.recipient_domains",
        title=Text("Best recipient domain", "E-mail - Meilleur domaine destinataire"),
        metrics=("opens", "sent", "delivered", "bounces", "errors"),
        views=("bars", "table"),
        by="domain",
        channel="email",
        where_positive="opens",
        limit=10,
    ),
    Tile(
        id="push.sending_performance",
        title=Text("Push sending performance", "Performances d'envoi des notifications push"),
        metrics=_OUTCOMES,
        views=("kpi", "donut"),
        channel="push",
        share_of="sent",
    ),
    Tile(
        id="push.summary",
        title=Text("Push summary", "Résumé des notifications push"),
        metrics=_PUSH_FUNNEL,
        views=("lines",),
        by="bucket",
        channel="push",
    ),
    Tile(
        id="push.metrics_by_message",
        title=Text("Sending metrics by push", "Mesures d'envoi par notification push"),
        metrics=_PUSH_FUNNEL,
        views=("table",),
        by="message_id",
        channel="push",
    ),
    Tile(
        id="push.error_reasons",
        title=Text("Error reasons", "Raisons de l'erreur"),
        metrics=("errors",),
        views=("bars", "table"),
        by="reason",
        channel="push",
    ),
    Tile(
        id="push.exclusion_reasons",
        title=Text("Exclusion reasons", "Exclure des raisons"),
        metrics=("excluded",),
        views=("bars", "table"),
        by="reason",
        channel="push",
    ),
    Tile(
        id="push.failures",
        title=Text("Sending statistics - failed", "Statistiques d'envoi - Échec"),
        metrics=("bounces", "errors"),
        views=("donut",),
        channel="push",
    ),
    Tile(
        id="push.tracking_by_platform",
        title=Text("Tracking by platform", "Suivi par plateforme"),
        metrics=("delivered", "opens", "actions"),
        views=("bars", "table"),
        by="platform",
        channel="push",
    ),
    Tile(
        id="push.sending_by_platform",
        title=Text("Sending by platform", "Envoi par plateforme"),
        metrics=_OUTCOMES,
        views=("bars", "table"),
        by="platform",
        channel="push",
    ),
    Tile(
        id="push.breakdown_by_platform",
        title=Text("Breakdown by platform", "Ventilation par plateforme"),
        metrics=(
            "sent",
            "delivered",
            "opens",
            "actions",
            "engagements",
            "bounces",
            "errors",
        ),
        views=("table",),
        by="platform",
        channel="push",
    ),
)

TILES: Final[Mapping[str, Tile]] = MappingProxyType({t.id: t for t in _TILES})
"""The tiles by id, in the order of the report."""

TABS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "campaign": Text("Campaign", "Campagne"),
        "email": Text("E-mail", "E-mail"),
        "push": Text("Push", "Push"),
    }
)


def tile(tile_id: str) -> Tile:
    """Return a tile by id; raise :class:`UnknownNameError` with the nearest one."""
    try:
        return TILES[tile_id]
    except KeyError:
        raise UnknownNameError("widget", tile_id, TILES) from None
