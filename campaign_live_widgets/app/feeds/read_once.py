"""A source that is read once: for the commands and for static reports."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign_live_widgets.app.feeds.take_snapshot import take_snapshot
from campaign_live_widgets.app.settings.query import Query
from campaign_live_widgets.app.settings.secret_reference import (
    public_name,
    redact_health,
    redacted_errors,
    resolve,
)
from campaign_live_widgets.engine import new_rollup
from campaign_live_widgets.errors import SourceError, UsageError
from campaign_live_widgets.io.clock import utc_now
from campaign_live_widgets.rendering.language.alarms import alarms
from campaign_live_widgets.sources.address import parse_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime

    from campaign_live_widgets.engine import Rollup
    from campaign_live_widgets.snapshot import Campaign, Health, Snapshot, Window


@dataclass(frozen=True, slots=True)
class OpenSource:
    """The rollup of a source that has been read, and the source's public name."""

    rollup: Rollup
    name: str | None

    @property
    def health(self) -> Health:
        """Return the counts of the source's rows, without what a secret reference hides."""
        return redact_health(self.rollup.health, self.name, self.rollup.location)

    @property
    def campaigns(self) -> list[Campaign]:
        """Return the campaigns of the source, the one with the newest event first."""
        return self.rollup.campaigns()

    def require(self, query: Query) -> None:
        """Raise :class:`UsageError` if the source has no event of what *query* names."""
        if query.campaign is None and self.rollup.campaign is None:
            if damage := alarms(self.health, "en"):
                message = f"{self.name or self.rollup.location.text}: {damage[0]}"
                raise SourceError(message)
            message = "the source has no events, so there is no campaign to report"
            raise UsageError(message)
        self.rollup.require_campaign()
        self.rollup.require(query.selection)

    def snapshot(self, query: Query, now: datetime) -> Snapshot:
        """Return the numbers that *query* asks for."""
        return take_snapshot(self.rollup, query, now, name=self.name)


@contextmanager
def open_source(  # noqa: PLR0913 - all but two by name
    source: str,
    campaign: str | None = None,
    *,
    window: Window | None = None,
    at: datetime | None = None,
    clock: Callable[[], datetime] = utc_now,
    small_cells: bool = False,
    uniques: bool = True,
) -> Iterator[OpenSource]:
    """Read a source once; errors call it by its public name.

    Parameters
    ----------
    source : str
        A file, a folder, a glob, a database address, or ``env:NAME``.
    campaign, window, at, clock, small_cells, uniques
        As for :class:`~campaign_live_widgets.engine.Rollup`.

    Raises
    ------
    UsageError
        If a secret reference is invalid.
    SourceError
        If the source cannot be read.
    """
    address, name = resolve(source), public_name(source)
    with redacted_errors(name, parse_address(address)):
        rollup = new_rollup(
            address,
            campaign,
            follow=False,
            window=window,
            at=at,
            clock=clock,
            small_cells=small_cells,
            uniques=uniques,
        )
        try:
            rollup.refresh()
            yield OpenSource(rollup, name)
        finally:
            rollup.close()


def open_query(source: str, query: Query, now: datetime) -> AbstractContextManager[OpenSource]:
    """Read a source once for what *query* asks for; see :func:`open_source`."""
    return open_source(
        source,
        query.campaign,
        window=query.only_window,
        at=query.time,
        clock=lambda: now,
        small_cells=query.small_cells > 0,
        uniques=query.uniques,
    )


def read_snapshot(source: str, query: Query, now: datetime) -> Snapshot:
    """Read a source once and return the numbers that *query* asks for.

    Raises
    ------
    UsageError
        If the source has no event of what the query names.
    SourceError
        If the source cannot be read.
    """
    with open_query(source, query, now) as opened:
        opened.require(query)
        return opened.snapshot(query, now)


def newest_campaign(source: str, at: datetime, now: datetime) -> str:
    """Read a source once and return its newest campaign.

    Raises
    ------
    UsageError
        If the source has no events.
    SourceError
        If the source cannot be read.
    """
    query = Query(at=min(at, now))
    with open_query(source, query, now) as opened:
        opened.require(query)
        assert opened.rollup.campaign is not None  # noqa: S101 - required above
        return opened.rollup.campaign
