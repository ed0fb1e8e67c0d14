"""The commands about stores of events: ``ingest`` and ``check``."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

import click

from campaign_live_widgets.app.cli import options
from campaign_live_widgets.app.cli.console import (
    clean,
    log,
    log_rejected,
    many,
    progress_bar,
    write,
)
from campaign_live_widgets.errors import SourceError, StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from campaign_live_widgets.sources.store_log import StoredFile
    from campaign_live_widgets.store import Result


@click.command()
@click.argument("source", required=False)
@options.mapping
@options.no_campaign
@options.sends
@click.option(
    "--retry",
    "is_retry",
    is_flag=True,
    help="Instead of a SOURCE, map the rows again that the store DIR has received and could not "
    "map.",
)
@click.option(
    "--into",
    "target",
    required=True,
    metavar="DIR|ADDRESS",
    help="Append the events to the store DIR, which is created if it is missing, or to the table "
    "of a PostgreSQL address.",
)
@click.option(
    "--compact",
    is_flag=True,
    help="Merge all small files of each campaign and day in the store afterwards.",
)
@options.output_format("text", "json")
def ingest(  # noqa: PLR0913 - its options
    source: str | None,
    mapping: str | None,
    no_campaign: str,
    sends: str | None,
    is_retry: bool,  # noqa: FBT001
    target: str,
    compact: bool,  # noqa: FBT001
    form: str,
) -> None:
    """Append the events in the files of SOURCE to a store or a table, each event once.

    Files whose content has been ingested before are skipped; rows that repeat an event are not
    stored again. Stored events are safe, even if the command is interrupted; run it again to
    continue.
    """
    from campaign_live_widgets.app.settings.secret_reference import is_secret_reference
    from campaign_live_widgets.sources.tables.address import is_database

    is_table = is_database(target) or is_secret_reference(target)
    if is_retry:
        if source is not None or compact or is_table or sends:
            message = "--retry takes no SOURCE, --sends or --compact, and --into must be a store"
            raise UsageError(message)
        _retry(target, mapping, form)
        return
    if source is None:
        message = "give a SOURCE, or --retry"
        raise UsageError(message)
    if is_table and compact:
        message = "--compact merges the files of a store; a table has none"
        raise UsageError(message)
    source = options.source_read_as(source, mapping, sends, no_campaign)
    _ingest(source, target, is_table=is_table, compact=compact, form=form)


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
            f"intact: {many(result.events, 'event')} of {many(result.campaigns, 'campaign')} "
            f"in {many(result.files, 'file')}; {many(result.commits, 'commit')} in the log"
        )
        write("".join(f"{clean(line)}\n" for line in lines))
    if result.problems:
        message = f"{folder}: {many(len(result.problems), 'problem')}"
        raise StoreError(message)


STORE_COMMANDS: Final = (ingest, check)


def _ingest(source: str, target: str, *, is_table: bool, compact: bool, form: str) -> None:
    from campaign_live_widgets.app.settings.secret_reference import (
        public_name,
        redacted_errors,
        resolve,
    )
    from campaign_live_widgets.sources import Location

    place = resolve(source)
    damaged: tuple[str, ...] = ()
    with redacted_errors(public_name(source), Location.parse(place)):
        if is_table:
            result = _load(place, target)
        else:
            result, damaged = _store(place, target, compact=compact)
    _log_result(result)
    if result.restored:
        log(f"{many(result.restored, 'event')} that the store had lost stored again")
    counts = {
        name: getattr(result, name)
        for name in ("events", "duplicates", "rejected", "ignored", "restored", "files", "skipped")
    } | {"missing": sum(file.rows for file in result.lost)}
    if form == "json":
        write(json.dumps(counts) + "\n")
    else:
        write(
            f"{many(result.events, 'event')} stored; {many(result.duplicates, 'duplicate')}, "
            f"{result.rejected:,} rejected, {result.ignored:,} ignored; "
            f"{many(result.files, 'file')} read, "
            f"{many(result.skipped, 'file')} skipped (ingested before)\n"
        )
    if result.lost:
        message = f"{target}: {_still_missing(result.lost)}"
        if not result.problems:
            raise StoreError(message)
        log(message)
    if damaged:
        message = f"{target}: {damaged[0]} is damaged and was not merged; run campaign-live check"
        raise StoreError(message)
    if result.problems:
        path, cause = next(iter(result.problems.items()))
        more = f" (and {len(result.problems) - 1} more)" if len(result.problems) > 1 else ""
        message = f"{path}: {cause}{more}; the events of all other files are stored"
        raise SourceError(message)


def _store(source: str, folder: str, *, compact: bool) -> tuple[Result, tuple[str, ...]]:
    """Ingest a source into a store; return also the damaged files that were not merged."""
    from campaign_live_widgets.store import Store

    with Store.open(folder) as store, _stoppable(), _progress() as progress:
        result = store.ingest(source, progress=progress)
        return result, tuple(store.compact().damaged) if compact else ()


def _retry(folder: str, mapping: str | None, form: str) -> None:
    """Map the rows again that a store has kept."""
    from campaign_live_widgets.sources.store_log import is_store
    from campaign_live_widgets.store import Store

    if not is_store(folder):
        message = f"{folder}: is not a store"
        raise SourceError(message)
    with Store.open(folder, mapping) as store, _stoppable():
        result = store.retry()
    if form == "json":
        write(json.dumps(asdict(result)) + "\n")
    else:
        write(
            f"{many(result.events, 'event')} stored; {many(result.duplicates, 'duplicate')}, "
            f"{result.ignored:,} ignored; {many(result.waiting, 'row')} still waiting\n"
        )
    if result.cause:
        log(f"the first row that is still waiting: {result.cause}")


def _load(source: str, target: str) -> Result:
    """Ingest a source into a table; *target* is its address, or names the variable that has it."""
    from campaign_live_widgets.app.settings.secret_reference import (
        public_name,
        redacted_errors,
        resolve,
    )
    from campaign_live_widgets.loading import load
    from campaign_live_widgets.sources.tables.address import DatabaseAddress

    address = DatabaseAddress.parse(resolve(target, "--into"))
    redacted = redacted_errors(public_name(target), address)
    with redacted, _stoppable(), _progress() as progress:
        return load(source, address, progress)


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
    for note in result.notes:
        log(note)
    if result.rejects:
        log_rejected(result.rejected, [asdict(reject) for reject in result.rejects])
