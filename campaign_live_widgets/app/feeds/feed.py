"""What a live report is fed from: one rollup of one source, and word of what arrives there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from threading import Event, RLock, Thread
from typing import TYPE_CHECKING, Final

from watchfiles import watch

from campaign_live_widgets.app.feeds.window_end import span_of
from campaign_live_widgets.app.settings.secret_reference import hidden_health, told_as
from campaign_live_widgets.engine import new_rollup
from campaign_live_widgets.snapshot import ALL

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from watchfiles import Change

    from campaign_live_widgets.app.settings.query import Query, Span
    from campaign_live_widgets.snapshot import Campaign, Selection, Snapshot

_DEBOUNCE: Final = 50
"""Milliseconds in which changes of files are taken as one."""
_ENDED: Final = 1.0
"""Seconds that the watcher is given to notice that it is not wanted any more."""


class RollupFeed:
    """Snapshots of one campaign of a source, as time goes by.

    Safe to use from several threads.

    Parameters
    ----------
    source : str
    campaign : str or None
        By default the campaign with the newest event.
    window : timedelta, Window or "all"
        How long it is, its exact minutes, or all since the campaign's oldest event.
    at : datetime or None
        The end of the window; by default now, or the campaign's newest event where that is
        longer ago than the window is long.
    include_tests : bool
    selection : Selection
        The part of the campaign that is counted.
    name : str, optional
        What errors call the source, where its path is nobody's business.
    clock : callable
        Returns the time now, with a time zone.
    """

    def __init__(  # noqa: PLR0913 - the report's parameters, all but the first by name
        self,
        source: str,
        *,
        campaign: str | None,
        window: Span,
        at: datetime | None = None,
        include_tests: bool = False,
        selection: Selection = ALL,
        name: str | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.source, self.window, self.at = source, window, at
        self.include_tests, self.selection = include_tests, selection
        self._name, self._clock = name, clock
        self._lock = RLock()
        self._rollup = new_rollup(source, campaign)
        self._arrived, self._closing = Event(), Event()
        self._watcher: Thread | None = None

    @property
    def campaign(self) -> str | None:
        """Return the campaign that is counted; ``None`` before one is known."""
        return self._rollup.campaign

    def refresh(self) -> bool:
        """Read what is new; see :meth:`Rollup.refresh`."""
        with self._lock, self._named():
            return self._rollup.refresh()

    def snapshot(self) -> Snapshot:
        """Return the numbers of the window as it stands now."""
        with self._lock:
            newest, oldest = self._rollup.newest_event, self._rollup.oldest_event
            length, end, ending = span_of(self.window, self.at, self._clock(), newest, oldest)
            snapshot = self._rollup.snapshot(
                at=end,
                window=length,
                include_tests=self.include_tests,
                selection=self.selection,
            )
            health = hidden_health(snapshot.health, self._name, self._rollup.location)
            return replace(snapshot, ending=ending, health=health)

    def look(self, query: Query) -> None:
        """Count what *query* asks for from now on; its campaign is another matter: see `use`."""
        with self._lock:
            self.window, self.at = query.window, query.at
            self.include_tests, self.selection = query.include_tests, query.selection

    def names(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return the ids of all messages and all executions of the campaign."""
        with self._lock:
            return self._rollup.names()

    def channels(self, message_id: str | None) -> tuple[str, ...]:
        """Return the channels of a message of the campaign; none of one that is not there."""
        with self._lock:
            return self._rollup.channels(message_id or "")

    def _named(self) -> AbstractContextManager[None]:
        """Call the source by its name in what is said of it, not by its path."""
        return told_as(self._name, self._rollup.location)

    def require(self, query: Query) -> None:
        """Raise where there are campaigns and what *query* names is not among them."""
        with self._lock:
            if self._rollup.campaigns():
                self._rollup.require_campaign()
                self._rollup.require(query.selection)

    def campaigns(self) -> list[Campaign]:
        """Return the campaigns of the source."""
        with self._lock:
            return self._rollup.campaigns()

    def use(self, campaign_id: str | None) -> None:
        """Count another campaign from now on: the source is read again.

        ``None`` is the campaign with the newest event. Raises :class:`UnknownNameError` where
        the source has no such campaign, and :class:`SourceError` where it cannot be read; the
        campaign stays as it was.
        """
        with self._lock, self._named():
            known = [campaign.id for campaign in self._rollup.campaigns()]
            wanted = campaign_id or next(iter(known), None)
            if wanted == self._rollup.campaign:
                return
            other = new_rollup(self.source, wanted)
            try:
                other.refresh()
                other.require_campaign()
            except Exception:
                other.close()
                raise
            self._rollup.close()
            self._rollup = other

    def wait(self, timeout: float) -> bool:
        """Return True once something may have arrived, False after *timeout* seconds."""
        self._watch()
        arrived = self._arrived.wait(timeout)
        self._arrived.clear()
        return arrived

    def wake(self) -> None:
        """End a wait early."""
        self._arrived.set()

    def close(self) -> None:
        """Stop watching; what has been counted stays, and another wait watches again."""
        self._closing.set()
        self._arrived.set()
        watcher, self._watcher = self._watcher, None
        if watcher is not None:  # it must not outlive the interpreter, which ends hard then
            watcher.join(_ENDED)

    def _watch(self) -> None:
        """Start the watcher, again where it ended because its folder was gone."""
        folder = self._rollup.location.watched
        if self._watcher is not None and self._watcher.is_alive():
            return
        if folder is None or not folder.is_dir():
            return
        self._closing = Event()
        self._watcher = Thread(
            target=self._note_changes,
            args=(folder, self._closing),
            name="campaign-live-watch",
            daemon=True,
        )
        self._watcher.start()

    def _note_changes(self, folder: Path, closing: Event) -> None:
        try:
            for _ in watch(
                folder,
                watch_filter=self._concerns,
                debounce=_DEBOUNCE,
                step=_DEBOUNCE // 2,
                stop_event=closing,
                rust_timeout=1000,
                raise_interrupt=False,
            ):
                self._arrived.set()
        except OSError:
            return  # the folder cannot be watched; looks at intervals go on

    def _concerns(self, _change: Change, path: str) -> bool:
        return self._rollup.location.holds(path)
