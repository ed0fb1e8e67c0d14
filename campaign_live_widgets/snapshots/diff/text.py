"""A difference for people at a terminal."""

from __future__ import annotations

import io
import unicodedata
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text as Words

from campaign_live_widgets.catalog import TABS, TILES
from campaign_live_widgets.snapshots.diff import words

if TYPE_CHECKING:
    from campaign_live_widgets.snapshots.diff.model import Changes, WidgetChange

_ROWS: Final = 20
"""Rows of one widget that a terminal is given."""


def to_text(difference: Changes, locale: str, width: int) -> str:
    """Return the lines, without colours; only what changed is in them."""
    out = io.StringIO()
    console = Console(file=out, width=width, color_system=None, force_terminal=False)
    head = _table(2)
    for word, name, window in words.sides(difference, locale):
        head.add_row(word, _clean(name), window)
    console.print(head)
    others = list(words.facts(difference, locale))
    if others:
        console.print()
        console.rule(words.ALSO(locale), align="left", style="")
        table = _table(0)
        for fact, before, after in others:
            table.add_row(_clean(fact), _clean(before), "→", _clean(after))
        console.print(table)
    if not difference.is_change:
        console.print()
        console.print(words.NOTHING(locale))
    for tab, tab_title in TABS.items():
        of_tab = [one for one in difference.widgets if TILES[one.widget].tab == tab]
        differing = [one for one in of_tab if one.is_change]
        if not differing:
            continue
        console.print()
        console.rule(tab_title(locale), align="left", style="")
        for one in differing:
            console.print()
            _print(console, one, locale)
        same = [TILES[one.widget].title(locale) for one in of_tab if not one.is_change]
        if same:
            console.print()
            console.print(words.SAME(locale).format(", ".join(same)))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _print(console: Console, widget: WidgetChange, locale: str) -> None:
    console.print(Words(TILES[widget.widget].title(locale)))
    table = Table(box=None, pad_edge=True, show_header=True)
    for head in ("", words.METRIC(locale)):
        table.add_column(head, overflow="fold")
    for number in (words.BEFORE, words.AFTER, words.CHANGE):
        table.add_column(number(locale), justify="right", no_wrap=True)
    table.add_column(words.RATE(locale))
    table.add_column(words.POINTS(locale), justify="right", no_wrap=True)
    for line in words.lines(widget, locale, _ROWS):
        table.add_row(
            _clean(line.name),
            line.metric,
            line.before,
            line.after,
            line.change,
            line.rates,
            line.points,
        )
    if table.row_count:
        console.print(table)
    for note in words.notes(widget, locale, _ROWS):
        console.print(Words(f"  {note}"))


def _table(numbers: int) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    for _ in range(numbers):
        table.add_column(overflow="fold")
    return table


def _clean(text: str) -> Words:
    """Return a name from outside without what would steer a terminal."""
    return Words("".join(c if unicodedata.category(c)[0] != "C" else " " for c in text))
