"""The definition of a metric as text, made from its catalogue entry."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog.bounce_classes import BOUNCE_CLASSES
from campaign_live_widgets.catalog.formula import Count, Distinct, Explained, Formula, Ratio
from campaign_live_widgets.catalog.i18n import Text
from campaign_live_widgets.catalog.metrics import METRICS, metric

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign_live_widgets.catalog.tile_definition import Tile

_EVENTS: Final = Text("{} events", "événements {}")
_OF_TYPE: Final = Text(" of type {}", " de type {}")
_LATE: Final = Text(" reported after acceptance", " signalés après acceptation")
_BY_PEOPLE: Final = Text(" judged to be people's", " attribués à des personnes")
_BY_MACHINES: Final = Text(" made by machines", " faits par des machines")
_EXPLAINED: Final = Text("{} explained as {}", "{} expliqués par {}")
_DISTINCT: Final = Text("distinct {} over the {} events", "{} distincts sur les événements {}")
_QUOTED: Final = Text("“{}”", "«\N{NO-BREAK SPACE}{}\N{NO-BREAK SPACE}»")
_PROFILES: Final = Text("profiles", "profils")
_SHARES: Final = Text("Shares divide by: {}.", "Les parts sont divisées par : {}.")
_RATES: Final = Text("Rates: {}.", "Taux\N{NO-BREAK SPACE}: {}.")
_POSITIVE: Final = Text(
    "Only rows with at least one of: {}.", "Uniquement les lignes qui ont au moins un de : {}."
)
_LIMIT: Final = Text("At most {} rows, the largest.", "{} lignes au plus, les plus grandes.")

_COUNTED: Final[Mapping[Count, str]] = MappingProxyType(
    {m.formula: m.id for m in METRICS.values() if isinstance(m.formula, Count)}
)
"""Counts that are a metric, so that formulas can use its label."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """The texts of one metric in one language."""

    label: str
    definition: str
    formula: str
    """How it is computed: ``Opens + Actions``; ``“open” events``."""
    rate: str
    """Its rate, ``Bounces ÷ Sent``; empty if the metric has no rate."""


def meaning(metric_id: str, locale: str = "en", of: str | None = None) -> Meaning:
    """Return the texts of a metric; raise :class:`UnknownNameError` if it does not exist.

    Its rate divides by the metric *of*, by default by its own divisor.
    """
    entry = metric(metric_id)
    divisor = of or entry.rate_of
    whole = METRICS[divisor].label(locale) if divisor else ""
    label = entry.label(locale)
    return Meaning(
        label=label,
        definition=entry.definition(locale),
        formula=_formula(entry.formula, locale),
        rate=f"{label} ÷ {whole}" if whole else "",
    )


def notes(tile: Tile, locale: str = "en") -> tuple[str, ...]:
    """Return notes for readers of a tile: divisors of its shares and rates, omitted rows."""
    lines = []
    whole = tile.share_of
    if whole is None and tile.by != "bucket" and len(tile.metrics) == 1:
        whole = tile.metrics[0]
    if whole is not None:
        lines.append(_SHARES(locale).format(METRICS[whole].label(locale)))
    if tile.rates:
        pairs = ((m, tile.rate_of(m)) for m in tile.metrics)
        rates = [
            f"{METRICS[m].label(locale)} ÷ {METRICS[of].label(locale)}" for m, of in pairs if of
        ]
        lines.append(_RATES(locale).format(", ".join(rates)))
    if tile.where_positive is not None:
        lines.append(_POSITIVE(locale).format(METRICS[tile.where_positive].label(locale)))
    if tile.limit is not None:
        lines.append(_LIMIT(locale).format(tile.limit))
    return tuple(lines)


def _formula(formula: Formula, locale: str) -> str:
    if isinstance(formula, Count):
        return _events(formula, locale)
    if isinstance(formula, Distinct):
        what = _PROFILES(locale) if formula.column == "profile_id" else formula.column
        types = ", ".join(_QUOTED(locale).format(kind) for kind in formula.event_types)
        return _DISTINCT(locale).format(what, types)
    if isinstance(formula, Ratio):
        return " ÷ ".join(
            METRICS[one].label(locale) for one in (formula.numerator, formula.denominator)
        )
    if isinstance(formula, Explained):
        classes = ", ".join(
            _QUOTED(locale).format(BOUNCE_CLASSES[one].title(locale)) for one in formula.classes
        )
        return _EXPLAINED(locale).format(_term(formula.count, locale), classes)
    plus = " + ".join(_term(count, locale) for count in formula.plus)
    minus = "".join(f" \N{MINUS SIGN} {_term(count, locale)}" for count in formula.minus)
    return plus + minus


def _term(count: Count, locale: str) -> str:
    known = _COUNTED.get(count)
    return METRICS[known].label(locale) if known else _events(count, locale)


def _events(count: Count, locale: str) -> str:
    quoted = _QUOTED(locale)
    words = _EVENTS(locale).format(quoted.format(count.event_type))
    if count.bounce_type:
        words += _OF_TYPE(locale).format(quoted.format(count.bounce_type))
    if count.is_machine is not None:
        words += (_BY_MACHINES if count.is_machine else _BY_PEOPLE)(locale)
    return words + (_LATE(locale) if count.is_async else "")
