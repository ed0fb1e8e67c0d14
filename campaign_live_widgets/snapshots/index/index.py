"""The front page of an archive: every snapshot with its key figures, and runs that failed."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from campaign_live_widgets.catalog import METRICS, Text
from campaign_live_widgets.rendering.language.labels import share_of
from campaign_live_widgets.rendering.language.numbers import format_number, format_share
from campaign_live_widgets.rendering.language.phrases import instant, length, number, zone
from campaign_live_widgets.snapshots.draft import locked
from campaign_live_widgets.snapshots.exporters import REPORT_CSV, REPORT_HTML, REPORT_PDF
from campaign_live_widgets.snapshots.index.html_page import name, sheet, table, text
from campaign_live_widgets.snapshots.index.sparkline import trend
from campaign_live_widgets.snapshots.listing import failed_runs, snapshots
from campaign_live_widgets.snapshots.paths import INDEX, NOTEBOOK, is_part, with_tests
from campaign_live_widgets.snapshots.report_reader import parse_rfc3339

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from campaign_live_widgets.snapshots.listing import FailedRun, KeptSnapshot

_SHOWN: Final = 31
"""Snapshots of one campaign that stand in the open: a month of days."""
_TREND: Final = 90
"""Snapshots that a trend reaches back."""
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
_FAILED: Final = Text("Runs that failed", "Exécutions en échec")
_WHEN: Final = Text("When", "Quand")
_RUN: Final = Text("Run", "Exécution")
_WHY: Final = Text("Why", "Cause")
_NO_REASON: Final = Text("the reason could not be kept", "la cause n'a pas pu être conservée")
_PATTERN: Final = "d MMM y HH:mm"


def write_index(out: Path, locale: str = "en") -> Path:
    """Write ``index.html`` over all snapshots of an archive, in one step; return its path.

    Raises
    ------
    ArchiveError
        Where *out* is no folder that can be read.
    OSError
        Where it cannot be written; the old one is still there then.
    """
    with locked(out):
        page = index(snapshots(out), failed_runs(out), locale)
        part = out / f".{INDEX}"
        with part.open("w", encoding="utf-8", errors="replace") as file:
            file.write(page)
            file.flush()
            os.fsync(file.fileno())
        part.replace(out / INDEX)
    return out / INDEX


def index(found: Sequence[KeptSnapshot], failed: Sequence[FailedRun], locale: str = "en") -> str:
    """Return the page; snapshots and failed runs come the newest first."""
    campaigns: dict[str, list[KeptSnapshot]] = {}
    for one in found:
        campaigns.setdefault(one.manifest.campaign_id, []).append(one)
    one_or_many = _COUNT[len(found) != 1](locale)
    lead = one_or_many.format(number(len(found), locale)) if found else _EMPTY(locale)
    parts = [f'<h1>{_TITLE(locale)}</h1>\n<p class="lead">{text(lead)}</p>']
    parts += [_campaign(of, locale) for of in campaigns.values()]
    if failed:
        parts.append(_failures(failed, locale))
    return sheet(_TITLE(locale), "\n".join(parts), locale)


def rate(one: KeptSnapshot, metric: str) -> tuple[int, int, float | None]:
    """Return a metric over all channels, what its rate divides by, and the rate."""
    channels = [of for tab, of in one.manifest.figures.items() if tab != "campaign"]
    part, whole = (
        sum(channel.get(key, 0) for channel in channels)
        for key in (metric, METRICS[metric].rate_of or metric)
    )
    return part, whole, part / whole if whole else None


def _delivered(one: KeptSnapshot) -> int:
    return one.manifest.figures.get("campaign", {}).get("delivered", 0)


def _campaign(found: list[KeptSnapshot], locale: str) -> str:
    newest = found[0].manifest
    title = name(newest.campaign_name or newest.campaign_id)
    known = f" <small>{name(newest.campaign_id)}</small>" if newest.campaign_name else ""
    shown, older = found[:_SHOWN], found[_SHOWN:]
    label = newest.campaign_name or newest.campaign_id
    parts = [f"<section>\n<h2>{title}{known}</h2>", _trends(found, locale)]
    parts.append(_table(shown, label, locale))
    if older:
        more = _OLDER(locale).format(number(len(older), locale))
        rest = _table(older, label, locale)
        parts.append(f"<details><summary>{text(more)}</summary>\n{rest}</details>")
    return "\n".join([*parts, "</section>"])


def _trends(found: list[KeptSnapshot], locale: str) -> str:
    """Return how the key figures went over the snapshots that are like the newest one."""
    kind = _kind(found[0])
    alike = [one for one in found if _kind(one) == kind][:_TREND][::-1]
    counted = [one for i, one in enumerate(alike) if one.as_of != alike[i - 1].as_of or not i]
    if len(counted) < 2:  # noqa: PLR2004 - one point is no trend
        return ""
    times = [one.as_of for one in counted]
    drawn = [
        trend(
            METRICS["delivered"].label(locale),
            [float(_delivered(one)) for one in counted],
            times,
            "delivered",
            lambda value: format_number(value, locale),
        )
    ]
    drawn += [
        trend(
            label(locale),
            [rate(one, metric)[2] for one in counted],
            times,
            metric,
            lambda value: format_share(value, locale),
        )
        for metric, label in _RATE.items()
    ]
    return f'<div class="trends">{"".join(drawn)}</div>'


def _kind(one: KeptSnapshot) -> tuple[object, ...]:
    """Return what two snapshots must share for their figures to be of one kind."""
    window, folder = one.manifest.window, one.folder.name
    span = parse_rfc3339(window["end"]) - parse_rfc3339(window["start"])
    return (span, is_part(folder), with_tests(folder))


def _table(found: Sequence[KeptSnapshot], label: str, locale: str) -> str:
    heads = [
        (_AS_OF(locale), False),
        (_WINDOW(locale), False),
        (METRICS["delivered"].label(locale), True),
        *((of(locale), True) for of in _RATE.values()),
        (_FILES(locale), False),
    ]
    return table(heads, (_row(one, locale) for one in found), label)


def _row(one: KeptSnapshot, locale: str) -> str:
    manifest = one.manifest
    start, end = (parse_rfc3339(manifest.window[key]) for key in ("start", "end"))
    at = text(_moment(end, manifest.time_zone, locale))
    if REPORT_HTML in manifest.files:
        at = f'<a href="{_link(one.folder, REPORT_HTML)}">{at}</a>'
    rejected = manifest.health.get("rejected", 0)
    notes = [
        _PART(locale) if is_part(one.folder.name) else "",
        _TESTS(locale) if with_tests(one.folder.name) else "",
        _REJECTED[rejected != 1](locale).format(number(rejected, locale)) if rejected else "",
    ]
    told = " · ".join(filter(None, notes))
    said = f"<br><small>{text(told)}</small>" if told else ""
    cells = [
        f'<th scope="row">{at}{said}</th>',
        f"<td>{text(length(end - start, locale))}</td>",
        f'<td class="n">{text(format_number(_delivered(one), locale))}</td>',
        *(_rate_cell(one, metric, locale) for metric in _RATE),
        f'<td class="files">{_links(one, locale)}</td>',
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _rate_cell(one: KeptSnapshot, metric: str, locale: str) -> str:
    _, whole, share = rate(one, metric)
    of = METRICS[metric].rate_of
    words = share_of(of)(locale).split(" ", 1)
    base = f"{words[0]} {format_number(whole, locale)} {words[1]}" if whole else ""
    return f'<td class="n">{text(format_share(share, locale))} <small>{text(base)}</small></td>'


def _links(one: KeptSnapshot, locale: str) -> str:
    known = (
        ("HTML", REPORT_HTML),
        ("PDF", REPORT_PDF),
        ("CSV", REPORT_CSV),
        (_NOTEBOOK(locale), NOTEBOOK),
    )
    return " ".join(
        f'<a href="{_link(one.folder, path)}">{text(label)}</a>'
        for label, path in known
        if path in one.manifest.files
    )


def _failures(failed: Sequence[FailedRun], locale: str) -> str:
    heads = [(_WHEN(locale), False), (_RUN(locale), False), (_WHY(locale), False)]
    rows = []
    for one in failed:
        run = name(one.folder.name)
        if (one.folder / NOTEBOOK).is_file():
            run = f'<a href="{_link(one.folder, NOTEBOOK)}">{run}</a>'
        rows.append(
            f"<tr><td>{text(_moment(one.failed_at, 'UTC', locale))}</td>"
            f'<th scope="row">{run}</th><td>{name(one.reason or _NO_REASON(locale))}</td></tr>'
        )
    title = _FAILED(locale)
    return f"<section>\n<h2>{text(title)}</h2>\n{table(heads, rows, title)}\n</section>"


def _moment(at: datetime, time_zone: str, locale: str) -> str:
    """Return a time on a snapshot's own clock; in UTC where this system has no such zone."""
    known = "UTC"
    with suppress(Exception):
        known = ZoneInfo(time_zone).key
    return f"{instant(at, known, locale, pattern=_PATTERN)} {zone(at, known)}"


def _link(folder: Path, path: str) -> str:
    """Return the address of a file of a snapshot, seen from the index."""
    return quote(f"{folder.name}/{path}")
