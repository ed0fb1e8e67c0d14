"""``campaign-live rollup``: the counts that a database keeps beside its table of events."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from campaign_live_widgets.app.cli import options
from campaign_live_widgets.app.cli.console import clean, many, write
from campaign_live_widgets.errors import StoreError

if TYPE_CHECKING:
    from datetime import datetime


@click.command()
@options.source
@click.option(
    "--refresh", "action", flag_value="refresh", help="Count the rows that have arrived since."
)
@click.option("--rebuild", "action", flag_value="rebuild", help="Count all rows again.")
@click.option(
    "--check", "action", flag_value="check", help="Compare the counts with the rows of the table."
)
@options.output_format("text", "json")
def rollup(source: str, action: str | None, form: str) -> None:
    """Fill or check the rollup that the database of SOURCE keeps beside its table of events.

    Create its tables first: campaign-live schema --for postgresql (or spark) --rollup. Run it with
    --refresh from a scheduler. It counts each row once, however often it runs or is interrupted.
    """
    from campaign_live_widgets.app.settings.secret_reference import (
        public_name,
        redacted_errors,
        resolve,
    )
    from campaign_live_widgets.sources.address import parse_address

    if action is None:
        message = "give --refresh, --rebuild or --check"
        raise click.UsageError(message)
    place = resolve(source)
    with redacted_errors(public_name(source), parse_address(place)):
        if action == "check":
            _check(place, form)
        else:
            _refresh(place, form, rebuild=action == "rebuild")


def _refresh(source: str, form: str, *, rebuild: bool) -> None:
    from campaign_live_widgets.engine.pushdown.kept.job import refresh
    from campaign_live_widgets.engine.pushdown.kept.state import watermark_text

    result = refresh(source, rebuild=rebuild)
    if form == "json":
        counts = {"rows": result.rows, "until": _plain(result.settled), "rebuilt": result.reason}
        write(json.dumps(counts) + "\n")
        return
    rows = many(result.rows, "row")
    until = "" if result.settled is None else f", up to {watermark_text(result.settled)}"
    why = f"; all rows were counted again: {result.reason}" if result.reason else ""
    write(f"{rows} counted{until}{why}\n")


def _check(source: str, form: str) -> None:
    from campaign_live_widgets.engine.pushdown.kept.check import check
    from campaign_live_widgets.engine.pushdown.kept.state import watermark_text

    result = check(source)
    if form == "json":
        facts = {
            "rows": result.rows,
            "until": _plain(result.settled),
            "differences": result.differences,
        }
        write(json.dumps(facts, ensure_ascii=False) + "\n")
    elif result.differences:
        write("".join(f"{clean(line)}\n" for line in result.differences))
    else:
        rows = many(result.rows, "row")
        write(f"equal: {rows} of the table, up to {watermark_text(result.settled)}\n")
    if result.differences:
        message = (
            "the rollup differs from the table: rows were updated or deleted, or came later than "
            "the overlap; run campaign-live rollup SOURCE --rebuild to count all rows again"
        )
        raise StoreError(message)


def _plain(settled: int | datetime | None) -> int | str | None:
    return settled if settled is None or isinstance(settled, int) else settled.isoformat()
