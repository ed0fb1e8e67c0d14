"""The commands about stores of events: ``ingest`` and ``check``."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

from campaign_live_widgets.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from campaign_live_widgets.store import Result

_form = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)


@click.command()
@click.argument("source")
@click.option("--into", "folder", required=True, metavar="DIR", help="The store; made if missing.")
@_form
def ingest(source: str, folder: str, form: str) -> None:
    """Append the events of SOURCE to a store of canonical Parquet, each event once.

    Files whose content has been ingested before are passed over; rows that repeat an event are
    not stored again. What it has stored is on the disk when it ends, however it ends.
    """
    from campaign_live_widgets.store import Store  # noqa: PLC0415 - quick --help

    with Store.open(folder) as store, _progress() as progress:
        result = store.ingest(source, progress=progress)
    _tell(result)
    counts = {
        name: getattr(result, name)
        for name in ("events", "duplicates", "rejected", "ignored", "files", "skipped")
    }
    if form == "json":
        _write(json.dumps(counts) + "\n")
    else:
        _write(
            f"{result.events:,} events stored; {result.duplicates:,} duplicates, "
            f"{result.rejected:,} rejected, {result.ignored:,} ignored; "
            f"{_files(result.files)} read, {_files(result.skipped)} known already\n"
        )
    if result.problems:
        path, cause = next(iter(result.problems.items()))
        more = f" (and {len(result.problems) - 1} more)" if len(result.problems) > 1 else ""
        message = f"{path}: {cause}{more}; all else is stored"
        raise SourceError(message)


STORE_COMMANDS: Final = (ingest,)


@contextmanager
def _progress() -> Iterator[Callable[[Result, int, int], None] | None]:
    """Give what shows how far an ingestion is: a bar on a terminal, else nothing."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield None
        return
    from rich.console import Console  # noqa: PLC0415 - only at a terminal
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    started = time.monotonic()
    bar = Progress(
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=None)

        def show(result: Result, done: int, total: int) -> None:
            rows = result.events + result.duplicates + result.rejected + result.ignored
            rate = rows / max(time.monotonic() - started, 1e-3)
            text = f"{result.events:,} events, {rate:,.0f} rows a second"
            bar.update(task, completed=done, total=total, description=text)

        yield show


def _tell(result: Result) -> None:
    """Say on standard error what is not stored."""
    from campaign_live_widgets.app.cli import _say as say  # noqa: PLC0415 - it imports this module

    for path, cause in result.waiting.items():
        say(f"{path}: {cause}")
    if result.rejects:
        first = result.rejects[0]
        say(
            f"{result.rejected} rows rejected; the first: "
            f"{first.file}, row {first.row}: {first.cause}"
        )


def _files(count: int) -> str:
    return f"{count:,} file" if count == 1 else f"{count:,} files"


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
