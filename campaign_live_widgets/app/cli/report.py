"""The commands ``campaigns`` and ``report``."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import click

from campaign_live_widgets.app.cli import options
from campaign_live_widgets.app.cli.console import log, log_health, write, write_json
from campaign_live_widgets.app.settings.query import FASTEST, SLOWEST
from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.io.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign_live_widgets.app.settings.query import Query
    from campaign_live_widgets.snapshot import Campaign

_EVERY: Final = timedelta(seconds=2)


@click.command()
@options.source
@options.output_format("text", "json", "csv")
def campaigns(source: str, form: str) -> None:
    """List the campaigns in SOURCE, the one with the newest event first."""
    from campaign_live_widgets.app.feeds.read_once import open_source

    with open_source(source) as opened:
        listed, health = opened.campaigns, opened.health
    log_health(health)
    if form == "json":
        write_json([_campaign_row(c) for c in listed])
    elif form == "csv":
        write(_campaigns_csv(listed))
    else:
        from campaign_live_widgets.app.terminal.report import print_campaigns

        print_campaigns(listed)


@click.command()
@options.source
@options.campaign
@options.at
@options.window
@options.include_tests
@options.machines
@options.basis
@options.providers
@options.small_cells
@options.locale
@options.output_format("text", "json", "csv")
@click.option("--watch", is_flag=True, help="Keep reading, and show each change, until Ctrl-C.")
@click.option(
    "--every",
    type=options.Duration(
        at_least=timedelta(seconds=FASTEST), at_most=timedelta(seconds=SLOWEST), bare_unit="s"
    ),
    metavar="LENGTH",
    help="With --watch: wait at least LENGTH between two refreshes.  [default: 2s]",
)
def report(  # noqa: PLR0913 - the options of a command
    source: str,
    campaign: str | None,
    at: str | None,
    window: str,
    include_tests: bool,  # noqa: FBT001
    machines: str,
    basis: str,
    providers: str | None,
    small_cells: int,
    locale: str,
    form: str,
    watch: bool,  # noqa: FBT001
    every: timedelta | None,
) -> None:
    """Print the report of one campaign in SOURCE.

    SOURCE is a file, a folder, a glob or a database address, or env:NAME for an environment
    variable that holds one of these.

    At a terminal, --watch fills the screen: Tab or 1 to 3 open a tab, arrow and Page keys
    scroll, q or Ctrl-C quits. In a pipe, it prints a page (with --format json, one line) for
    each change.
    """
    from campaign_live_widgets.app.feeds.read_once import open_query
    from campaign_live_widgets.app.settings.query import parse_query
    from campaign_live_widgets.report import to_csv, to_json

    query = parse_query(
        campaign=campaign,
        window=window,
        at=at,
        include_tests=include_tests,
        machines=machines,
        basis=basis,
        providers=providers,
        small_cells=small_cells,
        locale=locale,
    )
    if every is not None and not watch:
        message = "--every can only be used with --watch"
        raise UsageError(message)
    if watch:
        _watch(source, query, form, every)
        return
    now = utc_now()
    query = replace(query, at=query.at or now)
    with open_query(source, query, now) as opened:
        log_health(opened.health)
        opened.require(query)
        options.log_chosen_campaign(str(opened.rollup.campaign), len(opened.campaigns))
        snapshot = opened.snapshot(query, now)
    if form == "json":
        write(json.dumps(to_json(snapshot, locale), ensure_ascii=False, allow_nan=False) + "\n")
    elif form == "csv":
        from campaign_live_widgets.rendering.language.phrases import needed_caption

        write(to_csv(snapshot, locale, about=needed_caption(snapshot, "UTC", locale)))
    else:
        from campaign_live_widgets.app.terminal.report import print_report

        print_report(snapshot, locale)


REPORT_COMMANDS: Final = (campaigns, report)


def _watch(source: str, query: Query, form: str, every: timedelta | None) -> None:
    from campaign_live_widgets.app.feeds.feed import RollupFeed
    from campaign_live_widgets.app.settings.secret_reference import public_name, resolve
    from campaign_live_widgets.app.terminal.follow import watch

    if form == "csv":
        message = (
            "--watch does not support --format csv; use text, or json (one JSON object per line)"
        )
        raise UsageError(message)
    feed = RollupFeed(resolve(source), query, name=public_name(source))
    feed.refresh()
    feed.require(query)
    log_health(feed.snapshot().health)
    if feed.campaign is not None:
        options.log_chosen_campaign(feed.campaign, len(feed.campaigns()))
    watch(feed, every=(every or _EVERY).total_seconds(), locale=query.locale, form=form, log=log)


def _campaign_row(campaign: Campaign) -> dict[str, object]:
    from campaign_live_widgets.io.clock import rfc3339

    return {
        "campaign_id": campaign.id,
        "campaign_name": campaign.name,
        "events": campaign.events,
        "oldest_event": rfc3339(campaign.oldest_event),
        "newest_event": rfc3339(campaign.newest_event) if campaign.newest_event else None,
    }


def _campaigns_csv(listed: Sequence[Campaign]) -> str:
    from campaign_live_widgets.report import csv_cell

    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["campaign_id", "campaign_name", "events", "oldest_event", "newest_event"])
    for campaign in listed:
        writer.writerow([csv_cell(value) for value in _campaign_row(campaign).values()])
    return text.getvalue()
