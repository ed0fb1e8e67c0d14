"""The index page of a folder of snapshots: each with its key figures, and runs that failed."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote
from zoneinfo import ZoneInfo

from campaign_live_widgets.catalog import METRICS, Text
from campaign_live_widgets.catalog import rate as rate_of
from campaign_live_widgets.io.atomic_files import remove_leftovers, write_over
from campaign_live_widgets.io.clock import parse_rfc3339
from campaign_live_widgets.rendering.language.labels import share_of
from campaign_live_widgets.rendering.language.numbers import format_number, format_share
from campaign_live_widgets.rendering.language.phrases import length
from campaign_live_widgets.rendering.language.switches import phrase
from campaign_live_widgets.rendering.language.times import WITH_YEAR, named
from campaign_live_widgets.report import Names, visible_name
from campaign_live_widgets.snapshots.draft import locked
from campaign_live_widgets.snapshots.exporters import REPORT_CSV, REPORT_HTML, REPORT_PDF
from campaign_live_widgets.snapshots.index.plain_page import plain_page
from campaign_live_widgets.snapshots.index.sparkline import HEIGHT, WIDTH, sparkline
from campaign_live_widgets.snapshots.listing import failed_runs, snapshots
from campaign_live_widgets.snapshots.paths import INDEX, NOTEBOOK, is_part, machines_of, with_tests

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from campaign_live_widgets.snapshots.index.sparkline import Sparkline
    from campaign_live_widgets.snapshots.listing import FailedRun, KeptSnapshot

_SHOWN: Final = 31
"""Snapshots of one campaign that are listed at once, a month of days; older ones are folded."""
_TREND: Final = 90
"""Maximum number of snapshots in a sparkline."""
_TITLE: Final = Text("Campaign snapshots", "Instantanés de campagnes")
_COUNT: Final = (
    Text("{} snapshot, the newest first", "{} instantané"),
    Text("{} snapshots, the newest first", "{} instantanés, du plus récent au plus ancien"),
)
_EMPTY: Final = Text("There is no snapshot here yet.", "Il n'y a encore aucun instantané ici.")
_OLDER: Final = Text("{} older", "{} plus anciens")
_AS_OF: Final = Text("As of", "Chiffres au")
_WINDOW: Final = Text("Window", "Période")
_RATE: Final = {
    "bounces": Text("Bounce rate", "Taux de bounce"),
    "opens": Text("Open rate", "Taux d'ouverture"),
}
_FILES: Final = Text("Files", "Fichiers")
_NOTEBOOK: Final = Text("Notebook", "Notebook")
_PART: Final = Text("a part of the campaign", "une partie de la campagne")
_TESTS: Final = Text("test sends included", "envois de test inclus")
_REJECTED: Final = (
    Text("{} row rejected", "{} ligne rejetée"),
    Text("{} rows rejected", "{} lignes rejetées"),
)
_MISSING: Final = (
    Text("{} event missing", "{} événement manquant"),
    Text("{} events missing", "{} événements manquants"),
)
_FAILED: Final = Text("Runs that failed", "Exécutions en échec")
_WHEN: Final = Text("When", "Quand")
_RUN: Final = Text("Run", "Exécution")
_WHY: Final = Text("Why", "Cause")
_NO_REASON: Final = Text("the reason could not be kept", "la cause n'a pas pu être conservée")
_LONGEST_NAME: Final = 110


class _Row(NamedTuple):
    """One snapshot, formatted; addresses are relative to the index."""

    as_of: str
    report: str
    notes: list[str]
    window: str
    delivered: str
    rates: list[tuple[str, str]]
    files: list[tuple[str, str]]


class _Campaign(NamedTuple):
    """The snapshots of one campaign."""

    title: str
    """The name, with the id if it is not unique."""
    name: str
    id: str
    trends: list[Sparkline]
    rows: list[_Row]
    older: list[_Row]
    older_title: str


class _Failure(NamedTuple):
    """One run that failed."""

    time: str
    name: str
    notebook: str
    reason: str


def write_index(out: Path, locale: str = "en") -> Path:
    """Write ``index.html`` of all snapshots in *out* in one step; return its path.

    Raises
    ------
    ArchiveError
        If *out* is not a folder that can be read.
    OSError
        If the page cannot be written; the old one is kept then.
    """
    with locked(out):
        page = index(snapshots(out), failed_runs(out), locale)
        remove_leftovers(out / INDEX)
        write_over(out / INDEX, page.encode(errors="replace"), durable=True)
    return out / INDEX


def index(entries: Sequence[KeptSnapshot], failed: Sequence[FailedRun], locale: str = "en") -> str:
    """Return the page; snapshots and failed runs are listed newest first."""
    by_campaign: dict[str, list[KeptSnapshot]] = {}
    for snapshot in entries:
        by_campaign.setdefault(snapshot.manifest.campaign_id, []).append(snapshot)
    names = Names({key: of[0].manifest.campaign_name for key, of in by_campaign.items()})
    ids = Names(dict.fromkeys(by_campaign))
    count = _COUNT[len(entries) != 1](locale)
    return plain_page(
        "snapshots/index/index.html.j2",
        _TITLE(locale),
        locale,
        lead=count.format(format_number(len(entries), locale)) if entries else _EMPTY(locale),
        campaigns=[
            _campaign(of, names.short(key, _LONGEST_NAME), ids.short(key, _LONGEST_NAME), locale)
            for key, of in by_campaign.items()
        ],
        heads=[
            (_AS_OF(locale), False),
            (_WINDOW(locale), False),
            (METRICS["delivered"].label(locale), True),
            *((rate_label(locale), True) for rate_label in _RATE.values()),
            (_FILES(locale), False),
        ],
        failures=[_failure(run, locale) for run in failed],
        failures_title=_FAILED(locale),
        failure_heads=[(_WHEN(locale), False), (_RUN(locale), False), (_WHY(locale), False)],
        width=WIDTH,
        height=HEIGHT,
    )


def rate(snapshot: KeptSnapshot, metric: str) -> tuple[int, int, float | None]:
    """Return a metric summed over all channels, its divisor, and the rate."""
    channels = [figures for tab, figures in snapshot.manifest.figures.items() if tab != "campaign"]
    part, whole = (
        sum(channel.get(key, 0) for channel in channels)
        for key in (metric, METRICS[metric].rate_of or metric)
    )
    return part, whole, rate_of(metric, part, METRICS[metric].rate_of, whole)


def _delivered(snapshot: KeptSnapshot) -> int:
    return snapshot.manifest.figures.get("campaign", {}).get("delivered", 0)


def _campaign(snapshots: list[KeptSnapshot], title: str, key: str, locale: str) -> _Campaign:
    newest = snapshots[0].manifest
    listed, older = snapshots[:_SHOWN], snapshots[_SHOWN:]
    return _Campaign(
        title=title,
        name=visible_name(newest.campaign_name) or key,
        id=key,
        trends=_trends(snapshots, locale),
        rows=[_row(snapshot, locale) for snapshot in listed],
        older=[_row(snapshot, locale) for snapshot in older],
        older_title=_OLDER(locale).format(format_number(len(older), locale)),
    )


def _trends(snapshots: list[KeptSnapshot], locale: str) -> list[Sparkline]:
    """Return the key figures over the snapshots that are comparable with the newest one."""
    kind = _kind(snapshots[0])
    alike = [snapshot for snapshot in snapshots if _kind(snapshot) == kind][:_TREND][::-1]
    counted = [s for i, s in enumerate(alike) if s.as_of != alike[i - 1].as_of or not i]
    if len(counted) < 2:  # noqa: PLR2004 - one point is no trend
        return []
    times = [snapshot.as_of for snapshot in counted]
    return [
        sparkline(
            METRICS["delivered"].label(locale),
            [float(_delivered(snapshot)) for snapshot in counted],
            times,
            "delivered",
            lambda value: format_number(value, locale),
        ),
        *(
            sparkline(
                label(locale),
                [rate(snapshot, metric)[2] for snapshot in counted],
                times,
                metric,
                lambda value: format_share(value, locale),
            )
            for metric, label in _RATE.items()
        ),
    ]


def _kind(snapshot: KeptSnapshot) -> tuple[object, ...]:
    """Return what two snapshots must have in common for their figures to be comparable."""
    window, folder = snapshot.manifest.window, snapshot.folder.name
    span = parse_rfc3339(window["end"]) - parse_rfc3339(window["start"])
    return (span, is_part(folder), with_tests(folder), machines_of(folder))


def _row(snapshot: KeptSnapshot, locale: str) -> _Row:
    manifest, folder = snapshot.manifest, snapshot.folder
    start, end = (parse_rfc3339(manifest.window[key]) for key in ("start", "end"))
    counts = [
        (words, manifest.health.get(name, 0))
        for name, words in (("rejected", _REJECTED), ("missing", _MISSING))
    ]
    notes = (
        _PART(locale) if is_part(folder.name) else "",
        _TESTS(locale) if with_tests(folder.name) else "",
        phrase("machines", machines_of(folder.name), locale),
        *(words[n != 1](locale).format(format_number(n, locale)) for words, n in counts if n),
    )
    files = (
        ("HTML", REPORT_HTML),
        ("PDF", REPORT_PDF),
        ("CSV", REPORT_CSV),
        (_NOTEBOOK(locale), NOTEBOOK),
    )
    return _Row(
        as_of=_moment(end, manifest.time_zone, locale),
        report=_link(folder, REPORT_HTML) if REPORT_HTML in manifest.files else "",
        notes=[note for note in notes if note],
        window=length(end - start, locale),
        delivered=format_number(_delivered(snapshot), locale),
        rates=[_rate_cell(snapshot, metric, locale) for metric in _RATE],
        files=[(label, _link(folder, path)) for label, path in files if path in manifest.files],
    )


def _rate_cell(snapshot: KeptSnapshot, metric: str, locale: str) -> tuple[str, str]:
    """Return a rate and its divisor, such as ``1.2%`` and ``of 3,400 sent``."""
    _, whole, share = rate(snapshot, metric)
    words = share_of(METRICS[metric].rate_of)(locale).split(" ", 1)
    base = f"{words[0]} {format_number(whole, locale)} {words[1]}" if whole else ""
    return format_share(share, locale), base


def _failure(run: FailedRun, locale: str) -> _Failure:
    notebook = run.folder / NOTEBOOK
    return _Failure(
        time=_moment(run.failed_at, "UTC", locale),
        name=run.folder.name,
        notebook=_link(run.folder, NOTEBOOK) if notebook.is_file() else "",
        reason=run.reason or _NO_REASON(locale),
    )


def _moment(at: datetime, time_zone: str, locale: str) -> str:
    """Return a time in a snapshot's own zone; in UTC if this system does not know the zone."""
    known = "UTC"
    with suppress(Exception):
        known = ZoneInfo(time_zone).key
    return named(at, known, locale, pattern=WITH_YEAR)


def _link(folder: Path, path: str) -> str:
    """Return the address of a file of a snapshot, relative to the index."""
    return quote(f"{folder.name}/{path}")
