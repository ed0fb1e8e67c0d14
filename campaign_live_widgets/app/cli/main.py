"""``campaign-live``: results on standard output, everything else on standard error.

Leaves with 0 (done), 2 (the call is wrong), 3 (the source cannot be read) or 1 (anything
else), and one clear line; ``--debug`` shows the traceback as well.
"""

from __future__ import annotations

import csv
import io
import json
import os
import sys
import traceback
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal

import click

from campaign_live_widgets import __version__
from campaign_live_widgets.app.cli.console import say as _say
from campaign_live_widgets.app.cli.receive import receive
from campaign_live_widgets.app.cli.schema import schema
from campaign_live_widgets.app.cli.snapshots import ARCHIVE_COMMANDS
from campaign_live_widgets.app.cli.store import STORE_COMMANDS
from campaign_live_widgets.catalog import LOCALES
from campaign_live_widgets.errors import CampaignLiveError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign_live_widgets.snapshot import Campaign, Health

_FORMATS: Final = click.Choice(["text", "json", "csv"])
_port = click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on.")
_no_browser = click.option("--no-browser", is_flag=True, help="Do not open a browser.")
_locale = click.option(
    "--locale", type=click.Choice(LOCALES), default="en", show_default=True, help="Language."
)
_window = click.option(
    "--window",
    default="24h",
    show_default=True,
    metavar="LENGTH",
    help="How far back: 15m, 6h, 24h, 7d.",
)
_at = click.option(
    "--at", metavar="TIME", help="Where the window ends (RFC 3339, in UTC without a zone)."
)


_base_url = click.option(
    "--base-url", default="/", metavar="PATH", help="Path below which a proxy has it."
)
_snapshots = click.option(
    "--snapshots",
    type=click.Path(file_okay=False),
    metavar="DIR",
    help="A folder of snapshots: listed beside the report, and saved to from it.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="campaign-live")
@click.option("--debug", is_flag=True, help="Show the traceback of an error, and log more.")
def cli(debug: bool) -> None:  # noqa: FBT001 - click passes options so
    """Report e-mail and push campaigns live, from files of events or from a database."""


for _command in (*ARCHIVE_COMMANDS, *STORE_COMMANDS, receive, schema):
    cli.add_command(_command)


@cli.command()
@click.argument("source")
@click.option("--format", "form", type=_FORMATS, default="text", show_default=True)
def campaigns(source: str, form: str) -> None:
    """List the campaigns in SOURCE, the one with the newest event first."""
    from campaign_live_widgets.app.feeds.read_once import opened  # noqa: PLC0415 - quick --help

    with opened(source) as it:
        found, health = it.rollup.campaigns(), it.health
    _tell(health)
    if form == "json":
        _write(json.dumps([_campaign_row(c) for c in found], indent=2, ensure_ascii=False) + "\n")
    elif form == "csv":
        _write(_campaigns_csv(found))
    else:
        from campaign_live_widgets.app.terminal.report import print_campaigns  # noqa: PLC0415

        print_campaigns(found)


@cli.command()
@click.argument("source")
@click.option("--campaign", required=True, metavar="ID", help="Which campaign.")
@_at
@_window
@click.option("--include-tests", is_flag=True, help="Count test sends too.")
@_locale
@click.option("--format", "form", type=_FORMATS, default="text", show_default=True)
@click.option("--watch", is_flag=True, help="Go on, and show what changes, until Ctrl-C.")
@click.option("--every", metavar="TIME", help="With --watch: at most so often; 2s by default.")
def report(  # noqa: PLR0913 - the options of a command
    source: str,
    campaign: str,
    at: str | None,
    window: str,
    include_tests: bool,  # noqa: FBT001
    locale: str,
    form: str,
    watch: bool,  # noqa: FBT001
    every: str | None,
) -> None:
    """Report one campaign of SOURCE: files, a database's address, or env:NAME for one of these."""
    from campaign_live_widgets.app.feeds.read_once import opened  # noqa: PLC0415 - quick --help
    from campaign_live_widgets.app.settings.times import parse_at, parse_window  # noqa: PLC0415
    from campaign_live_widgets.report import to_csv, to_json  # noqa: PLC0415
    from campaign_live_widgets.snapshot import Window  # noqa: PLC0415

    if every is not None and not watch:
        message = "--every: it says how often --watch looks; give both"
        raise UsageError(message)
    if watch:
        _watch(source, campaign, at, window, include_tests, locale, form, every)
        return
    length, end = parse_window(window), parse_at(at) or datetime.now(UTC)
    with opened(source, campaign, window=Window.ending(end, length)) as it:
        _tell(it.health)
        it.rollup.require_campaign()
        found = it.rollup.snapshot(at=end, window=length, include_tests=include_tests)
        snapshot = replace(found, health=it.health)
    if form == "json":
        _write(json.dumps(to_json(snapshot, locale), ensure_ascii=False, allow_nan=False) + "\n")
    elif form == "csv":
        _write(to_csv(snapshot, locale))
    else:
        from campaign_live_widgets.app.terminal.report import print_report  # noqa: PLC0415

        print_report(snapshot, locale)


@cli.command()
@click.argument("source")
@click.option("--campaign", metavar="ID", help="Shown first; by default the newest one.")
@_port
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@_base_url
@_at
@_window
@_locale
@click.option(
    "--layout",
    type=click.Path(exists=True, dir_okay=False),
    help="A layout file: what everybody starts with.",
)
@_snapshots
@_no_browser
def serve(  # noqa: PLR0913 - the options of a command
    source: str,
    campaign: str | None,
    port: int | None,
    host: str,
    base_url: str,
    at: str | None,
    window: str,
    locale: str,
    layout: str | None,
    snapshots: str | None,
    no_browser: bool,  # noqa: FBT001
) -> None:
    """Serve the live dashboard of SOURCE until Ctrl-C."""
    from campaign_live_widgets.app.server.launch import is_local  # noqa: PLC0415
    from campaign_live_widgets.app.server.launch import serve as run  # noqa: PLC0415
    from campaign_live_widgets.app.settings.query import parse_span  # noqa: PLC0415
    from campaign_live_widgets.app.settings.times import parse_at  # noqa: PLC0415

    parse_span(window)
    parse_at(at)
    if not is_local(host):
        _say(
            f"--host {host}: the page asks for no password; whoever reaches this machine sees "
            "the report, unless a proxy before it asks who they are"
        )
    run(
        source,
        campaign=campaign,
        port=port,
        host=host,
        base_url=base_url,
        open_browser=not no_browser,
        at=at,
        window=window,
        locale=locale,
        layout=layout,
        snapshots=snapshots,
        debug=_debugging(),
    )


@cli.command()
@_port
@click.option(
    "--speed",
    type=click.FloatRange(0.1, 1000),
    default=1.0,
    show_default=True,
    help="How many times as fast as a usual campaign.",
)
@click.option(
    "--write",
    "form",
    type=click.Choice(["ndjson", "parquet"]),
    default="ndjson",
    show_default=True,
    help="What the simulation writes.",
)
@click.option("--folder", type=click.Path(file_okay=False), help="Keep the events there.")
@_base_url
@_locale
@_snapshots
@_no_browser
def demo(  # noqa: PLR0913 - the options of a command
    port: int | None,
    speed: float,
    form: Literal["ndjson", "parquet"],
    folder: str | None,
    base_url: str,
    locale: str,
    snapshots: str | None,
    no_browser: bool,  # noqa: FBT001
) -> None:
    """Watch a simulated campaign happen: it sends, bounces, opens and clicks, live."""
    from campaign_live_widgets.app.demo.demo import demo as run  # noqa: PLC0415

    run(
        port=port,
        open_browser=not no_browser,
        speed=speed,
        format=form,
        folder=folder,
        base_url=base_url,
        locale=locale,
        snapshots=snapshots,
        debug=_debugging(),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    # Wherever it stands in the call, it is for all of it.
    given = [*(["--debug"] if debug else []), *(a for a in given if a != "--debug")]
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        code = cli.main(given, prog_name="campaign-live", standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        _quiet_end()
    except Exception as error:  # noqa: BLE001 - the last door
        if debug:
            traceback.print_exc()
        _say(_one_line(error))
        sys.exit(_exit_code(error))
    sys.exit(code if isinstance(code, int) else 0)


def _watch(  # noqa: PLR0913 - the options of the command
    source: str,
    campaign: str,
    at: str | None,
    window: str,
    include_tests: bool,  # noqa: FBT001
    locale: str,
    form: str,
    every: str | None,
) -> None:
    from campaign_live_widgets.app.feeds.feed import RollupFeed  # noqa: PLC0415 - quick --help
    from campaign_live_widgets.app.settings.query import Query  # noqa: PLC0415
    from campaign_live_widgets.app.settings.secret_reference import is_reference, resolve  # noqa: PLC0415
    from campaign_live_widgets.app.settings.times import parse_at, parse_window  # noqa: PLC0415
    from campaign_live_widgets.app.terminal.follow import parse_every, watch  # noqa: PLC0415

    if form == "csv":
        message = "--format csv: a table has one end; --watch gives text, or json, one line each"
        raise UsageError(message)
    rest, length = parse_every(every or "2s"), parse_window(window)
    query = Query(campaign=campaign, window=length, at=parse_at(at), include_tests=include_tests)
    name = source if is_reference(source) else None
    feed = RollupFeed(resolve(source), campaign=campaign, window=length, name=name)
    feed.look(query)
    feed.refresh()
    feed.require(query)
    _tell(feed.snapshot().health)
    watch(feed, every=rest, locale=locale, form=form, say=_say)


def _exit_code(error: Exception) -> int:
    if isinstance(error, CampaignLiveError):
        return error.exit_code
    return UsageError.exit_code if isinstance(error, click.UsageError) else 1


def _one_line(error: Exception) -> str:
    if isinstance(error, click.UsageError):
        where = f" (see {error.ctx.command_path} --help)" if error.ctx else ""
        return " ".join(error.format_message().split()) + where
    if isinstance(error, click.ClickException):
        return " ".join(error.format_message().split())
    if isinstance(error, CampaignLiveError):
        return " ".join(str(error).split())
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _quiet_end() -> None:
    """Leave as programs do whose reader has gone (``campaign-live report … | head``)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(0)


def _debugging() -> bool:
    context = click.get_current_context().find_root()
    return bool(context.params.get("debug"))


def _tell(health: Health) -> None:
    """Say on standard error what could not be counted."""
    for note in health.notes:
        _say(note)
    if health.rejected:
        first = health.rejects[0]
        row = "" if first.row is None else f", row {first.row}"
        _say(f"{health.rejected} rows rejected; the first: {first.file}{row}: {first.cause}")


def _write(text: str) -> None:
    """Write a result as it is: ``click.echo`` would take escape sequences out of data."""
    sys.stdout.write(text)
    sys.stdout.flush()


def _campaign_row(found: Campaign) -> dict[str, object]:
    from campaign_live_widgets.report import rfc3339  # noqa: PLC0415

    return {
        "campaign_id": found.id,
        "campaign_name": found.name,
        "events": found.events,
        "oldest_event": rfc3339(found.oldest_event),
        "newest_event": rfc3339(found.newest_event),
    }


def _campaigns_csv(found: Sequence[Campaign]) -> str:
    from campaign_live_widgets.report import csv_cell  # noqa: PLC0415

    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["campaign_id", "campaign_name", "events", "oldest_event", "newest_event"])
    for campaign in found:
        writer.writerow([csv_cell(value) for value in _campaign_row(campaign).values()])
    return text.getvalue()
