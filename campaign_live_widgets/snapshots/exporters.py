"""The files of one snapshot, each made from the same tables as the tiles."""

from __future__ import annotations

import json
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, TypeVar

from campaign_live_widgets.catalog import TILES, WHOLE, tiles_of
from campaign_live_widgets.errors import MissingExtraError, UsageError
from campaign_live_widgets.io.clock import rfc3339
from campaign_live_widgets.rendering.language import phrases
from campaign_live_widgets.rendering.language.shorten import SHORT
from campaign_live_widgets.report import frame_csv, names_of, tile_tables, to_csv, to_json
from campaign_live_widgets.snapshots.report_reader import REPORT_JSON

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from pathlib import Path

    from campaign_live_widgets.rendering.model.report_view import ReportView
    from campaign_live_widgets.report import TileTable
    from campaign_live_widgets.snapshot import Snapshot

    Tables = Mapping[str, TileTable]
    Formats = tuple[str, ...]
    Made = Iterator[tuple[str, Callable[[], bytes]]]
    """A file's path in the snapshot, and a function that returns its bytes."""

T = TypeVar("T", str, bytes)

FORMATS: Final = ("html", "csv", "parquet", "png", "svg", "pdf")
"""The formats of a snapshot, beside its notebook and ``report.json``."""


_NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(("html", "png", "svg"), ("vl_convert",)),
    "parquet": ("pyarrow",),
    "pdf": ("vl_convert", "typst"),
}
"""Packages of the extra by format."""
REPORT_CSV: Final = "report.csv"
REPORT_HTML: Final = "report.html"
REPORT_PDF: Final = "report.pdf"


def widget_csv(tile_id: str) -> str:
    """Return the path of a widget's CSV in a snapshot."""
    return f"widgets/{tile_id}.csv"


def widget_parquet(tile_id: str) -> str:
    """Return the path of a widget's frame in a snapshot."""
    return f"frames/{tile_id}.parquet"


def picture(tile_id: str, form: str) -> str:
    """Return the path of a widget's picture in a snapshot; *form* is ``png`` or ``svg``."""
    return f"pictures/{tile_id}.{form}"


def check_formats(formats: Collection[str]) -> tuple[str, ...]:
    """Return *formats*, each once, in the order of :data:`FORMATS`.

    Raises
    ------
    UsageError
        If a format is unknown.
    """
    for one in formats:
        if one not in FORMATS:
            message = f"unknown format {one!r}; give some of {', '.join(FORMATS)}"
            raise UsageError(message)
    return tuple(one for one in FORMATS if one in formats)


def require_packages(formats: Collection[str]) -> None:
    """Raise :class:`MissingExtraError` if a format needs a package that is not installed."""
    for one in formats:
        if any(find_spec(package) is None for package in _NEEDS.get(one, ())):
            what = f"the format {one}"
            raise MissingExtraError(what)


def _silent(_path: str) -> None:
    """Report no progress."""


def write_files(
    report: ReportView,
    folder: Path,
    formats: Collection[str],
    *,
    progress: Callable[[str], None] = _silent,
) -> None:
    """Write a snapshot's files into *folder*: always ``report.json``, and those of *formats*.

    Equal views give equal bytes.

    Parameters
    ----------
    report : ReportView
    folder : Path
        An existing folder.
    formats : collection of str
        Some of :data:`FORMATS`.
    progress : callable
        Called with the path of each file before it is written.

    Raises
    ------
    UsageError
        If a format is unknown; nothing is written then.
    MissingExtraError
        If a format needs a package that is not installed.
    OSError
        If a file cannot be written.
    """
    wanted = check_formats(formats)
    tables = tile_tables(report.snapshot)
    for one in ("json", *wanted):
        for path, make in _MAKERS[one](report, tables, wanted):
            progress(path)
            target = folder / path
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(make())


def _json(report: ReportView, _tables: Tables, _formats: Formats) -> Made:
    def make() -> bytes:
        values = to_json(report.snapshot, report.locale)
        return _bytes(json.dumps(values, ensure_ascii=False, allow_nan=False) + "\n")

    yield REPORT_JSON, make


def _csv(report: ReportView, tables: Tables, _formats: Formats) -> Made:
    snapshot, locale = report.snapshot, report.locale
    about = phrases.needed_caption(snapshot, report.time_zone, locale)
    yield REPORT_CSV, lambda: _bytes(to_csv(snapshot, locale, about=about))
    for tile_id, table in tables.items():
        make = partial(frame_csv, table, locale, snapshot.message_names, tile=TILES[tile_id])
        yield widget_csv(tile_id), partial(_encoded, make)


def _parquet(report: ReportView, tables: Tables, _formats: Formats) -> Made:
    for tile_id, table in tables.items():
        yield widget_parquet(tile_id), partial(parquet_bytes, tile_id, table, report.snapshot)


def _html(report: ReportView, _tables: Tables, formats: Formats) -> Made:
    from campaign_live_widgets.rendering.html import page

    known = (("csv", REPORT_CSV), ("pdf", REPORT_PDF))
    links = {one.upper(): path for one, path in known if one in formats}
    yield REPORT_HTML, lambda: _bytes(page.html(report, links=links))


def _pdf(report: ReportView, _tables: Tables, _formats: Formats) -> Made:
    from campaign_live_widgets.rendering.pdf import pdf

    yield REPORT_PDF, partial(pdf.pdf, report)


def _png(report: ReportView, tables: Tables, _formats: Formats) -> Made:
    from campaign_live_widgets.rendering.charts import export as pictures

    for tile_id, spec in _charts(report, tables):
        yield picture(tile_id, "png"), partial(_drawn, pictures.png, spec)


def _svg(report: ReportView, tables: Tables, _formats: Formats) -> Made:
    from campaign_live_widgets.rendering.charts import export as pictures

    for tile_id, spec in _charts(report, tables):
        yield picture(tile_id, "svg"), partial(_encoded, partial(_drawn, pictures.svg, spec))


def _charts(
    report: ReportView, tables: Tables
) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    """Yield the tiles that can be drawn, with what makes each one's specification.

    A tile is drawn as the reader has it on the page; where that is no chart, as its first one.
    """
    from campaign_live_widgets.rendering import charts as vega

    chosen = {place.tile_id: place.view for row in report.places.values() for place in row}
    for tile in tiles_of(report.snapshot.basis).values():
        kinds = vega.chart_kinds(tile)
        if not kinds:
            continue
        kind = chosen.get(tile.id)
        yield (
            tile.id,
            partial(
                vega.specification,
                tile,
                tables[tile.id],
                locale=report.locale,
                names=names_of(tile, report.snapshot, report.locale),
                time_zone=report.time_zone,
                kind=kind if kind in kinds else kinds[0],
                theme="light",
                unfinished=report.snapshot.unfinished,
                title=True,
                caption=phrases.caption(report.snapshot, report.time_zone, report.locale, SHORT),
            ),
        )


def parquet_bytes(tile_id: str, table: TileTable, snapshot: Snapshot) -> bytes:
    """Return a widget's frame as a Parquet file: ``int64``, ``double``, UTC times and strings.

    What is not known, such as a share of nothing, is null. The file's metadata name campaign and
    window.

    Raises
    ------
    MissingExtraError
        If pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError("Parquet") from None
    kinds = {
        "text": pa.string(),
        "time": pa.timestamp("us", tz="UTC"),
        **dict.fromkeys(WHOLE, pa.int64()),
        **dict.fromkeys(("ratio", "number"), pa.float64()),
    }
    tile = TILES[tile_id]
    about = {
        "widget": tile_id,
        "campaign_id": snapshot.campaign_id,
        "window_start": rfc3339(snapshot.window.start),
        "window_end": rfc3339(snapshot.window.end),
    }
    schema = pa.schema(
        [(name, kinds[tile.column(name).kind]) for name in table.columns],
        metadata={key: _bytes(value) for key, value in about.items()},
    )
    columns = [pa.array(table[f.name], type=f.type, from_pandas=True) for f in schema]
    sink = pa.BufferOutputStream()
    parquet.write_table(pa.Table.from_arrays(columns, schema=schema), sink)
    return bytes(sink.getvalue().to_pybytes())


def _drawn(draw: Callable[[dict[str, Any]], T], spec: Callable[[], dict[str, Any]]) -> T:
    """Return a picture; neither it nor its specification is made before it is its turn."""
    return draw(spec())


def _encoded(make: Callable[[], str]) -> bytes:
    return _bytes(make())


def _bytes(text: str) -> bytes:
    """Return text in UTF-8; half a character, which UTF-8 has not, as a question mark."""
    return text.encode("utf-8", "replace")


_MAKERS: Final[Mapping[str, Callable[[ReportView, Tables, Formats], Made]]] = {
    "json": _json,
    "html": _html,
    "csv": _csv,
    "parquet": _parquet,
    "png": _png,
    "svg": _svg,
    "pdf": _pdf,
}
"""What makes the files of each format."""
