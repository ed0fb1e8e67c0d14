"""What the engines that keep a rollup do each in its own way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import contextmanager
from typing import TYPE_CHECKING

from campaign_live_widgets.engine.pushdown.connections.base import Arrival
from campaign_live_widgets.engine.pushdown.kept.state import refusal, watermark_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from campaign_live_widgets.engine.batch_delta import CampaignDelta
    from campaign_live_widgets.engine.pushdown.connections.base import (
        Connection,
        Watermark,
    )
    from campaign_live_widgets.engine.pushdown.kept.state import State
    from campaign_live_widgets.engine.pushdown.result_rows import RollupDelta

    Names = Mapping[str, str]


class Keeper(ABC):
    """The rollup that a database keeps beside the table of a connection.

    Attributes
    ----------
    connection : Connection
    state_name : str
        What people call its table of states.
    compared : mapping
        What is compared → its query, whose first column is the campaign. ``outcomes`` is compared
        beside them: it has the columns ``outcome`` and ``total``.
    """

    connection: Connection
    state_name: str
    compared: Mapping[str, str]

    @property
    @abstractmethod
    def names(self) -> Names:
        """Return what ``check`` compares: name in its queries → relation, as SQL."""

    @abstractmethod
    def require_tables(self) -> None:
        """Raise :class:`SourceError` if one of its tables does not exist."""

    @abstractmethod
    def is_readable(self) -> bool:
        """Return whether all of its tables are there, and may be read."""

    def version(self) -> int | None:
        """Return the version of its tables, if it can be read although not all tables can."""
        return None

    @abstractmethod
    def read_state(self) -> State | None:
        """Return its state; None if it was never filled."""

    @abstractmethod
    def source(self) -> tuple[int | str, str]:
        """Return what the engine knows the table of events by, and its text if it is a view."""

    @abstractmethod
    def rollup(self, state: State) -> KeptRollup:
        """Return what reads its counts."""

    def damage(self, state: State) -> str | None:  # noqa: ARG002 - most engines lose nothing
        """Return why its counts are not whole, as the end of a sentence; None if they are."""
        return None

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Change it by the statements inside, all or nothing, without another job beside."""
        yield

    @abstractmethod
    def clear(self) -> None:
        """Forget all that is counted."""

    @abstractmethod
    def count(self, since: Watermark | None, until: Watermark, past_until: datetime) -> int:
        """Add the rows from one watermark to another; return how many there are.

        Events after *past_until* are counted one by one.
        """

    @abstractmethod
    def commit(self, state: State | None, *, is_new: bool) -> None:
        """Make what was counted count, with this state; *is_new* if all rows were counted.

        None: the table of events is empty.
        """

    @contextmanager
    def checking(self) -> Iterator[None]:
        """Ask by the statements inside for what is kept at one instant; nothing is changed."""
        yield

    @abstractmethod
    def recount(self, state: State) -> tuple[int, Names]:
        """Count the rows of a state again; return how many there are, and :attr:`names` of it."""


class KeptRollup(ABC):
    """The counts of all rows before a watermark, which a database keeps.

    Parameters
    ----------
    keeper : Keeper
    state : State

    Attributes
    ----------
    arrival : Arrival
        Of the table now, once :meth:`is_complete` was asked.
    """

    def __init__(self, keeper: Keeper, state: State) -> None:
        self._keeper, self._state = keeper, state
        self._connection = keeper.connection
        self.arrival = Arrival(None)

    @property
    def settled(self) -> Watermark:
        """Return the watermark: all rows before it are counted."""
        return self._state.settled

    def is_complete(self, arrival: Arrival) -> bool:
        """Return whether it has all rows before its watermark; *arrival* is of the table now.

        A row that came late is not noticed, but for one with a watermark before all times.

        Raises
        ------
        SourceError
            If the table has lost the newest rows that were counted.
        """
        self.arrival = arrival
        if arrival.newest is None or arrival.newest < self.settled:  # type: ignore[operator]
            why = "has counted rows that the table does not have any more"
            raise refusal(self._connection, self._keeper.state_name, why)
        return arrival.ancient == self._state.ancient

    @property
    def note(self) -> str:
        """Return what *Data quality* shows of it."""
        table, until = self._connection.database.table, watermark_text(self.settled)
        name = self._keeper.state_name.rpartition(".")[2]
        return f"{table}: rows before {until} were counted by its rollup ({name})."

    @abstractmethod
    def newest_events(self, until: str) -> dict[str, int | None]:
        """Return the time of each campaign's last event up to *until*, an SQL literal."""

    @abstractmethod
    def read(
        self,
        campaign: str,
        window: tuple[int, int] | None,
        now: int,
        add: Callable[[CampaignDelta], None],
    ) -> RollupDelta:
        """Pass what the campaign has to *add*, some at a time; return all but its cells.

        Of one *window*, in minutes, only cells and entries inside it are read.
        """
