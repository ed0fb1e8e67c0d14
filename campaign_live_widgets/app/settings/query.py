"""What a report is asked for, as one value that is checked once.

Command line options, notebook parameters and the keyword arguments of the report classes all
become a :class:`Query` by :func:`parse_query`; the page's address does by
:mod:`campaign_live_widgets.app.settings.address`. Everything behind them takes the query.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from campaign_live_widgets.app.settings.times import (
    parse_at,
    parse_locale,
    parse_time_zone,
    parse_window,
    whole_minutes,
)
from campaign_live_widgets.catalog import BASES, TABS, Basis
from campaign_live_widgets.catalog.providers import Families, families
from campaign_live_widgets.errors import UnknownNameError, UsageError
from campaign_live_widgets.io.durations import parse_duration
from campaign_live_widgets.snapshot import ALL, MACHINES, Machines, Selection, Window

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable
    from datetime import datetime

T = TypeVar("T")
U = TypeVar("U")
Everything = Literal["all"]
Span = timedelta | Window | Everything
"""A length that ends now, exact minutes, or everything since the campaign's oldest event."""

WindowGiven = str | timedelta | tuple["str | datetime", "str | datetime"]
"""A window as people write it in Python; a pair is start and end."""

EVERYTHING: Final[Everything] = "all"
FASTEST: Final = 0.5
SLOWEST: Final = 60.0
_FIRST_TAB: Final = next(iter(TABS))


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a report shows; equal queries show the same.

    Attributes
    ----------
    campaign : str or None
        ``None``: the one with the newest event.
    window : timedelta, Window or "all"
    at : datetime or None
        The end of the window; with ``None`` the feed chooses it. A window of exact minutes has
        its own end.
    messages, executions : tuple of str
        Ids of what is counted; an empty tuple counts all.
    machines : "include", "exclude" or "only"
        Which opens and clicks are counted: see :class:`~campaign_live_widgets.snapshot.Snapshot`.
    basis : str
        What shares of key figures divide by, one of :data:`~campaign_live_widgets.catalog.BASES`.
    families : Families
        Which mailbox provider each recipient domain belongs to.
    small_cells : int
        Domains and links of fewer profiles share a row; 0 for none.
    uniques : bool
        Whether distinct pairs of profiles and sends are counted, where this process counts.
    every : float
        Minimum number of seconds between two refreshes.
    detail : str or None
        The one message that the detail page is open for.
    """

    campaign: str | None = None
    window: Span = timedelta(hours=24)
    at: datetime | None = None
    messages: tuple[str, ...] = ()
    executions: tuple[str, ...] = ()
    include_tests: bool = False
    machines: Machines = "include"
    basis: Basis = "default"
    families: Families = field(default_factory=families)
    small_cells: int = 0
    uniques: bool = True
    time_zone: str = "UTC"
    locale: str = "en"
    every: float = FASTEST
    tab: str = _FIRST_TAB
    detail: str | None = None

    @property
    def selection(self) -> Selection:
        """Return what is counted: on a message's detail page, that message."""
        messages = self.messages if self.detail is None else (self.detail,)
        return Selection(frozenset(messages), frozenset(self.executions))

    @property
    def fixed_window(self) -> Window | None:
        """Return the window, or ``None`` where it depends on the clock or on the events."""
        if isinstance(self.window, Window):
            return self.window
        if isinstance(self.window, str) or self.at is None:
            return None
        return Window.ending(self.at, self.window)

    @property
    def time(self) -> datetime | None:
        """Return the time of the report; ``None`` for now."""
        return self.window.end if isinstance(self.window, Window) else self.at

    @property
    def only_window(self) -> Window | None:
        """Return the one window to count, where it is fixed and the whole campaign is counted.

        A rollup that knows it beforehand keeps less.
        """
        return self.fixed_window if self.selection == ALL else None


def parse_query(  # noqa: PLR0913 - all that a report can be asked for
    *,
    campaign: str | None = None,
    window: WindowGiven = "24h",
    at: str | datetime | None = None,
    messages: Iterable[str] = (),
    executions: Iterable[str] = (),
    include_tests: bool = False,
    machines: str = "include",
    basis: str = "default",
    providers: str | os.PathLike[str] | None = None,
    small_cells: int = 0,
    uniques: bool = True,
    time_zone: str = "UTC",
    locale: str = "en",
    every: float = FASTEST,
    tab: str = _FIRST_TAB,
) -> Query:
    """Return the query that these values ask for.

    Parameters
    ----------
    campaign, window, at, messages, executions, include_tests, machines, basis, providers,
    small_cells, uniques, time_zone, locale, every, tab
        As :class:`~campaign_live_widgets.CampaignReport` documents them.

    Raises
    ------
    UsageError
        If a value is invalid; the message names the parameter.
    """
    span = _named("window", _parse_given_window, window)
    end = _named("at", parse_at, at)
    return Query(
        campaign=campaign or None,
        window=span,
        at=None if isinstance(span, Window) else end,
        messages=_parse_ids("messages", messages),
        executions=_parse_ids("executions", executions),
        include_tests=include_tests,
        machines=parse_machines(machines),
        uniques=uniques,
        basis=parse_basis(basis),
        families=_named("providers", families, providers or None),
        small_cells=parse_small_cells(small_cells),
        time_zone=_named("time_zone", parse_time_zone, time_zone),
        locale=_named("locale", parse_locale, locale),
        every=parse_every(every),
        tab=parse_tab(tab),
    )


def parse_span(text: str) -> Span:
    """Return a window's length, or ``all``; raise :class:`UsageError` if it is neither."""
    return EVERYTHING if text.strip().lower() == EVERYTHING else parse_window(text)


def parse_every(text: str | float) -> float:
    """Return the seconds between two refreshes; raise :class:`UsageError` if out of range."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = _parse_seconds(str(text))
    if not FASTEST <= seconds <= SLOWEST:  # also false for "not a number"
        message = f"invalid every={text}: give {FASTEST:g} to {SLOWEST:g} seconds"
        raise UsageError(message)
    return seconds


def _parse_seconds(text: str) -> float:
    """Return the seconds of a duration such as ``2s``; 0 if it is not one."""
    try:
        return parse_duration(text).total_seconds()
    except ValueError:
        return 0.0


def parse_machines(name: str) -> Machines:
    """Return which opens and clicks are counted; raise :class:`UnknownNameError` if unknown."""
    for known in MACHINES:
        if name == known:
            return known
    raise UnknownNameError("machines", name, MACHINES)


def parse_basis(name: str) -> Basis:
    """Return what shares divide by; raise :class:`UnknownNameError` if unknown."""
    for known in BASES:
        if name == known:
            return known
    raise UnknownNameError("basis", name, BASES)


def parse_small_cells(fewest: int) -> int:
    """Return the fewest profiles of a row; raise :class:`UsageError` if it is negative."""
    if fewest < 0:
        message = f"small_cells={fewest} is negative; give a number of profiles, or 0 for none"
        raise UsageError(message)
    return fewest


def parse_tab(name: str) -> str:
    """Return the name of a tab; raise :class:`UnknownNameError` if there is none."""
    if name not in TABS:
        raise UnknownNameError("tab", name, TABS)
    return name


def _named(name: str, parser: Callable[[U], T], value: U) -> T:
    """Return the parsed value; an error names the parameter."""
    try:
        return parser(value)
    except UsageError as error:
        if name in str(error):
            raise
        message = f"{name}: {error}"
        raise UsageError(message) from None


def _parse_given_window(window: WindowGiven) -> Span:
    if isinstance(window, str):
        return parse_span(window)
    if isinstance(window, timedelta):
        return parse_window(window)
    start, end = map(parse_at, window)
    span = None if start is None or end is None else whole_minutes(start, end)
    if span is None:
        message = f"invalid window {window!r}: give a start time and a later end time"
        raise UsageError(message)
    return span


def _parse_ids(name: str, ids: Iterable[str]) -> tuple[str, ...]:
    if isinstance(ids, str):
        message = f"{name}={ids!r} is a single text; give a list of ids, such as [{ids!r}]"
        raise UsageError(message)
    return tuple(dict.fromkeys(ids))
