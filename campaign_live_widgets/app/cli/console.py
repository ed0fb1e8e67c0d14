"""Output of the commands: results on standard output, log lines and progress on standard error."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from campaign_live_widgets.app.jobs.snapshot_run import Progress
    from campaign_live_widgets.snapshot import Health

    ShowProgress = Callable[[str, float, float | None], None]
    """Takes a description, how much is done, and the total where it is known."""


def write(text: str) -> None:
    """Write a result to standard output unchanged: ``click.echo`` would strip escape sequences."""
    sys.stdout.write(text)
    sys.stdout.flush()


def write_json(value: object) -> None:
    """Write a result to standard output as indented JSON."""
    write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def many(count: int, what: str) -> str:
    """Return a number of things, in English."""
    return f"{count:,} {what}" if count == 1 else f"{count:,} {what}s"


def log(text: str) -> None:
    """Write one line to standard error, without control characters."""
    click.echo(f"campaign-live: {clean(text)}", err=True)


def clean(text: str) -> str:
    """Return text without control characters, which a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in text)


def log_health(health: Health) -> None:
    """Log the notes about the source and how many of its rows were rejected."""
    from campaign_live_widgets.rendering.language.alarms import alarms
    from campaign_live_widgets.rendering.language.phrases import first_notes

    lines = alarms(health, "en")
    for note in (*first_notes(health, "UTC", "en"), *health.notes):
        log(f"{note} Run campaign-live check for details." if note in lines else note)
    if health.rejected:
        log_rejected(health.rejected, [asdict(reject) for reject in health.rejects])


def log_rejected(count: int, examples: Sequence[Mapping[str, object]]) -> None:
    """Log how many rows were rejected, and where and why the first one was if that is known."""
    text = f"{many(count, 'row')} rejected"
    for first in examples[:1]:
        row = first["row"]
        where = first["file"] if row is None else f"{first['file']}, row {row}"
        text = f"{text}; the first: {where}: {first['cause']}"
    if hint := _hint(count, [str(example["cause"]) for example in examples]):
        text = f"{text}; {hint}"
    log(text)


def _hint(count: int, causes: Sequence[str]) -> str:
    """Return what to do about rejected rows: of no known format, or without a campaign."""
    from campaign_live_widgets.sources.files.scan_sql import UNRECOGNISED

    if UNRECOGNISED in causes[:1]:
        return "campaign-live inspect SOURCE shows what is there and writes a mapping to start from"
    if not any("campaign" in cause for cause in causes):
        return ""
    from campaign_live_widgets.sources.mapping.hints import campaign_hint

    return campaign_hint(causes, is_all=count <= len(causes))


def is_debug() -> bool:
    """Return whether the command line was called with ``--debug``."""
    return bool(click.get_current_context().find_root().params.get("debug"))


@contextmanager
def progress_bar() -> Iterator[ShowProgress | None]:
    """Show a progress bar on standard error; yield ``None`` where that is not a terminal."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    bar = Progress(
        TextColumn("campaign-live"),
        BarColumn(bar_width=24),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=None)
        yield lambda text, done, total: bar.update(
            task, description=escape(text), completed=done, total=total
        )


@contextmanager
def job_progress() -> Iterator[Progress]:
    """Show the progress of a job: a bar on a terminal, else one line for each group of files."""
    with progress_bar() as show:
        if show is not None:
            yield lambda text, part: show(text, part, 1.0)
            return
        logged: set[str] = set()

        def log_group(text: str, _part: float) -> None:
            group = text.partition("/")[0]
            if group not in logged:
                logged.add(group)
                log(group)

        yield log_group
