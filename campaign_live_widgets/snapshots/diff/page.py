"""A difference as one page that opens anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog import TABS, TILES
from campaign_live_widgets.snapshots.diff import words
from campaign_live_widgets.snapshots.index.html_page import sheet, table, text

if TYPE_CHECKING:
    from campaign_live_widgets.snapshots.diff.model import Difference, WidgetChange
    from campaign_live_widgets.snapshots.diff.words import Line

_ROWS: Final = 500
"""Rows of one widget that a page is given."""


def to_html(found: Difference, locale: str) -> str:
    """Return the page; only what changed is in it."""
    title = words.TITLE(locale)
    parts = [f"<h1>{text(title)}</h1>"]
    heads = [("", False), (words.CAMPAIGN(locale), False), (words.WINDOW(locale), False)]
    rows = [
        f'<tr><th scope="row">{text(word)}</th><td><bdi>{text(name)}</bdi></td>'
        f"<td>{text(window)}</td></tr>"
        for word, name, window in words.sides(found, locale)
    ]
    parts.append(f"<section>{table(heads, rows, title)}</section>")
    others = list(words.facts(found, locale))
    if others:
        heads = [("", False), (words.BEFORE(locale), False), (words.AFTER(locale), False)]
        rows = [
            f'<tr><th scope="row">{text(name)}</th><td><bdi>{text(before)}</bdi></td>'
            f"<td><bdi>{text(after)}</bdi></td></tr>"
            for name, before, after in others
        ]
        also = words.ALSO(locale)
        parts.append(f"<section><h2>{text(also)}</h2>{table(heads, rows, also)}</section>")
    if not found.is_change:
        parts.append(f'<p class="lead">{text(words.NOTHING(locale))}</p>')
    for tab, tab_title in TABS.items():
        of_tab = [one for one in found.widgets if TILES[one.widget].tab == tab]
        differing = [_widget(one, locale) for one in of_tab if one.is_change]
        if not differing:
            continue
        same = [TILES[one.widget].title(locale) for one in of_tab if not one.is_change]
        if same:
            said = words.SAME(locale).format(", ".join(same))
            differing.append(f'<p class="lead">{text(said)}</p>')
        parts.append(f"<section><h2>{text(tab_title(locale))}</h2>{''.join(differing)}</section>")
    return sheet(title, "\n".join(parts), locale)


def _widget(widget: WidgetChange, locale: str) -> str:
    title = TILES[widget.widget].title(locale)
    heads = [
        ("", False),
        (words.METRIC(locale), False),
        *((head(locale), True) for head in (words.BEFORE, words.AFTER, words.CHANGE)),
        (words.RATE(locale), True),
        (words.POINTS(locale), True),
    ]
    found = [_row(line) for line in words.lines(widget, locale, _ROWS)]
    shown = table(heads, found, title, kind="changes") if found else ""
    notes = "".join(f"<small>{text(n)}</small>" for n in words.notes(widget, locale, _ROWS))
    return f"<section><h3>{text(title)}</h3>{shown}{notes}</section>"


def _row(line: Line) -> str:
    kinds = [kind for kind, fits in (("total", line.is_total), ("on", not line.name)) if fits]
    numbers = (line.before, line.after, line.change, line.rates, line.points)
    cells = "".join(f'<td class="n">{text(one)}</td>' for one in numbers)
    return (
        f'<tr class="{" ".join(kinds)}"><th scope="row"><bdi>{text(line.name)}</bdi></th>'
        f"<td>{text(line.metric)}</td>{cells}</tr>"
    )
