"""The feed of a live report: one rollup of one source, and a watch on the source's files."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from threading import Event, RLock
from typing import TYPE_CHECKING

from campaign_live_widgets.app.feeds.change_watch import ChangeWatch
from campaign_live_widgets.app.feeds.take_snapshot import take_snapshot
from campaign_live_widgets.app.settings.secret_reference import redacted_errors
from campaign_live_widgets.engine import GoneEvents, new_rollup
from campaign_live_widgets.io.clock import utc_now
from campaign_live_widgets.io.environment import SERVER_FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import datetime

    from campaign_live_widgets.app.settings.query import Query
    from campaign_live_widgets.engine.campaign_counts import CampaignCounts
    from campaign_live_widgets.snapshot import Campaign, Snapshot


class RollupFeed:
    """Snapshots of one campaign of a source, as time goes by.

    Safe to use from several threads.

    Parameters
    ----------
    source : str
    query : Query
        What is counted at first; see :meth:`set_query`.
    name : str, optional
        The public name of the source, which errors show instead of its path.
    clock : callable
        Returns the time now, with a time zone.
    """

    def __init__(
        self,
        source: str,
        query: Query,
        *,
        name: str | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._query, self._name, self._clock = query, name, clock
        self._lock = RLock()
        self._rollup = new_rollup(
            source,
            query.campaign,
            at=query.time,
            clock=clock,
            small_cells=query.small_cells > 0,
            uniques=query.uniques,
        )
        self._rollup.gone = GoneEvents(_shared_file(source))
        self._campaign = query.campaign
        self._arrived = Event()
        self._watch = ChangeWatch(self._rollup.location, self._arrived.set, self._rollup.changes)
        self._has_waited = False

    @property
    def campaign(self) -> str | None:
        """Return the campaign that is counted; ``None`` before one is known."""
        return self._campaign or self._rollup.campaign

    @property
    def _counts(self) -> CampaignCounts:
        return self._rollup.counts_of(self._campaign)

    def refresh(self) -> bool:
        """Read what is new; see :meth:`Rollup.refresh`.

        After :meth:`wait`, only files that the watcher has reported are polled.
        """
        with self._lock, self._redacted_errors():
            if not self._has_waited:
                self._rollup.changes.poll_all()
            self._has_waited = False
            return self._rollup.refresh()

    def recount(self) -> None:
        """Count the source again from its start; see :meth:`Rollup.recount`."""
        with self._lock, self._redacted_errors():
            self._rollup.recount()

    def snapshot(self, now: datetime | None = None) -> Snapshot:
        """Return the numbers of the window at a moment, by default the current one."""
        with self._lock:
            return take_snapshot(
                self._rollup,
                self._query,
                now or self._clock(),
                name=self._name,
                campaign=self._campaign,
            )

    def set_query(self, query: Query) -> None:
        """Count what *query* asks for from now on, except its campaign: see :meth:`use`."""
        with self._lock:
            self._query = query

    def names(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return the ids of all messages and all executions of the campaign."""
        with self._lock:
            return self._counts.names()

    def channels(self, message_id: str | None) -> tuple[str, ...]:
        """Return the channels of a message of the campaign; empty for an unknown message."""
        with self._lock:
            return self._counts.channels(message_id or "")

    def _redacted_errors(self) -> AbstractContextManager[None]:
        return redacted_errors(self._name, self._rollup.location)

    def require(self, query: Query) -> None:
        """Raise if the source has events, but none of what *query* names."""
        with self._lock:
            if self._rollup.campaigns():
                self._counts.require_campaign()
                self._counts.require(query.selection)

    def campaigns(self) -> list[Campaign]:
        """Return the campaigns of the source."""
        with self._lock:
            return self._rollup.campaigns()

    def use(self, campaign_id: str | None) -> None:
        """Show another campaign from now on.

        The source is read again if the campaign was not counted so far. ``None`` is the campaign
        with the newest event. Raises :class:`UnknownNameError` if the source has no such
        campaign, and :class:`SourceError` if it cannot be read; then the campaign does not
        change.
        """
        with self._lock, self._redacted_errors():
            campaign_id = campaign_id or next((c.id for c in self._rollup.campaigns()), None)
            if campaign_id == self.campaign:
                return
            self._rollup.refresh()
            self._rollup.counts_of(campaign_id).require_campaign()
            self._campaign = campaign_id

    def wait(self, timeout: float) -> bool:
        """Return True once something may have arrived, False after *timeout* seconds."""
        self._watch.start()
        arrived = self._arrived.wait(timeout)
        self._has_waited = True
        self._arrived.clear()
        return arrived

    def wake(self) -> None:
        """End a wait early."""
        self._arrived.set()

    def close(self) -> None:
        """Stop watching; the counts stay, and the next wait watches again."""
        self._arrived.set()
        self._watch.stop()


def _shared_file(source: str) -> Path | None:
    """Return the file in which the pages of this server share which events of *source* are gone."""
    folder = os.environ.get(SERVER_FOLDER)
    if not folder:
        return None
    digest = sha256(source.encode(errors="surrogatepass")).hexdigest()
    return Path(folder, f"gone-{digest[:16]}")
