"""The tiles that explain the others: mailbox providers, causes of bounces, links, machines."""

from __future__ import annotations

from typing import Final

from campaign_live_widgets.catalog.bounce_classes import BOUNCE_CLASSES
from campaign_live_widgets.catalog.columns import Column
from campaign_live_widgets.catalog.formula import Ratio
from campaign_live_widgets.catalog.i18n import Text
from campaign_live_widgets.catalog.metrics import METRICS
from campaign_live_widgets.catalog.tile_definition import Tile

LISTED: Final = 50
"""Rows of a tile of which the others are one row."""
_PROVIDER_COUNTS: Final = (
    "sent",
    "delivered",
    "pending",
    "retries",
    "hard_bounces",
    "soft_bounces",
    "blocks",
    "spam_complaints",
)


def _counts(*metrics: str) -> tuple[Column, ...]:
    return tuple(map(Column, metrics))


def _texts(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name, "text") for name in names)


def _ratio(metric_id: str) -> tuple[Column, ...]:
    """Return the columns of a ratio: of a proportion, the ends of its interval follow."""
    formula = METRICS[metric_id].formula
    if not isinstance(formula, Ratio):
        message = f"{metric_id} is not a ratio"
        raise TypeError(message)
    if not formula.is_proportion:
        return (Column(metric_id, "number", of=formula.denominator),)
    stem = metric_id.removesuffix("_rate")
    low, high = f"{stem}_low", f"{stem}_high"
    return (
        Column(metric_id, "ratio", of=formula.denominator, ends=(low, high)),
        Column(low, "ratio"),
        Column(high, "ratio"),
    )


ANALYSIS_TILES: Final = (
    Tile(
        id="email.machine_reasons",
        title=Text("How machines were recognised", "Comment les machines ont été reconnues"),
        metrics=("opens", "clicks"),
        views=("bars", "table"),
        by="machine_reason",
        channel="email",
        needs="engagement",
        starts_shown=False,
        fields=(*_texts("machine_reason"), *_counts("opens", "clicks")),
    ),
    Tile(
        id="deliverability.providers",
        title=Text("Mailbox providers", "Fournisseurs de messagerie"),
        metrics=_PROVIDER_COUNTS,
        views=("table", "intervals", "bars"),
        by="provider",
        channel="email",
        needs="email",
        fields=(
            *_texts("provider"),
            *_counts(*_PROVIDER_COUNTS),
            *_ratio("failure_rate"),
            *_ratio("complaint_rate"),
            *_ratio("retries_per_sent"),
            *_texts("verdict"),
        ),
    ),
    Tile(
        id="deliverability.failures_over_time",
        title=Text("Failures by provider over time", "Échecs par fournisseur au fil du temps"),
        metrics=(),
        views=("lines",),
        by="bucket",
        channel="email",
        needs="email",
        fields=(Column("bucket", "time"),),
        further=Column("", "ratio", of="decided", dimension="provider"),
    ),
    Tile(
        id="deliverability.bounce_codes",
        title=Text("Server replies by code", "Réponses des serveurs par code"),
        metrics=("bounces", "retries"),
        views=("table",),
        by="status_code",
        channel="email",
        limit=LISTED,
        needs="email",
        starts_shown=False,
        fields=(*_texts("status_code", "reason", "class"), *_counts("bounces", "retries")),
        key=2,
    ),
    Tile(
        id="deliverability.bounce_classes",
        title=Text("Why mail comes back", "Pourquoi les messages reviennent"),
        metrics=("bounces", "retries", "hard_bounces", "soft_bounces", "ignored_bounces"),
        views=("bars", "table"),
        by="class",
        channel="email",
        needs="email",
        fields=(
            *_texts("class"),
            *_counts("bounces", "retries", "hard_bounces", "soft_bounces", "ignored_bounces"),
        ),
    ),
    Tile(
        id="deliverability.causes_by_provider",
        title=Text("Causes by provider", "Causes par fournisseur"),
        metrics=(),
        views=("table",),
        by="provider",
        channel="email",
        needs="email",
        fields=(*_texts("provider"), *(Column(one, dimension="class") for one in BOUNCE_CLASSES)),
    ),
    Tile(
        id="email.links",
        title=Text("Links", "Liens"),
        metrics=("clicks", "machine_clicks"),
        views=("bars", "table"),
        by="link",
        channel="email",
        limit=LISTED,
        needs="link",
        fields=(
            *_texts("link"),
            *_counts("clicks", "machine_clicks"),
            Column("unique_people", "unique"),
            Column("share", "ratio", of="clicks"),
        ),
    ),
)
"""These tiles, in the order of the report."""
