"""The page's head and foot: what the numbers are of, how good they are, what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign_live_widgets.catalog import meaning
from campaign_live_widgets.rendering.html.markup import Markup, tag
from campaign_live_widgets.rendering.language import phrases
from campaign_live_widgets.rendering.language.labels import PAGE
from campaign_live_widgets.rendering.language.page_labels import WORDS
from campaign_live_widgets.report import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.rendering.model.report_view import Still
    from campaign_live_widgets.snapshot import Health


def head(still: Still, links: Mapping[str, str]) -> Markup:
    """Return the campaign's name, the window, what part is counted, and the tools."""
    snapshot, locale, zone = still.snapshot, still.locale, still.time_zone
    name = snapshot.campaign_name or snapshot.campaign_id
    newest = snapshot.newest_event
    fresh = (
        phrases.WORDS["none"](locale)
        if newest is None
        else [
            f"{phrases.WORDS['newest'](locale)} ",
            tag("time", phrases.moment(newest, zone, locale), datetime=rfc3339(newest)),
        ]
    )
    facts = [
        tag("span", _window(still), class_="clw-head-window"),
        tag("span", fresh),
        *(tag("span", phrase, class_="clw-head-scope", dir="auto") for phrase in _scope(still)),
    ]
    named = name != snapshot.campaign_id
    title = tag(
        "h1",
        tag("span", name, class_="clw-head-name", dir="auto", title=phrases.shorten(name, 300)),
        tag("span", snapshot.campaign_id, class_="clw-head-id", dir="auto") if named else None,
        class_="clw-head-title",
    )
    note = phrases.window_note(snapshot, zone, locale) if snapshot.ending == "newest" else ""
    return tag(
        "header",
        tag("div", title, _tools(locale), class_="clw-head-top"),
        tag("p", facts, class_="clw-head-facts"),
        tag("p", note, class_="clw-head-note") if note else None,
        _files(links, locale),
        tag("noscript", tag("p", WORDS["no_script"](locale), class_="clw-head-note")),
        class_="clw-head",
    )


def foot(still: Still, tiles: Iterable[Tile]) -> Markup:
    """Return the facts behind the numbers, and what every metric on the page means."""
    locale = still.locale
    return tag(
        "footer",
        _facts(still),
        _health(still.snapshot.health, locale),
        tag(
            "details",
            tag("summary", PAGE["meanings"](locale)),
            tag("div", meanings(_metrics(tiles), locale), class_="clw-glossary"),
            tag("p", PAGE["once"](locale), class_="clw-meanings-note"),
            class_="clw-meanings-all",
        ),
        class_="clw-foot",
    )


def meanings(metrics: Iterable[str], locale: str) -> Markup:
    """Return a list of what metrics mean, how they are counted, what their rates divide by."""
    parts = []
    for metric_id in metrics:
        told = meaning(metric_id, locale)
        rate = told.rate or PAGE["noRate"](locale)
        parts.append(
            tag(
                "div",
                tag("dt", told.label),
                tag("dd", told.definition),
                tag("dd", PAGE["formula"](locale).format(told.formula), class_="clw-meanings-how"),
                tag("dd", rate, class_="clw-meanings-how"),
            )
        )
    return tag("dl", parts, class_="clw-meanings-list")


def _window(still: Still) -> str:
    """Return the window with its years: nobody knows when a file is opened."""
    snapshot, locale = still.snapshot, still.locale
    long = phrases.length(snapshot.window.length, locale)
    span = phrases.span(snapshot, still.time_zone, locale)
    return f"{long}, {span} {phrases.zone(snapshot.window.end, still.time_zone)}"


def _scope(still: Still) -> list[str]:
    return phrases.scope(still.snapshot, still.time_zone, still.locale)


def _tools(locale: str) -> Markup:
    def button(kind: str, label: str, drawing: Markup | None = None) -> Markup:
        return tag(
            "button",
            drawing or label,
            type="button",
            class_=f"clw-button clw-button-{kind}",
            title=label if drawing else None,
            aria_label=label if drawing else None,
        )

    half = tag("path", d="M8 1a7 7 0 1 1 0 14A7 7 0 1 1 8 1zM8 2.4v11.2A5.6 5.6 0 1 0 8 2.4z")
    return tag(
        "div",
        tag("span", phrases.WORDS["still"](locale), class_="clw-pill", data_state="paused"),
        button("csv", WORDS["csv"](locale)),
        button("print", WORDS["print"](locale)),
        button("theme", WORDS["theme"](locale), tag("svg", half, viewBox="0 0 16 16")),
        class_="clw-head-tools",
    )


def _files(links: Mapping[str, str], locale: str) -> Markup | None:
    if not links:
        return None
    items = [tag("a", label, href=address) for label, address in links.items()]
    return tag(
        "nav",
        tag("span", WORDS["also"](locale)),
        items,
        class_="clw-head-files",
        aria_label=WORDS["files"](locale),
    )


def _facts(still: Still) -> Markup:
    snapshot, locale, zone = still.snapshot, still.locale, still.time_zone
    newest = snapshot.newest_event
    counted = [phrase for phrase in _scope(still) if phrase != zone]
    facts = [
        (WORDS["window"](locale), _window(still), ""),
        (WORDS["counted"](locale), ", ".join(counted) or WORDS["all"](locale), ""),
        (WORDS["zone"](locale), zone, ""),
        (
            phrases.WORDS["newest"](locale),
            phrases.moment(newest, zone, locale) if newest else phrases.WORDS["none"](locale),
            "",
        ),
        *(
            (name, number, told)
            for (name, told), number in zip(
                phrases.health_terms(locale),
                phrases.health_numbers(snapshot.health, locale),
                strict=True,
            )
        ),
        (WORDS["made"](locale), phrases.moment(still.made_at, zone, locale), ""),
    ]
    return tag(
        "dl",
        (
            tag("div", tag("dt", name), tag("dd", value, dir="auto"), title=told or None)
            for name, value, told in facts
        ),
        class_="clw-facts",
    )


def _health(health: Health, locale: str) -> Markup | None:
    """Return the first rows that were refused, and notes on the source, where there are any."""
    if not health.rejects and not health.notes:
        return None
    words = phrases.WORDS
    rows = [
        tag("tr", *(tag("td", text, dir="auto") for text in (r.file, str(r.row or ""), r.cause)))
        for r in health.rejects
    ]
    heads = tag("tr", *(tag("th", words[key](locale), scope="col") for key in _REJECT_HEADS))
    return tag(
        "details",
        tag("summary", words["health"](locale)),
        [tag("p", note, class_="clw-meanings-note", dir="auto") for note in health.notes],
        tag(
            "table",
            tag("caption", words["rejects"](locale)),
            tag("thead", heads),
            tag("tbody", rows),
            class_="clw-rejects",
        )
        if rows
        else None,
        class_="clw-health",
    )


_REJECT_HEADS = ("file", "row", "cause")


def _metrics(tiles: Iterable[Tile]) -> Sequence[str]:
    """Return the metrics of *tiles*, each once, with the wholes that their rates divide by."""
    return tuple(dict.fromkeys(metric for tile in tiles for metric in tile.metrics))
