"""``campaign-live schema``: the table a team should create."""

from __future__ import annotations

import json
from typing import Final

import click

from campaign_live_widgets.app.cli.console import write

_ENGINES: Final = ("postgresql", "spark")
_MAPPING: Final = "mapping"


@click.command()
@click.option(
    "--for",
    "engine",
    type=click.Choice((*_ENGINES, _MAPPING)),
    required=True,
    help="Print the table for this database, or the JSON Schema of mapping files.",
)
@click.option(
    "--table",
    default="events",
    show_default=True,
    metavar="NAME",
    help="Set the name of the table.",
)
@click.option(
    "--partitioned",
    is_flag=True,
    help="Partition PostgreSQL's table by time of arrival; its event ids are not unique then.",
)
@click.option(
    "--rollup",
    is_flag=True,
    help="Print the tables of counts that the database keeps beside the table of events.",
)
def schema(engine: str, table: str, *, partitioned: bool, rollup: bool) -> None:
    """Print the table of events to create, with its constraints and indexes.

    For a mapping, print the JSON Schema by which editors check and complete mapping files.
    """
    if engine == _MAPPING:
        from campaign_live_widgets.sources.mapping.document import json_schema

        write(json.dumps(json_schema(), indent=2) + "\n")
        return
    from campaign_live_widgets.engine.pushdown.ddl import schema as made
    from campaign_live_widgets.engine.pushdown.kept.spark.tables import spark_rollup_schema
    from campaign_live_widgets.engine.pushdown.kept.tables import rollup_schema

    if not rollup:
        write(made(engine, table, partitioned=partitioned))
    else:
        rollup_made = rollup_schema if engine == _ENGINES[0] else spark_rollup_schema
        write(rollup_made(table))
