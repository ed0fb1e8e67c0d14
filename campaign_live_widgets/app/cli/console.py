"""What a command says beside its result: on standard error, a line at a time."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign_live_widgets.app.jobs.snapshot_run import Progress


def say(text: str) -> None:
    """Say one line on standard error, with nothing in it that steers a terminal."""
    line = "".join(c if c.isprintable() else " " for c in text)
    click.echo(f"campaign-live: {line}", err=True)


@contextmanager
def progress() -> Iterator[Progress]:
    """Give what shows how far a run is: a bar on a terminal, else a line for each group of files.

    Standard output is left to the result.
    """
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        told: set[str] = set()

        def tell(text: str, _part: float) -> None:
            group = text.partition("/")[0]
            if group not in told:
                told.add(group)
                say(group)

        yield tell
        return
    from rich.console import Console  # noqa: PLC0415 - only at a terminal
    from rich.markup import escape  # noqa: PLC0415
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: PLC0415

    bar = Progress(
        TextColumn("campaign-live"),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=1.0)
        yield lambda text, part: bar.update(task, description=escape(text), completed=part)
