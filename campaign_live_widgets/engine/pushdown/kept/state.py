"""What a kept rollup is: who made it, what it has, and up to where it is complete."""

from __future__ import annotations

import json
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from campaign_live_widgets.engine.aggregates.event_kinds import EVENT_KINDS
from campaign_live_widgets.engine.dimensions import QUESTIONS
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources.formats.canonical import COLUMNS
from campaign_live_widgets.sources.tables.registry import ROW_FORMATS, RULES

if TYPE_CHECKING:
    from campaign_live_widgets.engine.pushdown.connections.base import Connection, Watermark

VERSION: Final = 3
"""The version of the tables; a rollup of another one is not read."""
CUBES: Final = QUESTIONS
"""The cubes that are kept, in the order of their numbers (from 1 on) in the table of cells."""


class State(NamedTuple):
    """The one row of the table of states.

    Attributes
    ----------
    source : int or str
        The table of events, as the engine knows it; of PostgreSQL it stays the same if the table
        is renamed.
    settled : int or datetime
        The watermark: all rows before it are counted.
    ancient : int
        How many rows have a watermark before the year 1: one that comes later is not noticed.
    past_until : datetime
        Events after it are counted one by one.
    built : str
        Changes if all rows are counted again; empty for engines that do not number their jobs.
    run : int
        The number of the last job since then.
    """

    version: int
    digest: str
    cubes: tuple[str, ...]
    source: int | str
    settled: Watermark
    ancient: int
    past_until: datetime
    built: str = ""
    run: int = 0


def parsed_watermark(text: str) -> Watermark:
    """Return a watermark that a state has as a text."""
    return int(text) if text.lstrip("-").isdecimal() else datetime.fromisoformat(text)


def digest_of(connection: Connection, view: str) -> str:
    """Return the digest of what turns rows into counts.

    That is the format of the rows and its rules, the columns, a view's text, the watermark, and
    the numbers of the kinds of events.
    """
    row_format = connection.row_format
    names = (name for name, known in ROW_FORMATS.items() if known is row_format)
    name = row_format.mapping or next(names)
    columns = {column.lower() for column in connection.table.columns}
    columns = columns if row_format.mapping else columns & set(COLUMNS)
    kinds = ["/".join(map(str, kind)) for kind in EVENT_KINDS]
    facts = [name, RULES, sorted(columns), view, connection.watermark, kinds]
    facts += [connection.day] if connection.day else []
    return sha256(json.dumps(facts).encode()).hexdigest()


def watermark_text(settled: Watermark) -> str:
    """Return a watermark as a text for people."""
    if isinstance(settled, int):
        return f"number {settled}"
    return settled.isoformat(sep=" ", timespec="seconds")


def other_version(version: int) -> str | None:
    """Return why tables of a version cannot be used, as the end of a sentence; None if they can."""
    if version == VERSION:
        return None
    return f"has the format {version}, and this version of campaign-live uses {VERSION}"


def misfit(state: State, digest: str, source: int | str) -> str | None:
    """Return why a kept rollup cannot be used, as the end of a sentence; None if it can be."""
    if (why := other_version(state.version)) is not None:
        return why
    if missing := [cube for cube in CUBES if cube not in state.cubes]:
        return f"does not count by {', '.join(missing)}"
    if state.source != source:
        return "counts another table, which had this name before"
    if state.digest != digest:
        return "was made by other rules, of other columns, or by another watermark"
    return None


def refusal(connection: Connection, name: str, why: str) -> SourceError:
    """Return the error for a rollup that cannot be used."""
    return SourceError(
        f"{connection.database.text}: its rollup, {name}, {why}; "
        "run: campaign-live rollup SOURCE --refresh (it counts the table again), or add &rollup= "
        "to the address to read the table without it"
    )
