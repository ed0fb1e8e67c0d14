"""The commands about snapshots: ``snapshot``, ``diff``, ``verify`` and ``index``."""

from __future__ import annotations

import json
import re
import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from campaign_live_widgets.app.cli.console import progress, say
from campaign_live_widgets.catalog import LOCALES
from campaign_live_widgets.errors import CampaignLiveError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours"}
_LENGTH: Final = re.compile(r"(\d{1,6})\s*([smh])", re.IGNORECASE)
_ONLY: Final = "Count only this; may stand several times."
_locale = click.option(
    "--locale", type=click.Choice(LOCALES), default="en", show_default=True, help="Language."
)
_folder = click.Path(path_type=Path, file_okay=False)
_snapshot_folder = click.Path(path_type=Path, exists=True, file_okay=False)


@click.command()
@click.argument("source")
@click.option("--campaign", required=True, metavar="ID", help="Which campaign.")
@click.option("--out", required=True, type=_folder, metavar="DIR", help="Where snapshots stand.")
@click.option(
    "--at", metavar="TIME", help="Where the window ends (RFC 3339, in UTC without a zone)."
)
@click.option(
    "--window",
    default="24h",
    show_default=True,
    metavar="LENGTH",
    help="How far back: 15m, 6h, 24h, 7d.",
)
@_locale
@click.option(
    "--formats",
    metavar="LIST",
    help="Some of html,csv,parquet,png,svg,pdf, with commas between; by default all.",
)
@click.option("--time-zone", default="UTC", show_default=True, help="IANA name, for labels.")
@click.option("--include-tests", is_flag=True, help="Count test sends too.")
@click.option(
    "--message", "messages", multiple=True, metavar="ID", help="Count only this; give several."
)
@click.option(
    "--execution", "executions", multiple=True, metavar="ID", help="Count only this; give several."
)
@click.option("--layout", metavar="FILE", help="A layout file: where the tiles stand.")
@click.option("--keep", metavar="LENGTH", help="Remove snapshots that are older: 30d.")
@click.option("--since-last", is_flag=True, help="Make all that are missing since the newest.")
@click.option(
    "--every", metavar="LENGTH", help="Step of --since-last; by default the window's length."
)
@click.option(
    "--timeout",
    default="10m",
    show_default=True,
    metavar="LENGTH",
    help="How long one may take: 90s, 10m, 1h.",
)
def snapshot(  # noqa: PLR0913 - the options of a command
    source: str,
    out: Path,
    at: str | None,
    formats: str | None,
    keep: str | None,
    since_last: bool,  # noqa: FBT001 - click passes options so
    every: str | None,
    timeout: str,
    locale: str,
    **others: Any,  # noqa: ANN401 - parameters of the notebook, checked as such
) -> None:
    """Keep one campaign of SOURCE as it stands: a folder of files in DIR that opens anywhere.

    The new folder's path is the only line on standard output. SOURCE may be env:NAME: then only
    that name is written down, never what the variable holds.
    """
    from campaign_live_widgets.app.jobs import snapshot_run as runs  # noqa: PLC0415 - quick --help
    from campaign_live_widgets.app.jobs.parameters import check  # noqa: PLC0415
    from campaign_live_widgets.app.settings.times import address_time, parse_window  # noqa: PLC0415
    from campaign_live_widgets.snapshots import FORMATS, check_formats, retain  # noqa: PLC0415

    now = datetime.now(UTC)
    wanted = check_formats([f.strip() for f in formats.split(",")] if formats else FORMATS)
    limit, kept = _timeout(timeout), parse_window(keep) if keep else None
    step = parse_window(every) if every else None
    if step and not since_last:
        message = "--every is the step of --since-last; give both"
        raise UsageError(message)
    lists = {name: list(others.pop(name)) for name in ("messages", "executions")}
    given = {
        **{name: value for name, value in others.items() if value is not None},
        **lists,
        "source": source,
        "locale": locale,
        "at": at or "",
    }
    if given.get("layout"):
        given["layout"] = str(Path(str(given["layout"])).expanduser())
    ends: Sequence[str] = [str(given["at"])]
    if since_last:
        from campaign_live_widgets.app.jobs.missing import missing  # noqa: PLC0415

        asked = check(runs.TEMPLATE, given)
        found = missing(out, asked, every=step, now=now)
        ends = [address_time(end) for end in found]
        say(f"{len(ends) or 'no'} snapshot{'' if len(ends) == 1 else 's'} missing")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for end in ends:
        with progress() as tell:
            made = runs.snapshot(
                {**given, "at": end}, out, wanted, timeout=limit, progress=tell, now=now
            )
        _tell_rejects(made)
        _write(f"{made}\n")
    if kept is not None:
        for gone in retain(out, kept, now, locale):
            say(f"removed {gone}, older than {keep}")


def _tell_rejects(folder: Path) -> None:
    """Say on standard error how many rows were refused, as ``report`` does."""
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    if rejected := report["health"]["rejected"]:
        shown = [
            f"; the first: {r['file']}, row {r['row']}: {r['cause']}" for r in report["rejects"]
        ]
        say(f"{rejected} rows rejected{shown[0]}")


def _timeout(text: str) -> timedelta:
    """Return how long a run may take, from ``90s``, ``10m`` or ``1h``."""
    found = _LENGTH.fullmatch(text.strip())
    if found is None or int(found[1]) == 0:
        message = f"--timeout {text!r} is no length of time; give 90s, 10m or 1h"
        raise UsageError(message)
    return timedelta(**{_UNITS[found[2].lower()]: int(found[1])})


@click.command()
@click.argument("first", type=_snapshot_folder, metavar="A")
@click.argument("second", type=_snapshot_folder, metavar="B")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "html"]),
    default="text",
    show_default=True,
)
@_locale
def diff(first: Path, second: Path, form: str, locale: str) -> None:
    """Tell what changed from snapshot A to snapshot B, in counts and in points of rates."""
    from campaign_live_widgets.snapshots import difference  # noqa: PLC0415 - quick --help

    found = difference(first, second)
    if form == "json":
        _write(json.dumps(found.to_json(), ensure_ascii=False, allow_nan=False) + "\n")
    elif form == "html":
        _write(found.to_html(locale))
    else:
        _write(found.to_text(locale))


@click.command()
@click.argument("folder", type=_snapshot_folder, metavar="DIR")
def verify(folder: Path) -> None:
    """Check the files and the numbers of a snapshot, or of a folder of them.

    Leaves with 1 where something is wrong, a line for each.
    """
    from campaign_live_widgets.snapshots import verify as problems  # noqa: PLC0415 - quick --help

    found = problems(folder)
    for problem in found:
        _write(f"{problem}\n")
    if found:
        message = f"{folder}: {len(found)} problem{'' if len(found) == 1 else 's'}"
        raise CampaignLiveError(message)
    say(f"{folder}: nothing wrong")


@click.command()
@click.argument("folder", type=_snapshot_folder, metavar="DIR")
@_locale
def index(folder: Path, locale: str) -> None:
    """Write index.html over all snapshots in DIR again, and print its path."""
    from campaign_live_widgets.snapshots import write_index  # noqa: PLC0415 - quick --help

    _write(f"{write_index(folder, locale)}\n")


def _write(text: str) -> None:
    """Write a result as it is."""
    sys.stdout.write(text)
    sys.stdout.flush()


ARCHIVE_COMMANDS: Final = (snapshot, diff, verify, index)
