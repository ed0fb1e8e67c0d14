"""``campaign-live schema``: the table a team should create."""

from __future__ import annotations

from typing import Final

import click

from campaign_live_widgets.app.cli.console import write

_ENGINES: Final = ("postgresql", "spark")


@click.command()
@click.option(
    "--for",
    "engine",
    type=click.Choice(_ENGINES),
    required=True,
    help="Print the table for this database.",
)
@click.option(
    "--table",
    default="events",
    show_default=True,
    metavar="NAME",
    help="Set the name of the table.",
)
def schema(engine: str, table: str) -> None:
    """Print the table of events to create, with its partitions and indexes."""
    from campaign_live_widgets.engine.pushdown.ddl import schema as made

    write(made(engine, table))
