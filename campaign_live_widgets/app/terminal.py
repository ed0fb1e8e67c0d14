"""The report for people at a terminal."""

from __future__ import annotations

import math
import unicodedata
from datetime import UTC
from typing import TYPE_CHECKING, Final

from babel.dates import format_datetime
from babel.numbers import format_decimal, format_percent
from rich.console import Console
from rich.table import Table
from rich.text import Text as Line

from campaign_live_widgets.catalog import METRICS, TABS, TILES, Text, column_label, value_label
from campaign_live_widgets.report import frames

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import pandas as pd

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.snapshot import Campaign, Snapshot

_WIDE: Final = 132
"""Columns of a table that is not written to a terminal."""
_LONGEST_NAME: Final = 48
_BARS: Final = "▁▂▃▄▅▆▇█"
_NOTHING: Final = Text("nothing in this window", "rien dans cette période")
_TOTAL: Final = Text("Total", "Total")
_TREND: Final = Text("over time", "dans le temps")
_OF: Final = Text("of", "sur")
_HEALTH: Final = {
    "events": Text("events", "événements"),
    "duplicates": Text("duplicates", "doublons"),
    "rejected": Text("rejected", "rejetés"),
    "ignored": Text("ignored", "ignorés"),
}


def print_report(snapshot: Snapshot, locale: str) -> None:
    """Print the whole report, tab by tab, on standard output."""
    console = _console()
    name = _clean(snapshot.campaign_name or snapshot.campaign_id)
    window = snapshot.window
    span = " \N{EN DASH} ".join(_time(at, locale) for at in (window.start, window.end))
    console.print(Line(name, style="bold"), Line(f"{span} UTC", style="dim"))
    health = snapshot.health
    console.print(
        Line(
            ", ".join(
                f"{_number(getattr(health, part), locale)} {word(locale)}"
                for part, word in _HEALTH.items()
            ),
            style="dim",
        )
    )
    tables = frames(snapshot)
    for tab, title in TABS.items():
        console.print()
        console.rule(Line(title(locale), style="bold"), align="left", style="dim")
        for tile in TILES.values():
            if tile.tab == tab:
                console.print()
                console.print(Line(tile.title(locale), style="bold"))
                console.print(_tile(tile, tables[tile.id], snapshot.message_names, locale))


def print_campaigns(found: Sequence[Campaign]) -> None:
    """Print the campaigns of a source, one a line, on standard output."""
    table = _table()
    for heading in ("campaign", "name", "events", "oldest event", "newest event"):
        table.add_column(heading, justify="right" if heading == "events" else "left")
    for one in found:
        times = (f"{at:%Y-%m-%d %H:%M:%S}Z" for at in (one.oldest_event, one.newest_event))
        name = _clean(one.name or "")
        table.add_row(Line(_clean(one.id)), Line(name), _number(one.events, "en"), *times)
    _console().print(table)


def _tile(tile: Tile, rows: pd.DataFrame, names: Mapping[str, str], locale: str) -> Table | Line:
    if tile.by is None:
        return _figures(tile, rows, locale)
    if rows.empty or not rows[list(tile.metrics)].to_numpy().any():
        return Line(f"  {_NOTHING(locale)}", style="dim")
    return _trends(tile, rows, locale) if tile.by == "bucket" else _rows(tile, rows, names, locale)


def _figures(tile: Tile, rows: pd.DataFrame, locale: str) -> Table:
    table = _table(heads=False)
    for _ in range(3):
        table.add_column(justify="right")
    for row in rows.to_dict("records"):
        share = ""
        if tile.share_of and not math.isnan(row["share"]):
            whole = METRICS[tile.share_of].label(locale).lower()
            share = f"{_percent(row['share'], locale)} {_OF(locale)} {whole}"
        table.add_row(column_label(row["metric"], locale), _number(row["count"], locale), share)
    return table


def _rows(tile: Tile, rows: pd.DataFrame, names: Mapping[str, str], locale: str) -> Table:
    table = _table()
    table.add_column(column_label(str(tile.by), locale))
    for metric in tile.metrics:
        table.add_column(column_label(metric, locale), justify="right")
    totals = [_number(int(rows[metric].sum()), locale) for metric in tile.metrics]
    table.add_row(_TOTAL(locale), *totals, style="bold")
    for row in rows.to_dict("records"):
        value = row[tile.by]
        named = names.get(value) if tile.by == "message_id" else None
        label = named or value_label(str(tile.by), value, locale)
        counts = (_number(row[metric], locale) for metric in tile.metrics)
        table.add_row(Line(_clean(label)), *counts)
    return table


def _trends(tile: Tile, rows: pd.DataFrame, locale: str) -> Table:
    table = _table()
    table.add_column("")
    table.add_column(_TOTAL(locale), justify="right")
    table.add_column(_TREND(locale))
    for metric in tile.metrics:
        counts = [int(n) for n in rows[metric]]
        total = _number(sum(counts), locale)
        table.add_row(column_label(metric, locale), total, _sparkline(counts))
    return table


def _sparkline(counts: Sequence[int]) -> str:
    """Return counts as a line of bars, sums of neighbours where there are many."""
    step = -(-len(counts) // 64)
    sums = [sum(counts[i : i + step]) for i in range(0, len(counts), step)]
    top = max(*sums, 1) if len(sums) > 1 else max(sums[0], 1)
    return "".join(
        " " if n <= 0 else _BARS[min(n * len(_BARS) // top, len(_BARS) - 1)] for n in sums
    )


def _table(*, heads: bool = True) -> Table:
    return Table(box=None, show_header=heads, header_style="dim", pad_edge=True)


class _Screen(Console):
    """A console that lets its caller know when the reader has gone."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def _console() -> Console:
    plain = _Screen()
    return plain if plain.is_terminal else _Screen(width=_WIDE)


def _clean(text: str) -> str:
    """Return a name from outside without what would steer a terminal, and not too long."""
    shown = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in text)
    return shown if len(shown) <= _LONGEST_NAME else shown[: _LONGEST_NAME - 1] + "…"


def _number(value: int, locale: str) -> str:
    return str(format_decimal(value, locale=locale))


def _percent(value: float, locale: str) -> str:
    return str(format_percent(value, format="0.0 %" if locale == "fr" else "0.0%", locale=locale))


def _time(at: datetime, locale: str) -> str:
    return str(format_datetime(at, "d MMM yyyy HH:mm", tzinfo=UTC, locale=locale))
