"""Every metric of the report: its texts, its formula and the divisor of its rate."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog.bounce_classes import BLOCKS, BOUNCE_CLASSES
from campaign_live_widgets.catalog.formula import (
    Count,
    Distinct,
    Explained,
    Formula,
    Ratio,
    Sum,
    terms,
)
from campaign_live_widgets.catalog.i18n import Text
from campaign_live_widgets.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Mapping

BOUNCE_TYPES: Final = ("hard", "soft", "ignored")
ENTRY_EVENTS: Final = ("targeted", "sent", "excluded", "error")
"""Event types with which a profile enters a campaign."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One number the report shows.

    ``rate_of`` is the id of the metric its rate divides by; ``None`` where a rate would
    mean nothing.
    """

    id: str
    label: Text
    definition: Text
    formula: Formula
    rate_of: str | None = None


_BOUNCE = Count("bounce")
_ASYNC_BOUNCE = Count("bounce", is_async=True)

_METRICS = (
    Metric(
        id="entered_profiles",
        label=Text("Entered profiles", "Profils entrés"),
        definition=Text(
            "Distinct profiles that were targeted, sent to, excluded or met an error.",
            "Profils distincts ciblés, destinataires d'un envoi, exclus ou en erreur.",
        ),
        formula=Distinct("profile_id", ENTRY_EVENTS),
    ),
    Metric(
        id="targeted",
        label=Text("Targeted", "Ciblés"),
        definition=Text(
            "Messages meant to go out: sent + excluded + errors.",
            "Messages prévus : envoyés + exclus + erreurs.",
        ),
        formula=Sum((Count("sent"), Count("excluded"), Count("error"))),
    ),
    Metric(
        id="sent",
        label=Text("Sent", "Envoyés"),
        definition=Text(
            "Messages handed to the provider: delivered + bounces.",
            "Messages remis au fournisseur : délivrés + bounces.",
        ),
        formula=Count("sent"),
    ),
    Metric(
        id="delivered",
        label=Text("Delivered", "Délivrés"),
        definition=Text(
            "Messages accepted, less those that bounced after having been accepted.",
            "Messages acceptés, moins ceux revenus en bounce après acceptation.",
        ),
        formula=Sum((Count("delivered"),), (_ASYNC_BOUNCE,)),
        rate_of="sent",
    ),
    Metric(
        id="bounces",
        label=Text("Bounces", "Bounces"),
        definition=Text(
            "Messages returned, at once or after having been accepted.",
            "Messages retournés, immédiatement ou après acceptation.",
        ),
        formula=_BOUNCE,
        rate_of="sent",
    ),
    Metric(
        id="hard_bounces",
        label=Text("Hard bounce", "Hard bounce"),
        definition=Text(
            "Bounces for a lasting cause, such as an address that does not exist.",
            "Bounces de cause permanente, par exemple une adresse inexistante.",
        ),
        formula=Count("bounce", bounce_type="hard"),
        rate_of="sent",
    ),
    Metric(
        id="soft_bounces",
        label=Text("Soft bounce", "Soft bounce"),
        definition=Text(
            "Bounces for a passing cause, such as a full mailbox.",
            "Bounces de cause temporaire, par exemple une boîte pleine.",
        ),
        formula=Count("bounce", bounce_type="soft"),
        rate_of="sent",
    ),
    Metric(
        id="ignored_bounces",
        label=Text("Ignored", "Ignorées"),
        definition=Text(
            "Bounces that say nothing about the address, such as an out-of-office reply.",
            "Bounces sans rapport avec l'adresse, par exemple une réponse d'absence.",
        ),
        formula=Count("bounce", bounce_type="ignored"),
        rate_of="sent",
    ),
    Metric(
        id="errors",
        label=Text("Errors", "Erreurs"),
        definition=Text(
            "Messages that could not be made or handed over; not part of sent.",
            "Messages impossibles à produire ou à remettre ; non compris dans les envoyés.",
        ),
        formula=Count("error"),
        rate_of="sent",
    ),
    Metric(
        id="excluded",
        label=Text("Excluded", "Exclus"),
        definition=Text(
            "Messages withheld by a rule, such as a missing consent.",
            "Messages retenus par une règle, par exemple un consentement manquant.",
        ),
        formula=Count("excluded"),
        rate_of="targeted",
    ),
    Metric(
        id="retries",
        label=Text("Retries", "Reprises"),
        definition=Text(
            "Deliveries put off by the provider, to be tried again.",
            "Remises différées par le fournisseur, à retenter.",
        ),
        formula=Count("delay"),
        rate_of="sent",
    ),
    Metric(
        id="opens",
        label=Text("Opens", "Ouvertures"),
        definition=Text(
            "Times a message was opened; one person may open it more than once.",
            "Nombre d'ouvertures ; une personne peut ouvrir plusieurs fois.",
        ),
        formula=Count("open"),
        rate_of="delivered",
    ),
    Metric(
        id="clicks",
        label=Text("Clicks", "Clics"),
        definition=Text(
            "Times a link was clicked; one person may click more than once.",
            "Nombre de clics ; une personne peut cliquer plusieurs fois.",
        ),
        formula=Count("click"),
        rate_of="delivered",
    ),
    Metric(
        id="unsubscribes",
        label=Text("Unsubscribes", "Désabonnements"),
        definition=Text("Times people unsubscribed.", "Nombre de désabonnements."),
        formula=Count("unsubscribe"),
        rate_of="delivered",
    ),
    Metric(
        id="spam_complaints",
        label=Text("Spam complaints", "Plaintes contre le spam"),
        definition=Text(
            "Times a message was reported as spam.",
            "Nombre de messages signalés comme spam.",
        ),
        formula=Count("spam_complaint"),
        rate_of="delivered",
    ),
    Metric(
        id="actions",
        label=Text("Actions", "Actions"),
        definition=Text(
            "Times a button of a push was pressed or the push dismissed.",
            "Nombre d'appuis sur un bouton de la notification, ou de rejets.",
        ),
        formula=Count("action"),
        rate_of="delivered",
    ),
    Metric(
        id="engagements",
        label=Text("Engagements", "Engagements"),
        definition=Text("Opens + actions.", "Ouvertures + actions."),
        formula=Sum((Count("open"), Count("action"))),
        rate_of="delivered",
    ),
    Metric(
        id="pending",
        label=Text("Pending", "En attente"),
        definition=Text(
            "Messages sent of which nothing is known yet: sent \N{MINUS SIGN} delivered "
            "\N{MINUS SIGN} bounces.",
            "Messages envoyés dont on ne sait encore rien : envoyés \N{MINUS SIGN} délivrés "
            "\N{MINUS SIGN} bounces.",
        ),
        formula=Sum((Count("sent"), _ASYNC_BOUNCE), (Count("delivered"), _BOUNCE)),
    ),
    Metric(
        id="decided",
        label=Text("Delivered + bounces", "Délivrés + bounces"),
        definition=Text("Messages whose result is known.", "Messages dont le résultat est connu."),
        formula=Sum((Count("delivered"), _BOUNCE), (_ASYNC_BOUNCE,)),
    ),
    Metric(
        id="failures",
        label=Text("Failures", "Échecs"),
        definition=Text(
            "Bounces, without those that say nothing about the address.",
            "Bounces, sans ceux qui n'ont pas de rapport avec l'adresse.",
        ),
        formula=Sum((_BOUNCE,), (Count("bounce", bounce_type="ignored"),)),
    ),
    Metric(
        id="blocks",
        label=Text("Blocks", "Blocages"),
        definition=Text(
            "Bounces of messages that the provider refused: for the sender's reputation or "
            "authentication, for their number, or for their content.",
            "Bounces de messages que le fournisseur a refusés : pour la réputation ou "
            "l'authentification de l'expéditeur, pour leur nombre ou pour leur contenu.",
        ),
        formula=Explained(_BOUNCE, tuple(one for one in BOUNCE_CLASSES if one in BLOCKS)),
    ),
    Metric(
        id="machine_clicks",
        label=Text("Clicks by machines", "Clics de machines"),
        definition=Text(
            "Clicks that the source reports as made by a machine.",
            "Clics que la source signale comme faits par une machine.",
        ),
        formula=Count("click", is_machine=True),
    ),
    Metric(
        id="failure_rate",
        label=Text("Failure rate", "Taux d'échec"),
        definition=Text(
            "How many messages with a known result came back.",
            "Part des messages au résultat connu qui sont revenus.",
        ),
        formula=Ratio("failures", "decided"),
    ),
    Metric(
        id="complaint_rate",
        label=Text("Complaint rate", "Taux de plaintes"),
        definition=Text(
            "How many delivered messages were reported as spam.",
            "Part des messages délivrés qui ont été signalés comme spam.",
        ),
        formula=Ratio("spam_complaints", "delivered"),
    ),
    Metric(
        id="retries_per_sent",
        label=Text("Retries per message", "Reprises par message"),
        definition=Text(
            "How often a message was put off by the provider, on average.",
            "Nombre moyen de fois qu'un message a été différé par le fournisseur.",
        ),
        formula=Ratio("retries", "sent", is_proportion=False),
    ),
)

METRICS: Final[Mapping[str, Metric]] = MappingProxyType({m.id: m for m in _METRICS})
"""All metrics by id, in reading order."""

_JUDGED: Final = tuple(
    Count(event_type, is_machine=is_machine)
    for event_type in ("open", "click")
    for is_machine in (False, True)
)
COUNTS: Final = tuple(
    {
        count.column: count
        for count in (
            *(
                count
                for m in _METRICS
                if isinstance(m.formula, Count | Sum)
                for _, count in terms(m.formula)
            ),
            *_JUDGED,
        )
    }.values()
)
"""All counts that tiles are computed from: the columns of a snapshot's tables."""


WHOLES: Final = frozenset({"targeted", "sent"})
"""Metrics that what divides by them is a part of, but for :data:`_MAY_EXCEED`."""
_MAY_EXCEED: Final = frozenset({"errors", "retries"})
"""Metrics that divide by what they are no part of."""


def is_part(metric_id: str, of: str | None) -> bool:
    """Return whether what a metric counts is a part of what the metric *of* counts."""
    return of in WHOLES and metric_id not in _MAY_EXCEED


def rate(metric_id: str, count: int | None, of: str | None, whole: int | None) -> float | None:
    """Return a metric's *count* divided by the *whole*, the count of the metric *of*.

    ``None`` if one of them is unknown, if the whole is not positive, if the count is negative, or
    if it is larger than what it should be a part of: events have no sends.
    """
    if count is None or not whole or whole < 0 or count < 0:
        return None
    return None if count > whole and is_part(metric_id, of) else count / whole


def metric(metric_id: str) -> Metric:
    """Return a metric by id; raise :class:`UnknownNameError` with the nearest one."""
    try:
        return METRICS[metric_id]
    except KeyError:
        raise UnknownNameError("metric", metric_id, METRICS) from None
