"""Comparison of a kept rollup with the rows that it has counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from campaign_live_widgets.engine.pushdown.connections.base import fetch_all
from campaign_live_widgets.engine.pushdown.kept.job import opened
from campaign_live_widgets.engine.pushdown.kept.state import digest_of, misfit, refusal

if TYPE_CHECKING:
    from campaign_live_widgets.engine.pushdown.connections.base import Connection, Watermark
    from campaign_live_widgets.engine.pushdown.kept.keeper import Names

_OUTCOMES: Final = {
    "counted": "events",
    "repeated": "rows that repeat an event",
    "rejected": "rejected rows",
    "ignored": "rows without an event",
}


class Checked(NamedTuple):
    """The result of a check.

    Attributes
    ----------
    rows : int
        How many rows there are before the watermark.
    settled : int or datetime
        The watermark up to which rows are counted.
    differences : list of str
        What differs, a line each.
    """

    rows: int
    settled: Watermark
    differences: list[str]


def check(source: str) -> Checked:
    """Count all rows again that a kept rollup has counted, and compare; nothing is changed.

    The table of rows may have changed since: rows that were updated or deleted, or that came later
    than the overlap allows, are found so.

    Raises
    ------
    SourceError
        If the database does not answer, or there is nothing to compare.
    """
    with opened(source) as keeper, keeper.checking():
        connection, state = keeper.connection, keeper.read_state()
        if state is None:
            raise refusal(connection, keeper.state_name, "was never filled")
        number, view = keeper.source()
        why = misfit(state, digest_of(connection, view), number) or keeper.damage(state)
        if why is not None:
            raise refusal(connection, keeper.state_name, why)
        rows, recounted = keeper.recount(state)
        differences = _outcomes(connection, keeper.names, recounted)
        for what, compared in keeper.compared.items():
            differences += _difference(connection, what, compared, keeper.names, recounted)
        return Checked(rows, state.settled, differences)


def _outcomes(connection: Connection, names: Names, recounted: Names) -> list[str]:
    numbers: list[dict[str, int]] = [
        dict(fetch_all(connection.rows(f"SELECT outcome, total FROM {each['outcomes']}")))
        for each in (names, recounted)
    ]
    return [
        f"{what}: {numbers[0].get(outcome, 0):,} in the rollup, {numbers[1].get(outcome, 0):,} in "
        "the table"
        for outcome, what in _OUTCOMES.items()
        if numbers[0].get(outcome, 0) != numbers[1].get(outcome, 0)
    ]


def _difference(
    connection: Connection, what: str, query: str, names: Names, recounted: Names
) -> list[str]:
    """Return a line if the rows of a query differ, with the first campaign in which they do."""
    left, right = (query.format_map(each) for each in (names, recounted))
    statement = (
        "SELECT count(*), min(campaign_id) FROM ("
        f"(({left}) EXCEPT ({right})) UNION ALL (({right}) EXCEPT ({left}))) AS differing"
    )
    ((number, campaign),) = fetch_all(connection.rows(statement))
    if not number:
        return []
    where = f", the first in campaign {campaign}" if campaign else ""
    return [f"{what}: {number:,} rows differ{where}"]
