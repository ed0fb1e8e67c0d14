"""The values of the page's head and foot: what the numbers are of, and how good they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from campaign_live_widgets.catalog import meaning
from campaign_live_widgets.io.clock import rfc3339
from campaign_live_widgets.rendering.language import phrases, times
from campaign_live_widgets.rendering.language.alarms import alarms
from campaign_live_widgets.rendering.language.labels import PAGE
from campaign_live_widgets.rendering.language.page_labels import WORDS
from campaign_live_widgets.report import visible_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.rendering.model.report_view import ReportView
    from campaign_live_widgets.snapshot import Reject


@dataclass(frozen=True, slots=True)
class Head:
    """The campaign's name, the window, the part that is counted, and other files."""

    name: str
    campaign_id: str
    window: str
    newest: str
    newest_iso: str
    scope: list[str]
    notes: list[str]
    links: Mapping[str, str]


class Fact(NamedTuple):
    """One fact behind the numbers, and its meaning where it needs one."""

    name: str
    value: str
    meaning: str = ""


class Meaning(NamedTuple):
    """A metric's name, definition, formula and the divisor of its rate."""

    label: str
    definition: str
    formula: str
    rate: str


@dataclass(frozen=True, slots=True)
class Foot:
    """The facts behind the numbers, the quality of the data, and what every metric means."""

    facts: list[Fact]
    rejects: Sequence[Reject]
    notes: Sequence[str]
    meanings: list[Meaning]


def head(report: ReportView, links: Mapping[str, str]) -> Head:
    """Return the values of the page's head."""
    snapshot, locale, zone = report.snapshot, report.locale, report.time_zone
    newest = snapshot.newest_event
    note = [phrases.window_note(snapshot, zone, locale)] if snapshot.ending == "newest" else []
    return Head(
        name=visible_name(snapshot.campaign_name) or snapshot.campaign_id,
        campaign_id=snapshot.campaign_id,
        window=_window(report),
        newest=times.moment(newest, zone, locale) if newest else "",
        newest_iso=str(rfc3339(newest)) if newest else "",
        scope=_scope(report),
        notes=[*note, *alarms(snapshot.health, locale)],
        links=links,
    )


def foot(report: ReportView, tiles: Iterable[Tile]) -> Foot:
    """Return the values of the page's foot."""
    health = report.snapshot.health
    metrics = dict.fromkeys(metric for tile in tiles for metric in tile.metrics)
    notes = phrases.health_notes(health, report.time_zone, report.locale)
    return Foot(_facts(report), health.rejects, notes, meanings(metrics, report.locale))


def meanings(metrics: Iterable[str], locale: str, of: str | None = None) -> list[Meaning]:
    """Return what metrics mean, how they are counted, and what their rates divide by.

    With *of*, all divide by that metric.
    """
    about = [meaning(metric, locale, of) for metric in metrics]
    return [
        Meaning(
            m.label,
            m.definition,
            PAGE["formula"](locale).format(m.formula),
            m.rate or PAGE["noRate"](locale),
        )
        for m in about
    ]


def _window(report: ReportView) -> str:
    """Return the window with its years: a file may be opened at any time."""
    snapshot, locale = report.snapshot, report.locale
    long = phrases.length(snapshot.window.length, locale)
    span = phrases.span(snapshot, report.time_zone, locale)
    return f"{long}, {span}"


def _scope(report: ReportView) -> list[str]:
    return phrases.scope(report.snapshot, report.time_zone, report.locale)


def _facts(report: ReportView) -> list[Fact]:
    snapshot, locale, zone = report.snapshot, report.locale, report.time_zone
    newest = snapshot.newest_event
    counted = [phrase for phrase in _scope(report) if phrase != zone]
    return [
        Fact(WORDS["window"](locale), _window(report)),
        Fact(WORDS["counted"](locale), ", ".join(counted) or WORDS["all"](locale)),
        Fact(WORDS["zone"](locale), zone),
        Fact(
            phrases.WORDS["newest"](locale),
            times.moment(newest, zone, locale) if newest else phrases.WORDS["none"](locale),
        ),
        *(
            Fact(name, number, about)
            for name, about, number in phrases.health_facts(snapshot.health, locale)
        ),
        Fact(WORDS["made"](locale), times.moment(report.made_at, zone, locale)),
    ]
