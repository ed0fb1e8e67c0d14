"""The commands about stores of events: ``ingest`` and ``check``."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click

from campaign_live_widgets.app.cli import options
from campaign_live_widgets.app.cli.console import clean, log, log_rejected, progress_bar, write
from campaign_live_widgets.errors import SourceError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from campaign_live_widgets.store import Result


@click.command()
@click.argument("source")
@click.option("--into", "folder", required=True, metavar="DIR", help="The store; made if missing.")
@click.option(
    "--compact", is_flag=True, help="Then merge all small files of each campaign and day."
)
@options.output_format("text", "json")
def ingest(source: str, folder: str, compact: bool, form: str) -> None:  # noqa: FBT001
    """Append the events of SOURCE to a store of canonical Parquet, each event once.

    Files whose content has been ingested before are passed over; rows that repeat an event are
    not stored again. What it has stored is on the disk when it ends, however it ends.
    """
    from campaign_live_widgets.app.settings.secret_reference import (
        public_name,
        redacted_errors,
        resolve,
    )
    from campaign_live_widgets.sources import Location
    from campaign_live_widgets.store import Store

    place = resolve(source)
    redacted = redacted_errors(public_name(source), Location.parse(place))
    with Store.open(folder) as store, redacted, _stoppable(), _progress() as progress:
        result = store.ingest(place, progress=progress)
        damaged = store.compact().damaged if compact else ()
    _tell(result)
    counts = {
        name: getattr(result, name)
        for name in ("events", "duplicates", "rejected", "ignored", "files", "skipped")
    }
    if form == "json":
        write(json.dumps(counts) + "\n")
    else:
        write(
            f"{_many(result.events, 'event')} stored; {_many(result.duplicates, 'duplicate')}, "
            f"{result.rejected:,} rejected, {result.ignored:,} ignored; "
            f"{_many(result.files, 'file')} read, {_many(result.skipped, 'file')} known already\n"
        )
    if damaged:
        message = f"{folder}: {damaged[0]} is damaged and was not merged; see campaign-live check"
        raise StoreError(message)
    if result.problems:
        path, cause = next(iter(result.problems.items()))
        more = f" (and {len(result.problems) - 1} more)" if len(result.problems) > 1 else ""
        message = f"{path}: {cause}{more}; all else is stored"
        raise SourceError(message)


@click.command()
@click.argument("folder", metavar="DIR")
@options.output_format("text", "json")
def check(folder: str, form: str) -> None:
    """Read the whole store DIR and say in words what is wrong with it; nothing is changed."""
    from campaign_live_widgets.store.check import check as run

    with progress_bar() as bar:
        found = run(folder, progress=bar and (lambda done, total: bar("", done, total)))
    if form == "json":
        write(json.dumps(asdict(found), ensure_ascii=False) + "\n")
    else:
        lines = [f"wrong: {text}" for text in found.problems]
        lines += [f"remark: {text}" for text in found.remarks]
        lines.append(
            f"whole: {_many(found.events, 'event')} of {_many(found.campaigns, 'campaign')} "
            f"in {_many(found.files, 'file')}; {_many(found.commits, 'commit')} in the log"
        )
        write("".join(f"{clean(line)}\n" for line in lines))
    if found.problems:
        many = len(found.problems)
        message = f"{folder}: {'1 thing is' if many == 1 else f'{many} things are'} wrong"
        raise StoreError(message)


STORE_COMMANDS: Final = (ingest, check)


@contextmanager
def _stoppable() -> Iterator[None]:
    """Say what Ctrl-C leaves."""
    try:
        yield
    except KeyboardInterrupt:
        log("stopped; what has been stored stays, the same command goes on from there")
        raise click.Abort from None


@contextmanager
def _progress() -> Iterator[Callable[[Result, int, int], None] | None]:
    """Give what shows how far an ingestion is and how quick."""
    started = time.monotonic()
    with progress_bar() as bar:
        if bar is None:
            yield None
            return

        def show(result: Result, done: int, total: int) -> None:
            rows = result.events + result.duplicates + result.rejected + result.ignored
            rate = rows / max(time.monotonic() - started, 1e-3)
            bar(f"{result.events:,} events, {rate:,.0f} rows a second", done, total)

        yield show


def _tell(result: Result) -> None:
    """Say on standard error what is not stored."""
    for path, cause in result.waiting.items():
        log(f"{path}: {cause}")
    if result.rejects:
        first = result.rejects[0]
        log_rejected(result.rejected, first.file, first.row, first.cause)


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
