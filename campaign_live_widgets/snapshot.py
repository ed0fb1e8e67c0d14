"""The numbers of one report: the interface between counting and drawing.

A :class:`Snapshot` contains everything that one report at one moment needs: additive counts by
each dimension, distinct profiles, the window, the newest event and the health of the source.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from campaign_live_widgets.catalog import COUNTS, Basis
from campaign_live_widgets.catalog.providers import Families, families

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

Ending = Literal["now", "newest", "fixed"]
"""What determines the end of a window: the clock, the newest event, or a fixed time."""

Machines = Literal["include", "exclude", "only"]
"""Which opens and clicks are counted: all, those that are not a machine's, or a machine's alone."""

MACHINES: Final[tuple[Machines, ...]] = ("include", "exclude", "only")
"""The values of :data:`Machines`, the default first."""
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
MICROSECOND: Final = timedelta(microseconds=1)
EXECUTIONS_LISTED: Final = 1000
"""Maximum number in a list: a triggered message has as many executions as recipients."""
DIMENSIONS: Final = (
    *("bucket", "message_id", "reason", "domain", "platform", "provider", "detail"),
)
"""The dimensions of a snapshot: the keys of its tables of counts.

``provider`` is the family of the domain; for ``detail`` see
:mod:`~campaign_live_widgets.catalog.details`.
"""
PROVIDERS_OVER_TIME: Final = 5
"""Maximum number of families of mailbox providers in a series."""
_PLACES: Final = {count.column: place for place, count in enumerate(COUNTS)}
"""Column of a count → its place in the catalogue."""


def microseconds(at: datetime) -> int:
    """Return an aware time as microseconds since 1970 in UTC."""
    return (at - EPOCH) // MICROSECOND


def time_of(us: int) -> datetime:
    """Return the time of microseconds since 1970, in UTC."""
    return EPOCH + us * MICROSECOND


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span of whole minutes in UTC: ``start`` is inside, ``end`` is not."""

    start: datetime
    end: datetime

    @classmethod
    def ending(cls, at: datetime, length: timedelta) -> Window:
        """Return the window of *length* that ends at *at*, rounded up to a whole minute."""
        minutes = -((EPOCH - at) // MINUTE)
        end = EPOCH + minutes * MINUTE
        return cls(end - length, end)

    @property
    def length(self) -> timedelta:
        """Return the length of the window."""
        return self.end - self.start

    @property
    def bucket(self) -> timedelta:
        """Return the width of one point of a series in this window."""
        for limit, width in (
            (timedelta(hours=2), MINUTE),
            (timedelta(hours=6), 5 * MINUTE),
            (timedelta(hours=24), 15 * MINUTE),
            (timedelta(days=7), 60 * MINUTE),
        ):
            if self.length <= limit:
                return width
        return timedelta(days=1)

    def buckets(self) -> list[datetime]:
        """Return the start of every bucket that touches the window, empty ones too."""
        width = self.bucket
        first = EPOCH + ((self.start - EPOCH) // width) * width
        count = -((first - self.end) // width)
        return [first + i * width for i in range(count)]


@dataclass(frozen=True, slots=True)
class Reject:
    """A rejected row: its position and the cause."""

    file: str
    row: int | None
    """Line of a text file (the first is 1), row of a Parquet file (the first is 1)."""
    cause: str


@dataclass(frozen=True, slots=True)
class Lost:
    """Events of one campaign that are in the log of a store, but in none of its files."""

    campaign: str
    days: tuple[date, ...]
    """The days of the events in UTC, in order."""
    files: int
    events: int


@dataclass(frozen=True, slots=True)
class Health:
    """Counts of all rows of the source by outcome, before any filter."""

    events: int = 0
    duplicates: int = 0
    rejected: int = 0
    ignored: int = 0
    missing: int = 0
    """Events that the log of a store has, and its files have lost; the sum of ``lost``."""
    lost: tuple[Lost, ...] = ()
    """What is missing, by campaign; the one with most events first."""
    unread_commits: tuple[int, ...] = ()
    """Commits of a store that cannot be read, 0 for the whole log; they are not counted."""
    gone: int = 0
    """Counted events that are in no file of the source any more; 0 unless it is followed."""
    rejects: tuple[Reject, ...] = ()
    """The first rejected rows; ``rejected`` counts them all."""
    notes: tuple[str, ...] = ()
    """Further notes, such as a file that is still being written."""
    ahead: int = 0
    """Events dated after now."""
    ahead_until: datetime | None = None
    """The time of the last of them."""
    messages: int = 0
    """Messages of the report's campaign, if each mail may be one; else 0."""
    without_send: int = 0
    """Deliveries and bounces of the report that have no send; 0 unless a rate is missing for it."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign of a source."""

    id: str
    name: str | None
    events: int
    oldest_event: datetime
    newest_event: datetime | None
    """The last that is not after now."""


@dataclass(frozen=True, slots=True)
class Message:
    """One e-mail or push of a campaign, independent of the window."""

    id: str
    name: str | None
    channels: tuple[str, ...]
    events: int
    newest_event: datetime


@dataclass(frozen=True, slots=True)
class Execution:
    """One run of a recurring message, independent of the window."""

    id: str
    events: int
    oldest_event: datetime
    newest_event: datetime


@dataclass(frozen=True, slots=True)
class Selection:
    """The part of a campaign that is counted; an empty set selects everything.

    An event without an execution is counted only if no executions are selected.
    """

    messages: frozenset[str] = frozenset()
    executions: frozenset[str] = frozenset()


ALL: Final = Selection()
"""The whole campaign."""


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Additive counts by the values of one dimension and by channel.

    Attributes
    ----------
    values : tuple or array
        The value of each row; ``None`` where unknown. For ``bucket`` an array of
        ``datetime64[us]``: the start of the bucket in UTC.
    channels : tuple of str
        The channel of each row.
    counts : array of int64, rows by counts
        A column for each of the catalogue's ``COUNTS``, in their order; read only.
    """

    values: tuple[str | None, ...] | NDArray[np.datetime64]
    channels: tuple[str, ...]
    counts: NDArray[np.int64]

    def column(self, name: str) -> NDArray[np.int64]:
        """Return the rows of the count whose column in the catalogue is *name*."""
        return self.counts[:, _PLACES[name]]


class UniqueCounts(NamedTuple):
    """Distinct pairs of one channel: a profile with one message in one execution.

    ``people`` are those with an event that is not a machine's (judged or not). ``engaged`` are
    those with an open or a click, also only of people, but where machines alone are counted.
    ``to_date`` is from the first event of the campaign to the window's end, all others are in the
    window. Pairs add up over messages and executions, and not over time.
    """

    opens: int
    opens_people: int
    clicks: int
    clicks_people: int
    engaged: int
    opens_to_date: int
    excluded_to_date: int


@dataclass(frozen=True, slots=True)
class Uniques:
    """Distinct pairs of a profile with one message in one execution.

    Attributes
    ----------
    channels : mapping of channel to UniqueCounts
        Channels with a pair.
    link_people : mapping of channel and link to int
        Pairs with a click on the link in the window that is not a machine's, where there are any.
    """

    channels: Mapping[str, UniqueCounts]
    link_people: Mapping[tuple[str, str], int]


@dataclass(frozen=True, slots=True)
class Folded:
    """Values that share a row, since each has few profiles.

    Attributes
    ----------
    domains : frozenset of pairs
        Channel and recipient domain.
    links : frozenset of pairs
        Channel and link.
    """

    domains: frozenset[tuple[str, str]] = frozenset()
    links: frozenset[tuple[str, str]] = frozenset()


NOT_FOLDED: Final = Folded()
"""No values."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A campaign from its first event to the window's end.

    Attributes
    ----------
    counts : Counts
        By ``message_id``, with the selection of the snapshot.
    entered_profiles : int
        Distinct profiles with an entry event.
    """

    counts: Counts
    entered_profiles: int


@dataclass(frozen=True, slots=True)
class ProviderSeries:
    """E-mails with a known result over time, at the families of providers with most mail.

    Attributes
    ----------
    families : tuple of str
        At most :data:`PROVIDERS_OVER_TIME`, the one with most mail sent in the window first.
    decided, failures : tuple of tuple of int
        For each family, counts of the metrics of these names in each bucket of the window.
    """

    families: tuple[str, ...] = ()
    decided: tuple[tuple[int, ...], ...] = ()
    failures: tuple[tuple[int, ...], ...] = ()


NO_SERIES: Final = ProviderSeries()
"""Without any e-mail."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Snapshot:
    """One campaign in one window at one instant.

    Attributes
    ----------
    counts : mapping of dimension to Counts
        For each of :data:`DIMENSIONS` its counts, with one row per value and channel that has
        an event; rows in no order.
    entered_profiles : int
        Distinct profiles with an entry event in the window.
    message_names : mapping
        ``message_id`` → display name, if known.
    campaign_names : mapping
        Id of each campaign of the source → display name, if known.
    newest_event : datetime or None
        The campaign's last event that is neither after now nor after the minute in which the
        report ends, independent of window and selection.
    machines : str
        Which opens and clicks are counted. One that was not judged is not a machine's.
    basis : str
        What shares of key figures divide by.
    small_cells : int
        Domains and links of fewer profiles share a row; 0 for none.
    folded : Folded
        Those domains and links.
    selection : Selection
        The messages and executions that are counted.
    messages : tuple of Message
        All messages of the campaign, the one with the newest event first.
    executions : tuple of Execution
        Executions of the campaign, the latest first, at most :data:`EXECUTIONS_LISTED`. Others
        may be selected, too.
    ending : str
        What determines the end of the window.
    taken_at : datetime or None
        The time on the clock; ``None`` where it was not before the window's end.
    run : Run or None
        ``None`` where the source does not give it.
    uniques : Uniques or None
        ``None`` where the source does not give them, or they are not wanted.
    families : Families
        Which mailbox provider each recipient domain belongs to.
    provider_series : ProviderSeries
    """

    campaign_id: str
    campaign_name: str | None
    window: Window
    counts: Mapping[str, Counts]
    entered_profiles: int
    message_names: Mapping[str, str]
    newest_event: datetime | None
    health: Health = field(default_factory=Health)
    include_tests: bool = False
    machines: Machines = "include"
    basis: Basis = "default"
    small_cells: int = 0
    folded: Folded = NOT_FOLDED
    selection: Selection = ALL
    messages: tuple[Message, ...] = ()
    executions: tuple[Execution, ...] = ()
    campaign_names: Mapping[str, str | None] = field(default_factory=dict)
    ending: Ending = "now"
    taken_at: datetime | None = None
    run: Run | None = None
    uniques: Uniques | None = None
    families: Families = field(default_factory=families)
    provider_series: ProviderSeries = NO_SERIES

    @property
    def unfinished(self) -> datetime | None:
        """Return the start of the first bucket that is not over yet, if there is one.

        It ends after the window, or after the snapshot was taken. For example, at 12:07 the
        bucket of 12:00 to 12:15 is not over.
        """
        window, width = self.window, self.window.bucket
        until = window.end if self.taken_at is None else min(window.end, self.taken_at)
        start = EPOCH + ((max(until, window.start) - EPOCH) // width) * width
        return start if start < window.end else None
