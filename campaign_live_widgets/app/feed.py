"""What a live report is fed from: one rollup of one source, and word of what arrives there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Event, RLock, Thread
from typing import TYPE_CHECKING, Final

from watchfiles import watch

from campaign_live_widgets.engine import Rollup

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from watchfiles import Change

    from campaign_live_widgets.snapshot import Campaign, Snapshot

_DEBOUNCE: Final = 50
"""Milliseconds in which changes of files are taken as one."""
_MICROSECOND: Final = timedelta(microseconds=1)


class RollupFeed:
    """Snapshots of one campaign of a source, as time goes by.

    Safe to use from several threads.

    Parameters
    ----------
    source : str
    campaign : str or None
        By default the campaign with the newest event.
    window : timedelta
    at : datetime or None
        The end of the window; by default now, or the campaign's newest event where that is
        longer ago than the window is long.
    clock : callable
        Returns the time now, with a time zone.
    """

    def __init__(  # noqa: PLR0913 - the report's parameters, all but the first by name
        self,
        source: str,
        *,
        campaign: str | None,
        window: timedelta,
        at: datetime | None = None,
        include_tests: bool = False,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.source, self.window, self.at = source, window, at
        self.include_tests, self._clock = include_tests, clock
        self._lock = RLock()
        self._rollup = Rollup(source, campaign)
        self._arrived, self._closing = Event(), Event()
        self._watcher: Thread | None = None

    def refresh(self) -> bool:
        """Read what is new; see :meth:`Rollup.refresh`."""
        with self._lock:
            return self._rollup.refresh()

    def snapshot(self) -> Snapshot:
        """Return the numbers of the window as it stands now."""
        with self._lock:
            return self._rollup.snapshot(
                at=self._end(), window=self.window, include_tests=self.include_tests
            )

    def _end(self) -> datetime:
        if self.at is not None:
            return self.at
        now = self._clock()
        newest = self._rollup.newest_event
        if newest is not None and newest < now - self.window:
            return newest + _MICROSECOND  # the window's end is not inside it; the event is
        return now

    def require_campaign(self) -> None:
        """Raise where there are campaigns and the one asked for is none of them."""
        with self._lock:
            if self._rollup.campaigns():
                self._rollup.require_campaign()

    def campaigns(self) -> list[Campaign]:
        """Return the campaigns of the source."""
        with self._lock:
            return self._rollup.campaigns()

    def use(self, campaign_id: str) -> None:
        """Count another campaign from now on: the source is read again."""
        with self._lock:
            if campaign_id == self._rollup.campaign:
                return
            other = Rollup(self.source, campaign_id)
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

    def close(self) -> None:
        """Stop watching; what has been counted stays, and another wait watches again."""
        self._closing.set()
        self._arrived.set()
        self._watcher = None

    def _watch(self) -> None:
        """Start the watcher, again where it ended because its folder was gone."""
        folder = self._rollup.location.watched
        if (self._watcher is not None and self._watcher.is_alive()) or not folder.is_dir():
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
