"""The entries of profiles that a kept rollup had at the first look: they stay in the database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from campaign_live_widgets.engine.aggregates.links import LinkCounts
from campaign_live_widgets.engine.aggregates.unique_profiles import Entered
from campaign_live_widgets.engine.pushdown.connections.base import (
    connect,
    error_line,
    failures,
)
from campaign_live_widgets.engine.pushdown.kept.entries import HASH_BYTES
from campaign_live_widgets.engine.pushdown.kept.postgresql_state import (
    are_readable,
    read_state,
)
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources.formats.sql import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from campaign_live_widgets.engine.aggregates.segments import Segment
    from campaign_live_widgets.engine.aggregates.unique_profiles import EnteredProfiles
    from campaign_live_widgets.engine.batch_delta import CampaignDelta
    from campaign_live_widgets.engine.pushdown.connections.base import Connection, Row
    from campaign_live_widgets.engine.pushdown.kept.state import State
    from campaign_live_widgets.engine.pushdown.kept.tables import KeptTables

    Ints = NDArray[np.int64]
    Halves = NDArray[np.uint64]

_LINK: Final = np.dtype([("previous", ">i8"), ("total", ">i4")])
"""A link and the number of its profiles, as the table of links has them."""
_BLOCK: Final = 16 << 20
"""Bytes of hashes that are read at once."""
_ASKED: Final = 20_000
"""Profiles that are looked up by one statement."""


class SettledEntries:
    """All entries of a campaign that were kept by one state of a rollup, while it is kept.

    Later jobs only add entries, each with the number of its run. If all rows were counted again,
    the entries as they were are lost.

    Parameters
    ----------
    connection : Connection
        All that is asked of it is of one instant. Only its address is used later.
    tables : KeptTables
    state : State
    campaign : str
    numbers : array of int
        Of the campaign's segments, in ascending order.
    segments : list of Segment
        In the same order.

    Attributes
    ----------
    is_lost : bool
        Whether they were found to be lost: then the table must be counted from the start.
    """

    def __init__(  # noqa: PLR0913 - all that an entry may be found by
        self,
        connection: Connection,
        tables: KeptTables,
        state: State,
        campaign: str,
        numbers: Ints,
        segments: list[Segment],
    ) -> None:
        self._database = connection.database
        self._tables, self._state, self._campaign = tables, state, campaign
        self._numbers, self._segments = numbers, segments
        self._kept = f"run <= {state.run} AND segment = ANY('{{{','.join(map(str, numbers))}}}')"
        self.is_lost = False

    def links(
        self, connection: Connection, window: tuple[int, int] | None
    ) -> dict[bool, LinkCounts]:
        """Return the links without and with tests, of one *window*, in minutes, those inside it."""
        inside = f"campaign_id = {quoted(self._campaign)}"
        if window is not None:
            inside += f" AND minute >= {window[0]} AND minute < {window[1]}"
        rows: dict[bool, list[Row]] = {False: [], True: []}
        for tests, *row in connection.stream(
            f"SELECT tests, minute, links FROM {self._tables.name('links')} WHERE {inside}"
        ):
            rows[tests].append(tuple(row))
        # What entries by tests change comes beside the others.
        return {tests: _links(rows[False] + (rows[True] if tests else [])) for tests in rows}

    def of(self, connection: Connection, profiles: NDArray[np.uint64]) -> list[Entered]:
        """Return the entries of profiles, by the first half of their hash; see :attr:`is_lost`."""
        if not self._are_kept(connection):
            return []
        parts = []
        signed = profiles.view(np.int64)
        for first in range(0, len(signed), _ASKED):
            hashes = ",".join(map(str, signed[first : first + _ASKED].tolist()))
            # One profile after the other by the index, whatever the planner knows of the table.
            statement = (
                "SELECT high, low, minute, is_test, segment"
                f" FROM unnest('{{{hashes}}}'::bigint[]) AS asked (profile) CROSS JOIN LATERAL"
                f" (SELECT * FROM {self._tables.name('profiles')} AS k WHERE k.high = asked.profile"
                f" OFFSET 0) AS one WHERE {self._kept}"
            )
            if rows := list(connection.stream(statement)):
                high, low, minute, is_test, segment = map(np.array, zip(*rows, strict=True))
                profile = (high.view(np.uint64), low.view(np.uint64))
                parts.append(self._entered(*profile, minute, is_test, segment))
        return parts

    def all(self) -> Iterator[Entered]:
        """Yield all entries, some at a time, by a separate connection.

        Raises
        ------
        SourceError
            If the database does not answer, or the entries are lost.
        """
        connection = connect(self._database)
        try:
            with connection.instant():
                if not self._are_kept(connection):
                    message = (
                        f"{self._database.text}: its rollup is not the one that was read; try "
                        "again in a moment"
                    )
                    raise SourceError(message)
                rows: list[Row] = []
                size = 0
                for row in connection.stream(
                    "SELECT segment, minute, is_test, hashes"
                    f" FROM {self._tables.name('entries')} WHERE {self._kept}"
                ):
                    rows.append(row)
                    size += len(row[3])
                    if size >= _BLOCK:
                        yield self._unpacked(rows)
                        rows, size = [], 0
                if rows:
                    yield self._unpacked(rows)
        except failures() as error:
            raise SourceError(error_line(self._database, error)) from error
        finally:
            connection.close()

    def _are_kept(self, connection: Connection) -> bool:
        is_readable = are_readable(connection, self._tables.names.values())
        state = read_state(connection, self._tables) if is_readable else None
        self.is_lost = state is None or state.built != self._state.built
        return not self.is_lost

    def _unpacked(self, rows: list[Row]) -> Entered:
        """Return entries; *rows* are of the table of entries."""
        *columns, hashes = zip(*rows, strict=True)
        lengths = [len(one) // HASH_BYTES for one in hashes]
        segment, minute, is_test = (np.repeat(np.array(c), lengths) for c in columns)
        high, low = np.frombuffer(b"".join(hashes), ">u8").astype(np.uint64).reshape(-1, 2).T
        return self._entered(high, low, minute, is_test, segment)

    def _entered(
        self, high: Halves, low: Halves, minute: Ints, is_test: NDArray[np.bool_], segment: Ints
    ) -> Entered:
        places = np.searchsorted(self._numbers, segment)
        return Entered(high, low, minute, is_test, places, self._segments)


def are_lost(entered: EnteredProfiles) -> bool:
    """Return whether entries that are not in memory were found to be lost."""
    return isinstance(entered.elsewhere, SettledEntries) and entered.elsewhere.is_lost


def earlier_entries(
    connection: Connection | None, entered: EnteredProfiles, part: CampaignDelta
) -> list[Entered] | None:
    """Return what must be recalled before *part* is added; ``None`` if it is lost."""
    settled = entered.elsewhere
    if connection is None or part.entries is None or not isinstance(settled, SettledEntries):
        return []
    profiles = entered.unknown(part.entries[0])
    parts = settled.of(connection, profiles) if len(profiles) else []
    return None if settled.is_lost else parts


def _links(rows: list[Row]) -> LinkCounts:
    """Return the links of rows of their table."""
    if not rows:
        none = np.empty(0, np.int64)
        return LinkCounts(none, none, none)
    minute, packed = zip(*rows, strict=True)
    links = np.frombuffer(b"".join(packed), _LINK)
    lengths = [len(one) // _LINK.itemsize for one in packed]
    columns = (links[name].astype(np.int64) for name in ("previous", "total"))
    return LinkCounts(np.repeat(np.array(minute, np.int64), lengths), *columns)
