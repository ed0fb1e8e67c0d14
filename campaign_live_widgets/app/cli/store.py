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
    from collections.abc import Callable, Iterator, Sequence

    from campaign_live_widgets.sources.store_log import StoredFile
    from campaign_live_widgets.store import Result


@click.command()
@click.argument("source")
@click.option(
    "--into",
    "folder",
    required=True,
    metavar="DIR",
    help="Append the events to the store DIR; create it if it is missing.",
)
@click.option(
    "--compact", is_flag=True, help="Merge all small files of each campaign and day afterwards."
)
@options.output_format("text", "json")
def ingest(source: str, folder: str, compact: bool, form: str) -> None:  # noqa: FBT001
    """Append the events in the files of SOURCE to a store, each event once.

    Files whose content has been ingested before are skipped; rows that repeat an event are not
    stored again. Stored events are on the disk, even if the command is interrupted; run it again
    to continue.
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
    _log_result(result)
    if result.restored:
        log(f"{_many(result.restored, 'event')} that the store had lost stored again")
    counts = {
        name: getattr(result, name)
        for name in ("events", "duplicates", "rejected", "ignored", "restored", "files", "skipped")
    } | {"missing": sum(file.rows for file in result.lost)}
    if form == "json":
        write(json.dumps(counts) + "\n")
    else:
        write(
            f"{_many(result.events, 'event')} stored; {_many(result.duplicates, 'duplicate')}, "
            f"{result.rejected:,} rejected, {result.ignored:,} ignored; "
            f"{_many(result.files, 'file')} read, "
            f"{_many(result.skipped, 'file')} skipped (ingested before)\n"
        )
    if result.lost:
        message = f"{folder}: {_still_missing(result.lost)}"
        if not result.problems:
            raise StoreError(message)
        log(message)
    if damaged:
        message = f"{folder}: {damaged[0]} is damaged and was not merged; run campaign-live check"
        raise StoreError(message)
    if result.problems:
        path, cause = next(iter(result.problems.items()))
        more = f" (and {len(result.problems) - 1} more)" if len(result.problems) > 1 else ""
        message = f"{path}: {cause}{more}; the events of all other files are stored"
        raise SourceError(message)


@click.command()
@click.argument("folder", metavar="DIR")
@options.output_format("text", "json")
def check(folder: str, form: str) -> None:
    """Check the store DIR: read every file, and print each problem. Nothing is changed."""
    from campaign_live_widgets.store.check import check as run

    with progress_bar() as bar:
        result = run(folder, progress=bar and (lambda done, total: bar("", done, total)))
    if form == "json":
        write(json.dumps(asdict(result), ensure_ascii=False) + "\n")
    else:
        lines = [f"problem: {text}" for text in result.problems]
        lines += [f"note: {text}" for text in result.remarks]
        lines.append(
            f"intact: {_many(result.events, 'event')} of {_many(result.campaigns, 'campaign')} "
            f"in {_many(result.files, 'file')}; {_many(result.commits, 'commit')} in the log"
        )
        write("".join(f"{clean(line)}\n" for line in lines))
    if result.problems:
        message = f"{folder}: {_many(len(result.problems), 'problem')}"
        raise StoreError(message)


STORE_COMMANDS: Final = (ingest, check)


def _still_missing(files: Sequence[StoredFile]) -> str:
    """Return which events are missing after an ingestion, and what to do."""
    from campaign_live_widgets.rendering.language.alarms import alarms
    from campaign_live_widgets.snapshot import Health
    from campaign_live_widgets.sources.stored_files import lost_by_campaign

    lost = lost_by_campaign(files)
    (text,) = alarms(Health(missing=sum(one.events for one in lost), lost=lost), "en")
    return f"{text} They are not in this source; ingest another one that has them."


@contextmanager
def _stoppable() -> Iterator[None]:
    """Log after Ctrl-C that stored events remain."""
    try:
        yield
    except KeyboardInterrupt:
        log("interrupted; stored events remain, run the same command again to continue")
        raise click.Abort from None


@contextmanager
def _progress() -> Iterator[Callable[[Result, int, int], None] | None]:
    """Yield a function that shows the progress and the speed of an ingestion."""
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


def _log_result(result: Result) -> None:
    """Log what has not been stored."""
    for path, cause in result.waiting.items():
        log(f"{path}: {cause}")
    if result.rejects:
        log_rejected(result.rejected, [asdict(result.rejects[0])])


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"
