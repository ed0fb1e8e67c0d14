"""Makes answers from the counts of the last refresh, while the next refresh is running."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from campaign_live_widgets.app.feeds.take_snapshot import effective_window, take_snapshot
from campaign_live_widgets.app.reader.messages.codec import Answer
from campaign_live_widgets.errors import CampaignLiveError
from campaign_live_widgets.snapshot import EPOCH, MICROSECOND, MINUTE, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from campaign_live_widgets.app.reader.messages.codec import Question
    from campaign_live_widgets.app.settings.query import Query
    from campaign_live_widgets.engine import Rollup
    from campaign_live_widgets.engine.campaign_counts import CampaignCounts
    from campaign_live_widgets.snapshot import Campaign


class NotCountedError(CampaignLiveError):
    """The campaign is not counted any more, since no one had asked for it for long."""

    def __init__(self) -> None:
        super().__init__("the campaign is not counted now; try again")


class AnswerClock:
    """The clock of a rollup: the time of the answer that a thread makes, else the time now."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock, self._made_at = clock, threading.local()

    def __call__(self) -> datetime:
        """Return the time."""
        now: datetime | None = getattr(self._made_at, "now", None)
        return now or self._clock()

    @contextmanager
    def at(self, now: datetime) -> Iterator[None]:
        """Let the time be *now* in this thread."""
        self._made_at.now = now
        try:
            yield
        finally:
            self._made_at.now = None


class AnswerMaker:
    """Makes answers from a view of a rollup that another thread refreshes.

    The thread that refreshes publishes a view after each refresh. Where a refresh changes what the
    view shares with the rollup, answers wait until it has ended.

    Parameters
    ----------
    name : str, optional
        The public name of the source.
    clock : AnswerClock
        Of the rollup.
    """

    def __init__(self, name: str | None, clock: AnswerClock) -> None:
        self._name, self._clock = name, clock
        self._lock = threading.Lock()
        self._is_changing = False
        self._view: Rollup | None = None
        self.number = 0
        """Of the version of the counts; 0 before the first refresh."""

    # --- in the thread that refreshes ------------------------------------------------------

    def begin_change(self, rollup: Rollup) -> None:
        """Let answers wait: *rollup* is about to change counts in place."""
        if not self._is_changing and self._view is not None and rollup.shares_counts(self._view):
            self._lock.acquire()
            self._is_changing = True

    def end_change(self) -> None:
        """Let answers go on after a change that was interrupted."""
        if self._is_changing:
            self._is_changing = False
            self._lock.release()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Let answers wait for a short time."""
        with self._lock:
            yield

    def publish(self, rollup: Rollup, *, is_new: bool) -> None:
        """Make answers from the counts as they are now; *is_new*: any number may have changed."""
        if not self._is_changing:
            self._lock.acquire()
        self._is_changing = False
        try:
            is_replaced = self._view is not None and not rollup.shares_counts(self._view)
            self._view = rollup.view()
            self.number += is_new or is_replaced
        finally:
            self._lock.release()

    # --- in the thread that answers --------------------------------------------------------

    def holds(self, campaign: str | None) -> bool:
        """Return whether a campaign is counted."""
        view = self._view
        return view is not None and (campaign is None or view.holds(campaign))

    def needs(self, question: Question) -> bool:
        """Return whether the rollup should be prepared for a question; see Rollup.prepare."""
        view, campaign = self._view, question.campaign
        if view is None or not (campaign is None or view.holds(campaign)):
            return False
        return view.needs(campaign, question.query.selection)

    def snapshot(self, question: Question, now: datetime) -> tuple[Answer, int]:
        """Return the numbers of a campaign that is counted, and the number of their version."""
        query = question.query
        with self._lock, self._clock.at(now):
            view = self._last_view()
            if not self.holds(question.campaign):
                raise NotCountedError
            snapshot = take_snapshot(view, query, now, name=self._name, campaign=question.campaign)
            start, end = _validity(view, view.counts_of(question.campaign), query, now)
            return Answer(snapshot, "", start, end), self.number

    def campaigns(self, now: datetime) -> list[Campaign]:
        """Return the campaigns of the source, the one with the newest event first."""
        with self._lock, self._clock.at(now):
            return self._last_view().campaigns()

    def names(self, campaign: str | None) -> tuple[dict[str, tuple[str, ...]], frozenset[str]]:
        """Return the channels of each message of a campaign, and its executions."""
        with self._lock:
            view = self._last_view()
            if not self.holds(campaign):
                raise NotCountedError
            counts = view.counts_of(campaign)
            messages, executions = counts.names()
            return {message: counts.channels(message) for message in messages}, executions

    def held(self) -> int:
        """Return how many campaigns are counted."""
        with self._lock:
            view = self._view
            return 0 if view is None else sum(view.holds(c.id) for c in view.campaigns())

    def _last_view(self) -> Rollup:
        assert self._view is not None  # noqa: S101 - the server waits for the first refresh
        return self._view


def _validity(
    view: Rollup, counts: CampaignCounts, query: Query, now: datetime
) -> tuple[datetime, datetime]:
    """Return from when to when the same counts give the same answer, at most a minute."""
    minute = EPOCH + (now - EPOCH) // MINUTE * MINUTE
    if now == minute:  # the window ends now; a moment later it ends in a minute
        return now, now + MICROSECOND
    start, end = minute + MICROSECOND, minute + MINUTE
    changes = view.next_change(minute)
    while changes is not None and changes < end:  # an event is dated within this minute
        if changes > now:
            end = changes
            break
        start, changes = changes, view.next_change(changes)

    def choice(at: datetime) -> object:
        newest, oldest = counts.newest_event, counts.oldest_event
        length, until, ending = effective_window(query.window, query.at, at, newest, oldest)
        return Window.ending(until, length), ending

    if not choice(start) == choice(now) == choice(end - MICROSECOND):
        return now, now + MICROSECOND
    return start, end
