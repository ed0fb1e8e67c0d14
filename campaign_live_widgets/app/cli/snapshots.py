"""The commands about snapshots: ``snapshot``, ``diff``, ``verify`` and ``index``."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import click

from campaign_live_widgets.app.cli import options
from campaign_live_widgets.app.cli.console import job_progress, log, log_rejected, write
from campaign_live_widgets.app.settings.times import LONGEST_WINDOW
from campaign_live_widgets.errors import CampaignLiveError, UsageError
from campaign_live_widgets.io.durations import EXAMPLES, format_duration

_LENGTH: Final = options.Duration(whole_minutes=True, at_most=LONGEST_WINDOW)
_TIMEOUT: Final = options.Duration(at_most=timedelta(hours=999_999))


@click.command()
@options.source
@options.campaign
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Save the snapshot in a new folder below DIR.",
)
@options.at
@options.window
@options.locale
@click.option(
    "--formats",
    metavar="LIST",
    help="Write only these formats, separated by commas.  [default: html,csv,parquet,png,svg,pdf]",
)
@click.option(
    "--time-zone",
    default="UTC",
    show_default=True,
    metavar="NAME",
    help="Show times in this time zone (IANA name); counts do not depend on it.",
)
@options.include_tests
@options.machines
@options.basis
@options.providers
@options.small_cells
@click.option(
    "--message",
    "messages",
    multiple=True,
    metavar="ID",
    help="Count only this message; can be repeated.",
)
@click.option(
    "--execution",
    "executions",
    multiple=True,
    metavar="ID",
    help="Count only this execution; can be repeated.",
)
@click.option("--layout", metavar="FILE", help="Arrange the tiles by the layout in FILE.")
@click.option(
    "--keep",
    type=_LENGTH,
    metavar="LENGTH",
    help="Remove snapshots older than LENGTH, such as 30d, afterwards.",
)
@click.option(
    "--since-last", is_flag=True, help="Save every snapshot that is missing since the newest one."
)
@click.option(
    "--every",
    type=_LENGTH,
    metavar="LENGTH",
    help="With --since-last: set the step between snapshots.  [default: the window's length]",
)
@click.option(
    "--timeout",
    type=_TIMEOUT,
    default="10m",
    show_default=True,
    metavar="LENGTH",
    help=f"Stop a snapshot that takes longer than LENGTH, such as {EXAMPLES}.",
)
def snapshot(  # noqa: PLR0913 - the options of a command
    source: str,
    out: Path,
    at: str | None,
    formats: str | None,
    keep: timedelta | None,
    since_last: bool,  # noqa: FBT001 - click passes options so
    every: timedelta | None,
    timeout: timedelta,
    locale: str,
    **others: Any,  # noqa: ANN401 - parameters of the notebook, checked there
) -> None:
    """Save a snapshot of one campaign from SOURCE into a new folder in DIR.

    Prints the path of the new folder. SOURCE may be env:NAME; then only that name is saved,
    never the value of the environment variable.
    """
    from campaign_live_widgets.app.jobs import snapshot_run as runs
    from campaign_live_widgets.app.jobs.parameters import parse_parameters
    from campaign_live_widgets.snapshots import FORMATS, check_formats, retain
    from campaign_live_widgets.sources.mapping.prefix import split_mapping
    from campaign_live_widgets.sources.sends import split_sends

    now = datetime.now(UTC)
    wanted = check_formats([f.strip() for f in formats.split(",")] if formats else FORMATS)
    if every and not since_last:
        message = "--every can only be used with --since-last"
        raise UsageError(message)
    sends, read = split_sends(source)
    mapping, own = split_mapping(read)
    lists = {name: list(others.pop(name)) for name in ("messages", "executions")}
    given = {
        **{name: value for name, value in others.items() if value is not None},
        **lists,
        "source": own,
        "mapping": mapping or "",
        "sends": sends,
        "locale": locale,
        "at": at or "",
    }
    for name in ("layout", "providers"):
        if given.get(name):
            given[name] = str(Path(str(given[name])).expanduser())
    parameters = parse_parameters(runs.TEMPLATE, given)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parameters = runs.with_campaign(parameters, now)
    options.log_chosen_campaign(str(parameters.query.campaign))
    ends = [parameters.query.at or now]
    if since_last:
        from campaign_live_widgets.app.jobs.missing import missing_ends

        ends = missing_ends(out, parameters.query, every=every, now=now)
        log(f"{len(ends) or 'no'} snapshot{'' if len(ends) == 1 else 's'} missing")
    for end in ends:
        with job_progress() as show:
            made = runs.snapshot(
                parameters.ending(end), out, wanted, timeout=timeout, progress=show, now=now
            )
        _log_health(made)
        write(f"{made}\n")
    if keep is not None:
        for removed in retain(out, keep, now, locale):
            log(f"removed {removed}, older than {format_duration(keep)}")


def _log_health(folder: Path) -> None:
    """Log what the report of a snapshot lacks and has rejected, as ``report`` does."""
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    if missing := report["health"]["missing"]:
        log(f"the store has lost {missing:,} events; run campaign-live check for details")
    if rejected := report["health"]["rejected"]:
        log_rejected(rejected, report.get("rejects", []))


@click.command()
@click.argument("first", type=options.SNAPSHOT, metavar="A")
@click.argument("second", type=options.SNAPSHOT, metavar="B")
@options.output_format("text", "json", "html")
@options.locale
def diff(first: Path, second: Path, form: str, locale: str) -> None:
    """Print what changed from snapshot A to snapshot B: counts, and rates in points."""
    from campaign_live_widgets.snapshots import difference

    changes = difference(first, second)
    if form == "json":
        write(json.dumps(changes.to_json(), ensure_ascii=False, allow_nan=False) + "\n")
    elif form == "html":
        write(changes.to_html(locale))
    else:
        write(changes.to_text(locale))


@click.command()
@click.argument("folder", type=options.SNAPSHOT, metavar="DIR")
def verify(folder: Path) -> None:
    """Check the files and the numbers of a snapshot, or of every snapshot in a folder.

    Prints one line for each problem, and exits with status 1 if there is one. Notes on numbers
    that are right but unusual go to standard error.
    """
    from campaign_live_widgets.snapshots import remarks
    from campaign_live_widgets.snapshots import verify as problems_of

    problems = problems_of(folder)
    for problem in problems:
        write(f"{problem}\n")
    for remark in remarks(folder):
        log(f"note: {remark}")
    if problems:
        message = f"{folder}: {len(problems)} problem{'' if len(problems) == 1 else 's'}"
        raise CampaignLiveError(message)
    log(f"{folder}: no problems")


@click.command()
@click.argument("folder", type=options.SNAPSHOT, metavar="DIR")
@options.locale
def index(folder: Path, locale: str) -> None:
    """Write index.html for all snapshots in DIR again, and print its path."""
    from campaign_live_widgets.snapshots import write_index

    write(f"{write_index(folder, locale)}\n")


SNAPSHOT_COMMANDS: Final = (snapshot, diff, verify, index)
