"""The report as plain text: for a terminal, a log, a notebook that shows nothing else."""

from __future__ import annotations

import io
import unicodedata
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text as Line

from campaign_live_widgets.catalog import TABS, TOTAL, Text, column_label, value_label
from campaign_live_widgets.rendering.language import phrases
from campaign_live_widgets.rendering.language.advice import advice
from campaign_live_widgets.rendering.language.alarms import alarms
from campaign_live_widgets.rendering.language.counted import is_empty, series_of
from campaign_live_widgets.rendering.language.numbers import format_number, format_rate
from campaign_live_widgets.rendering.language.sentence import rates_in_words
from campaign_live_widgets.rendering.model.columns import unfolds
from campaign_live_widgets.rendering.model.figures import figures
from campaign_live_widgets.rendering.model.table_model import table as table_of
from campaign_live_widgets.report import TileTable, names_of, row_names, tile_table
from campaign_live_widgets.report import table_of as rows_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    from rich.console import RenderableType

    from campaign_live_widgets.catalog import Tile
    from campaign_live_widgets.rendering.model.report_view import ReportView
    from campaign_live_widgets.snapshot import Health

WIDE: Final = 132
"""Columns of a text that is not written to a terminal."""
LONGEST_NAME: Final = 48
"""Maximum length of a name from outside."""
_LONGEST_NOTE: Final = 400
_TREND_WIDTH: Final = 64
_PADDING: Final = 2
"""Columns that a table adds to each count."""
_BARS: Final = "▁▂▃▄▅▆▇█"
_NOTHING: Final = Text("nothing in this window", "rien dans cette période")
_HIGHEST: Final = Text("Highest", "Maximum")
_TREND: Final = Text("over time", "dans le temps")
_HEALTH: Final = {
    "events": Text("events", "événements"),
    "duplicates": Text("duplicates", "doublons"),
    "rejected": Text("rejected", "rejetés"),
    "ignored": Text("ignored", "ignorés"),
    "missing": Text("missing", "manquants"),
    "gone": Text("gone", "disparus"),
}


def text(report: ReportView, *, width: int = WIDE) -> str:
    """Return the report without colours, in lines of at most *width* columns."""
    return _plain(parts(report), width)


def tile_text(
    tile: Tile,
    frame: TileTable | pd.DataFrame,
    names: Mapping[str, str],
    locale: str = "en",
    *,
    width: int = WIDE,
) -> str:
    """Return one tile without colours: its title, and *frame*, its rows."""
    return _plain(_titled(tile, rows_of(tile, frame), names, locale), width)


def parts(report: ReportView) -> Iterator[RenderableType]:
    """Yield the report from head to end, for a console to print one below the other."""
    snapshot, locale = report.snapshot, report.locale
    name = clean(phrases.campaign(snapshot))
    span = phrases.span(snapshot, report.time_zone, locale)
    yield Line.assemble((name, "bold"), " ", (span, "dim"))
    if scope := phrases.scope(snapshot, report.time_zone, locale):
        yield Line(clean(", ".join(scope), longest=WIDE), style="dim")
    yield from health_lines(snapshot.health, report.time_zone, locale)
    for tab, row in report.visible.items():
        title = TABS[tab](locale) if tab in TABS else tab
        yield ""
        yield Rule(Line(title, style="bold"), align="left", style="dim")
        for tile, _ in row:
            yield ""
            yield from _titled(
                tile, tile_table(tile, snapshot), names_of(tile, snapshot, locale), locale
            )


def health_lines(health: Health, time_zone: str, locale: str) -> Iterator[Line]:
    """Yield the numbers of *health*, each with its name, and the first notes about it."""
    counts = (
        f"{format_number(getattr(health, part), locale)} {word(locale)}"
        for part, word in _HEALTH.items()
        if getattr(health, part) or part not in phrases.ALARMS
    )
    yield Line(", ".join(counts), style="dim")
    lines = alarms(health, locale)
    for note in phrases.first_notes(health, time_zone, locale):
        yield Line(clean(note, longest=_LONGEST_NOTE), style="yellow" if note in lines else "dim")


def clean(name: str, *, longest: int = LONGEST_NAME) -> str:
    """Return a name from outside without control characters for a terminal, and not too long."""
    kinds = {c: unicodedata.category(c) for c in name}
    tiles = "".join(c if kinds[c][0] != "C" else " " for c in name if kinds[c] != "Cf")
    return tiles if len(tiles) <= longest else tiles[: longest - 1] + "…"


def plain_table(*, heads: bool = True) -> Table:
    """Return an empty table without a frame."""
    return Table(box=None, show_header=heads, header_style="dim", pad_edge=True)


def _plain(rendered: Iterator[RenderableType], width: int) -> str:
    # In a notebook's kernel a console would show what it prints as outputs of the cell.
    console = Console(
        file=io.StringIO(),
        width=width,
        color_system=None,
        force_terminal=False,
        force_jupyter=False,
    )
    for part in rendered:
        console.print(part)
    file = console.file
    assert isinstance(file, io.StringIO)  # noqa: S101 - for the type checker
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def _titled(
    tile: Tile, rows: TileTable, names: Mapping[str, str], locale: str
) -> Iterator[RenderableType]:
    yield Line(tile.title(locale), style="bold")
    yield from tile_parts(tile, rows, names, locale)


def tile_parts(
    tile: Tile,
    frame: TileTable | pd.DataFrame,
    names: Mapping[str, str],
    locale: str,
    *,
    columns: int | None = None,
) -> Iterator[RenderableType]:
    """Yield what is below the title of a tile; *frame* contains its rows.

    Parameters
    ----------
    columns : int, optional
        Width to which sparklines are fitted.
    """
    rows = rows_of(tile, frame)
    if tile.by is None:
        yield _figures(tile, rows, locale)
    elif is_empty(tile, rows):
        yield Line(f"  {_NOTHING(locale)}", style="dim")
    elif tile.by == "bucket":
        yield _trends(tile, rows, locale, columns)
    else:
        yield _rows(tile, rows, names, locale)
        if unfolds(tile):
            yield from _advice(rows, locale)
        if tile.rates:
            yield from (Line(f"  {line}") for line in rates_in_words(tile, rows, locale))


def _figures(tile: Tile, rows: TileTable, locale: str) -> Table:
    table = plain_table(heads=False)
    for _ in range(3):
        table.add_column(justify="right")
    for figure in figures(tile, rows, locale):
        table.add_row(figure.label, figure.text, figure.share_text)
    return table


def _rows(tile: Tile, rows: TileTable, names: Mapping[str, str], locale: str) -> Table:
    model = table_of(tile, rows, locale=locale, names=names)
    first, *metrics = model.headings
    table = plain_table()
    table.add_column(first.label)
    for metric in metrics:
        table.add_column(metric.label, justify="left" if metric.is_text else "right")
    if model.total is not None:
        table.add_row(model.total.name, *(cell.text for cell in model.total.cells), style="bold")
    codes = [row.code for row in model.rows if row.code]
    distinct_names = row_names(tile.columns[0], codes, locale, names)
    for row in model.rows:
        name = clean(distinct_names.short(row.code, LONGEST_NAME)) if row.code else row.name
        table.add_row(Line(name), *(cell.text for cell in row.cells))
    return table


def _advice(rows: TileTable, locale: str) -> Iterator[Line]:
    """Yield what to do about each row."""
    for code in rows.codes():
        words = " ".join(f"{term} {text}." for term, text in advice(code, locale)[:-1])
        *_, (_, next_step) = advice(code, locale) or (("", ""),)
        yield Line(f"  {value_label('class', code, locale)}. {words} {next_step}", style="dim")


def _trends(tile: Tile, rows: TileTable, locale: str, columns: int | None) -> Table:
    table = plain_table()
    table.add_column("")
    names, is_rate = series_of(tile, rows), tile.further is not None
    table.add_column((_HIGHEST if is_rate else TOTAL)(locale), justify="right")
    table.add_column(_TREND(locale))
    series = [[n or 0 for n in rows.numbers(name)] for name in names]
    labels = [column_label(name, locale, tile) for name in names]
    totals = [
        format_rate(max(counts), locale) if is_rate else format_number(sum(counts), locale)
        for counts in series
    ]
    room = _TREND_WIDTH
    if columns is not None:
        widest = sum(max(map(len, texts)) for texts in (labels, [*totals, TOTAL(locale)]))
        room = max(1, columns - widest - 3 * _PADDING)
    for label, total, counts in zip(labels, totals, series, strict=True):
        table.add_row(label, total, _sparkline(counts, room, is_rate=is_rate))
    return table


def _sparkline(numbers: Sequence[float], width: int, *, is_rate: bool = False) -> str:
    """Return numbers as a line of bars from zero that fits the *width*.

    Counts of neighbours are added up; of rates the highest is shown.
    """
    step = -(-len(numbers) // width)
    whole = max if is_rate else sum
    values = [whole(numbers[i : i + step]) for i in range(0, len(numbers), step)]
    top = max(*values, 0) if is_rate else max(*values, 1)
    return "".join(
        " " if n <= 0 else _BARS[min(int(n * len(_BARS) // top), len(_BARS) - 1)] for n in values
    )
