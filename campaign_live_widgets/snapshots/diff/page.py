"""A difference as one page that opens anywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from campaign_live_widgets.catalog import TABS, TILES
from campaign_live_widgets.snapshots.diff import words
from campaign_live_widgets.snapshots.index.plain_page import plain_page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign_live_widgets.snapshots.diff.model import Changes, WidgetChange
    from campaign_live_widgets.snapshots.diff.words import Line

_ROWS: Final = 500
"""Maximum number of rows of one widget on the page."""


class _Widget(NamedTuple):
    title: str
    lines: list[Line]
    notes: list[str]


class _Tab(NamedTuple):
    title: str
    widgets: list[_Widget]
    same: str


def to_html(difference: Changes, locale: str) -> str:
    """Return the page; only what changed is on it."""
    numbers = (words.BEFORE, words.AFTER, words.CHANGE, words.RATE, words.POINTS)
    return plain_page(
        "snapshots/diff/page.html.j2",
        words.TITLE(locale),
        locale,
        sides=list(words.sides(difference, locale)),
        side_heads=[("", False), (words.CAMPAIGN(locale), False), (words.WINDOW(locale), False)],
        facts=list(words.facts(difference, locale)),
        facts_title=words.ALSO(locale),
        fact_heads=[("", False), (words.BEFORE(locale), False), (words.AFTER(locale), False)],
        nothing="" if difference.is_change else words.NOTHING(locale),
        tabs=list(_tabs(difference, locale)),
        heads=[
            ("", False),
            (words.METRIC(locale), False),
            *((head(locale), True) for head in numbers),
        ],
    )


def _tabs(difference: Changes, locale: str) -> Iterator[_Tab]:
    """Yield the tabs in which something changed."""
    for tab, title in TABS.items():
        of_tab = [change for change in difference.widgets if TILES[change.widget].tab == tab]
        widgets = [_widget(change, locale) for change in of_tab if change.is_change]
        if widgets:
            same = [TILES[c.widget].title(locale) for c in of_tab if not c.is_change]
            note = words.SAME(locale).format(", ".join(same)) if same else ""
            yield _Tab(title(locale), widgets, note)


def _widget(change: WidgetChange, locale: str) -> _Widget:
    return _Widget(
        TILES[change.widget].title(locale),
        list(words.lines(change, locale, _ROWS)),
        words.notes(change, locale, _ROWS),
    )
