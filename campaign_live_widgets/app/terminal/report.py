"""The report for people at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text as Line

from campaign_live_widgets.app.terminal.fit_width import fitting
from campaign_live_widgets.rendering.language.numbers import format_number
from campaign_live_widgets.rendering.model.report_view import ReportView
from campaign_live_widgets.rendering.text import LONGEST_NAME, WIDE, clean, parts, plain_table
from campaign_live_widgets.report import Names, visible_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign_live_widgets.snapshot import Campaign, Snapshot


def print_report(snapshot: Snapshot, locale: str) -> None:
    """Print the whole report, tab by tab, on standard output."""
    console = console_of_stdout()
    for part in parts(ReportView(snapshot=snapshot, made_at=snapshot.window.end, locale=locale)):
        console.print(fitting(part, console.width))


def print_campaigns(campaigns: Sequence[Campaign]) -> None:
    """Print the campaigns of a source, one a line, on standard output."""
    table = plain_table()
    for heading in ("campaign", "name", "events", "oldest event", "newest event"):
        table.add_column(heading, justify="right" if heading == "events" else "left")
    ids = Names(dict.fromkeys(one.id for one in campaigns))
    for one in campaigns:
        times = (
            f"{at:%Y-%m-%d %H:%M:%S}Z" if at else "\N{EN DASH}"
            for at in (one.oldest_event, one.newest_event)
        )
        name = clean(visible_name(one.name))
        table.add_row(
            Line(clean(ids.short(one.id, LONGEST_NAME))),
            Line(name),
            format_number(one.events, "en"),
            *times,
        )
    console_of_stdout().print(table)


class _Screen(Console):
    """A console that lets its caller know when the reader has gone."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console_of_stdout() -> Console:
    """Return the console that writes to standard output, wide where that is no terminal."""
    plain = _Screen()
    return plain if plain.is_terminal else _Screen(width=WIDE)
