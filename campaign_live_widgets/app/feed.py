"""What a live report is fed from: one rollup of one source, and word of what arrives there."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event, RLock, Thread
from typing import TYPE_CHECKING, Final

from watchfiles import watch

from campaign_live_widgets.engine import rollup_of
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.snapshot import ALL, EPOCH, MINUTE, Window
from campaign_live_widgets.sources.database import Database

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from watchfiles import Change

    from campaign_live_widgets.app.query import Query, Span
    from campaign_live_widgets.snapshot import Campaign, Ending, Selection, Snapshot

_DEBOUNCE: Final = 50
"""Milliseconds in which changes of files are taken as one."""
_NOW: Final[Ending] = "now"
_NEWEST: Final[Ending] = "newest"
_FIXED: Final[Ending] = "fixed"
_SHORTEST: Final = timedelta(hours=1)
"""How long a campaign of an hour or less is taken to be, to tell whether it goes on."""
_MICROSECOND: Final = timedelta(microseconds=1)


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
        self._rollup = rollup_of(source, campaign)
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
            length, end, ending = self._span()
            snapshot = self._rollup.snapshot(
                at=end,
                window=length,
                include_tests=self.include_tests,
                selection=self.selection,
            )
            return replace(snapshot, ending=ending)

    def _span(self) -> tuple[timedelta, datetime, Ending]:
        """Return how long the window is, where it ends, and why there."""
        window = self.window
        if isinstance(window, Window):
            return window.length, window.end, _FIXED
        now, newest = self._clock(), self._rollup.newest_event
        oldest = self._rollup.oldest_event
        if isinstance(window, timedelta):
            length = window
        else:
            length = max(newest - oldest, _SHORTEST) if newest and oldest else _SHORTEST
        end, ending = now, _NOW
        if self.at is not None:
            end, ending = self.at, _FIXED
        elif newest is not None and newest < now - length:
            # the window's end is not inside it; the event is
            end, ending = newest + _MICROSECOND, _NEWEST
        if not isinstance(window, timedelta) and oldest is not None:
            first = EPOCH + (oldest - EPOCH) // MINUTE * MINUTE
            length = max(Window.ending(end, MINUTE).end - first, MINUTE)
        return length, end, ending

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

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Call the source by its name in what is said of it, not by its path."""
        try:
            yield
        except SourceError as error:
            if self._name is None:
                raise
            location = self._rollup.location
            if isinstance(location, Database):
                said = location.anonymous(str(error), self._name)
            else:
                said = str(error).replace(location.text, self._name)
                said = said.replace(str(location.watched), location.watched.name)
            raise SourceError(said) from error

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
            other = rollup_of(self.source, wanted)
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
        self._watcher = None

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
