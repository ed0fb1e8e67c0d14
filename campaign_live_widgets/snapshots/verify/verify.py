"""Checks that snapshots are unchanged since they were made, and that their numbers agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.errors import ArchiveError
from campaign_live_widgets.snapshots.exporters import (
    REPORT_CSV,
    REPORT_HTML,
    REPORT_PDF,
    picture,
    widget_csv,
    widget_parquet,
)
from campaign_live_widgets.snapshots.listing import folders
from campaign_live_widgets.snapshots.manifest import Manifest, hash_of, paths
from campaign_live_widgets.snapshots.paths import FAILED, FAILURE, MANIFEST, NOTEBOOK
from campaign_live_widgets.snapshots.report_reader import REPORT_JSON, figures, read_report
from campaign_live_widgets.snapshots.verify import cross_check, invariants

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

_CHARTS: Final = frozenset({"donut", "bars", "lines", "intervals"})


def verify(path: Path) -> list[str]:
    """Return the problems of a snapshot, or of each snapshot in a folder; empty if there are none.

    A problem is a file that is missing, changed or unknown; a manifest, CSV, Parquet or HTML file
    that disagrees with the report; numbers of the report that contradict each other; or events that
    were missing in the store of which the report was made.

    Raises
    ------
    ArchiveError
        If *path* is neither a snapshot nor a folder with one.
    """
    return _each(path, lambda folder: list(_problems(folder)))


def remarks(path: Path) -> list[str]:
    """Return notes on what is right but unusual, such as messages with an unknown result.

    Raises
    ------
    ArchiveError
        If *path* is neither a snapshot nor a folder with one.
    """
    return _each(path, lambda folder: list(_remarks(folder)))


def _each(path: Path, lines_of: Callable[[Path], list[str]]) -> list[str]:
    if _is_snapshot(path) or (path / FAILURE).exists():
        return lines_of(path)
    snapshots = [folder for folder in folders(path) if _is_snapshot(folder)]
    if not snapshots:
        message = f"there is no snapshot in {path}; give a snapshot, or a folder of snapshots"
        raise ArchiveError(message)
    return [f"{folder.name}: {line}" for folder in snapshots for line in lines_of(folder)]


def _is_snapshot(folder: Path) -> bool:
    """Return whether a folder is one or should be: it may have lost its manifest."""
    if (folder / MANIFEST).exists():
        return True
    is_failed = (folder / FAILURE).exists() or FAILED in folder.name
    return not is_failed and any((folder / name).exists() for name in (REPORT_JSON, NOTEBOOK))


def _problems(folder: Path) -> Iterator[str]:
    if (folder / FAILURE).exists():
        yield f"{FAILURE} exists: this is a failed run, not a snapshot"
        return
    try:
        manifest = Manifest.read(folder)
    except ArchiveError as error:
        yield str(error)
        return
    yield from _files(folder, manifest)
    try:
        report = read_report(folder)
    except ArchiveError as error:
        yield str(error)
        return
    window = report["window"]
    for name, in_manifest, in_report in (
        ("campaign_id", manifest.campaign_id, report["campaign_id"]),
        ("campaign_name", manifest.campaign_name, report["campaign_name"]),
        ("window", manifest.window, window),
        ("as_of", manifest.as_of, window["end"]),
        ("newest_event", manifest.newest_event, report["newest_event"]),
        ("health", manifest.health, report["health"]),
        ("rows", manifest.rows, {name: len(w["rows"]) for name, w in report["widgets"].items()}),
        ("figures", manifest.figures, figures(report)),
    ):
        if in_manifest != in_report:
            yield f"{MANIFEST}: {name} is not that of the report"
    if missing := report["health"].get("missing", 0):
        yield f"{REPORT_JSON}: {missing:,} events of the store were missing when it was made"
    yield from (f"{REPORT_JSON}: {problem}" for problem in invariants.broken(report))
    existing = [path for path in manifest.files if (folder / path).is_file()]
    yield from cross_check.disagreeing(folder, report, existing, manifest.locale)


def _files(folder: Path, manifest: Manifest) -> Iterator[str]:
    existing = paths(folder)
    for path in existing:
        if (folder / path).is_symlink():
            yield f"{path} is a link, not a file"
        elif path not in manifest.files:
            yield f"{path} is not a file of this snapshot"
    for path, listed in manifest.files.items():
        if path not in existing:
            yield f"{path} is missing"
            continue
        try:
            size = (folder / path).stat().st_size
            if size != listed.size or hash_of(folder / path) != listed.sha256:
                yield f"{path} has been changed"
        except OSError as error:
            yield f"{path} cannot be read: {error.strerror}"
    expected = (path for form in manifest.formats for path in _expected(form, manifest.rows))
    for path in (REPORT_JSON, *expected):
        if path not in manifest.files:
            yield f"{MANIFEST}: {path} is not listed"


def _expected(form: str, widgets: Collection[str]) -> list[str]:
    """Return the files that a format has of the report's *widgets*."""
    tiles = [tile for tile in TILES.values() if tile.id in widgets]
    if form == "csv":
        return [REPORT_CSV, *(widget_csv(tile.id) for tile in tiles)]
    if form == "parquet":
        return [widget_parquet(tile.id) for tile in tiles]
    if form in {"png", "svg"}:
        return [picture(tile.id, form) for tile in tiles if _CHARTS & set(tile.views)]
    return [{"html": REPORT_HTML, "pdf": REPORT_PDF}[form]] if form in {"html", "pdf"} else []


def _remarks(folder: Path) -> Iterator[str]:
    try:
        manifest, report = Manifest.read(folder), read_report(folder)
    except ArchiveError:
        return  # a problem, not a remark
    yield from invariants.unusual(report)
    if "parquet" in manifest.formats and not cross_check.reads_parquet():
        yield "the Parquet files were not checked: pyarrow is not installed"
