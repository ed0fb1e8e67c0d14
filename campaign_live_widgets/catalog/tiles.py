"""The tiles of the report: one entry adds a tile to every output."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog.analysis_tiles import ANALYSIS_TILES
from campaign_live_widgets.catalog.i18n import Text
from campaign_live_widgets.catalog.tile_definition import Tile
from campaign_live_widgets.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping


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

TILES: Final[Mapping[str, Tile]] = MappingProxyType({t.id: t for t in (*_TILES, *ANALYSIS_TILES)})
"""The tiles by id, in the order of the report."""

TABS: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "campaign": Text("Campaign", "Campagne"),
        "email": Text("E-mail", "E-mail"),
        "push": Text("Push", "Push"),
        "deliverability": Text("Deliverability", "Délivrabilité"),
    }
)


def tile(tile_id: str) -> Tile:
    """Return a tile by id; raise :class:`UnknownNameError` with the nearest one."""
    try:
        return TILES[tile_id]
    except KeyError:
        raise UnknownNameError("widget", tile_id, TILES) from None
