"""A difference in words, line by line: what both its text and its page show."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal

from campaign_live_widgets.catalog import TILES, TOTAL, Text, column_label, value_label
from campaign_live_widgets.io.clock import parse_rfc3339
from campaign_live_widgets.rendering.language.labels import share_of
from campaign_live_widgets.rendering.language.numbers import ABSENT, format_number, format_share
from campaign_live_widgets.rendering.language.phrases import HEALTH
from campaign_live_widgets.rendering.language.shorten import SHORT, isolated, shorten
from campaign_live_widgets.rendering.language.times import WITH_YEAR, named, span
from campaign_live_widgets.report import Names, row_names, visible_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.snapshots.diff.model import (
        Change,
        Changes,
        Fact,
        RowChange,
        Side,
        TextChange,
        WidgetChange,
    )

TITLE: Final = Text("What changed", "Ce qui a changé")
CAMPAIGN: Final = Text("Campaign", "Campagne")
WINDOW: Final = Text("Window", "Période")
BEFORE: Final = Text("Before", "Avant")
AFTER: Final = Text("After", "Après")
CHANGE: Final = Text("Change", "Écart")
RATE: Final = Text("Rate", "Taux")
POINTS: Final = Text("Points", "Points")
METRIC: Final = Text("Metric", "Mesure")
ALSO: Final = Text("What else differs", "Autres différences")
NOTHING: Final = Text("No number differs.", "Aucun chiffre ne diffère.")
SAME: Final = Text("Without a change: {}", "Sans changement\N{NO-BREAK SPACE}: {}")
SAME_ROWS: Final = (
    Text("{} row without a change", "{} ligne sans changement"),
    Text("{} rows without a change", "{} lignes sans changement"),
)
MORE_ROWS: Final = (
    Text("{} more row changed", "{} autre ligne a changé"),
    Text("{} more rows changed", "{} autres lignes ont changé"),
)
BUCKETS: Final = Text(
    "{} of the {} points in time that both have differ",
    "{} des {} instants communs diffèrent",
)
ONLY_BEFORE: Final = Text("only before", "seulement avant")
ONLY_AFTER: Final = Text("only after", "seulement après")

_FACTS: Final = {
    "campaign_id": Text("Campaign", "Campagne"),
    "campaign_name": Text("Name", "Nom"),
    "window.start": Text("Window from", "Période du"),
    "window.end": Text("Window to", "Période au"),
    "newest_event": Text("Newest event", "Dernier événement"),
    "locale": Text("Language", "Langue"),
    "time_zone": Text("Time zone", "Fuseau horaire"),
}
_TIMES: Final = ("window.start", "window.end", "newest_event")
_PARAMETER: Final = Text("Parameter {}", "Paramètre {}")
_VERSION: Final = Text("Version of {}", "Version de {}")
_THERE: Final = (Text("not there", "absent"), Text("there", "présent"))
_SMALL: Final = 0.05
"""Points that would read as none."""


@dataclass(frozen=True, slots=True)
class Line:
    """One count that changed, as it is shown; ``name`` is empty where the row goes on."""

    name: str
    metric: str
    before: str
    after: str
    change: str
    rates: str
    points: str
    is_total: bool


def sides(difference: Changes, locale: str) -> Iterator[tuple[str, str, str]]:
    """Yield before and after: the word, the campaign's name, the window."""
    ids = Names({side.campaign_id: None for side in (difference.before, difference.after)})
    for word, side in ((BEFORE, difference.before), (AFTER, difference.after)):
        name = visible_name(side.campaign_name) or side.campaign_id
        if name != side.campaign_id:
            key = ids.short(side.campaign_id, SHORT)
            yield word(locale), f"{shorten(name)} ({isolated(key)})", _window(side, locale)
        else:
            yield word(locale), isolated(ids.short(name, 2 * SHORT)), _window(side, locale)


def facts(difference: Changes, locale: str) -> Iterator[tuple[str, str, str]]:
    """Yield what else differs: its name, before, after; without the facts of :func:`sides`."""
    of_sides = {"campaign_id", "campaign_name", "window.start", "window.end"}
    for fact in difference.facts:
        if fact.name not in of_sides:
            before, after = (_value(difference, fact, which, locale) for which in (0, 1))
            yield _fact_name(fact, locale), before, after


def lines(widget: WidgetChange, locale: str, most: int) -> Iterator[Line]:
    """Yield what changed in a widget, its sums first, of at most *most* rows."""
    rows = changed(widget)[:most]
    dimension = TILES[widget.widget].columns[0]
    names = row_names(dimension, [row.name for row in widget.rows if rows], locale)
    if widget.total is not None and (len(widget.rows) > 1 or not rows):
        yield from _row_lines(widget.widget, widget.total, locale, names)
    for row in rows:
        yield from _row_lines(widget.widget, row, locale, names)


def notes(widget: WidgetChange, locale: str, most: int) -> list[str]:
    """Return what :func:`lines` leaves out: rows too many, rows without a change."""
    differing = [row for row in widget.rows if row.is_change]
    if TILES[widget.widget].by == "bucket":
        both = [row for row in widget.rows if row.only_in is None]
        differ = sum(row.is_change for row in both)
        counts = (format_number(n, locale) for n in (differ, len(both)))
        return [BUCKETS(locale).format(*counts)] if differ else []
    more, same = len(differing) - most, len(widget.rows) - len(differing)
    remarks = []
    if more > 0:
        remarks.append(MORE_ROWS[more != 1](locale).format(format_number(more, locale)))
    if same:
        remarks.append(SAME_ROWS[same != 1](locale).format(format_number(same, locale)))
    return remarks


def changed(widget: WidgetChange) -> list[RowChange]:
    """Return the rows that are shown: those that differ, of a series its sums alone."""
    if TILES[widget.widget].by == "bucket":
        return []
    return [row for row in widget.rows if row.is_change]


def _row_lines(widget: str, row: RowChange, locale: str, names: Names) -> Iterator[Line]:
    tile = TILES[widget]
    is_total = row.name == "" and row.only_in is None
    name = TOTAL(locale) if is_total else ""
    if tile.by is not None and not is_total:
        name = isolated(names.short(row.name, SHORT))
    if row.only_in is not None:
        word = ONLY_BEFORE if row.only_in == "before" else ONLY_AFTER
        name = f"{name} ({word(locale)})"
    for change in row.changes:
        if change.is_change:
            yield _line(tile, name, change, locale, is_total=is_total)
            name = ""
    for text in row.texts:
        yield _text_line(tile, name, text, locale)
        name = ""


def _text_line(tile: Tile, name: str, change: TextChange, locale: str) -> Line:
    before, after = (
        ABSENT if value is None else value_label(change.column, value, locale)
        for value in (change.before, change.after)
    )
    label = column_label(change.column, locale, tile)
    return Line(name, label, before, after, change="", rates="", points="", is_total=False)


def _line(tile: Tile, name: str, change: Change, locale: str, *, is_total: bool) -> Line:
    rate = change.rate
    rates = points = ""
    if rate is not None:
        shares = " → ".join(format_share(one, locale) for one in (rate.before, rate.after))
        rates = f"{shares} {share_of(rate.of)(locale)}"
        points = signed(rate.points, locale, "0.0")
    return Line(
        name=name,
        metric=column_label(change.metric, locale, tile if tile.by else None),
        before=format_number(change.before, locale),
        after=format_number(change.after, locale),
        change=signed(change.change, locale, "0"),
        rates=rates,
        points=points,
        is_total=is_total,
    )


def signed(value: float | None, locale: str, pattern: str) -> str:
    """Return a change with its sign; what rounds to nothing without being so as ``<0.1``."""
    if value is None:
        return ABSENT
    if value == 0:
        return "0"
    if pattern == "0.0" and abs(value) < _SMALL:
        sign = "+" if value > 0 else "\N{MINUS SIGN}"
        return f"{sign}<{format_decimal(0.1, locale=locale)}"
    digits = str(format_decimal(abs(value), format=f"#,##{pattern}", locale=locale))
    return ("+" if value > 0 else "\N{MINUS SIGN}") + digits


def _window(side: Side, locale: str) -> str:
    known = _zone(side.time_zone)
    start, end = parse_rfc3339(side.start), parse_rfc3339(side.end)
    return span(start, end, known, locale)


def _zone(name: str) -> str:
    try:
        return str(ZoneInfo(name).key)
    except Exception:  # noqa: BLE001 - a snapshot from elsewhere, or none at all
        return "UTC"


def _fact_name(fact: Fact, locale: str) -> str:
    kind, _, rest = fact.name.partition(".")
    if fact.name in _FACTS:
        return _FACTS[fact.name](locale)
    if kind == "health" and rest in HEALTH:
        return HEALTH[rest][0](locale)
    if kind == "widget":
        return TILES[rest].title(locale)
    word = {"parameters": _PARAMETER, "versions": _VERSION}.get(kind)
    return word(locale).format(shorten(rest)) if word else shorten(fact.name)


def _value(difference: Changes, fact: Fact, which: int, locale: str) -> str:
    value = (fact.before, fact.after)[which]
    if value is None:
        return ABSENT
    if fact.name.startswith("widget."):
        return _THERE[bool(value)](locale)
    if fact.name in _TIMES:
        known = _zone((difference.before, difference.after)[which].time_zone)
        try:
            at = parse_rfc3339(str(value))
            return named(at, known, locale, pattern=WITH_YEAR)
        except ValueError:
            return shorten(str(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return format_number(value, locale)
    if not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False, default=str)
    return shorten(value)
