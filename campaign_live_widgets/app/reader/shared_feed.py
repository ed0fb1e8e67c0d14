"""The feed of a page whose source is read by a reader."""

from __future__ import annotations

from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.app.reader.channel import NoAnswerError
from campaign_live_widgets.app.reader.messages.codec import Question
from campaign_live_widgets.errors import SourceError, UnknownNameError
from campaign_live_widgets.io.clock import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime

    from campaign_live_widgets.app.reader.connection import ReaderConnection
    from campaign_live_widgets.app.reader.messages.notices import News
    from campaign_live_widgets.app.settings.query import Query
    from campaign_live_widgets.errors import CampaignLiveError
    from campaign_live_widgets.snapshot import Campaign, Snapshot

_REFRESH_SECONDS: Final = 0.5
"""How long a refresh waits for the reader; what is read later is news."""
_FIRST_SECONDS: Final = 1.5
"""The same where the reader was restarted and has not read the source yet."""
_POLL_AGE_MS: Final = 1500
"""Age of a refresh that is recent enough for a poll."""
_SLOW_SECONDS: Final = 20.0
"""How long the reader may read the source before the page reports it."""


class SharedFeed:
    """Snapshots of one campaign of the source of a reader, as time goes by.

    It has the methods of :class:`~campaign_live_widgets.app.feeds.feed.RollupFeed`, and no thread.
    Equal questions of all feeds of a connection have the same snapshot as an answer, until
    something changes or a minute ends. While there is no reader, :meth:`refresh` raises
    :class:`SourceError`, and the last numbers and names stay available.

    Parameters
    ----------
    connection : ReaderConnection
    query : Query
        What is counted at first; see :meth:`set_query`.
    clock : callable
        Returns the time now, with a time zone.
    """

    def __init__(
        self,
        connection: ReaderConnection,
        query: Query,
        *,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._connection, self._query, self._clock = connection, query, clock
        self._campaign = query.campaign
        self._version = ""
        self._error: CampaignLiveError | None = None
        self._has_news, self._is_poll, self._is_woken = False, False, False
        self._is_lost = False
        self._unanswered_since: float | None = None
        self._arrived = Event()
        connection.add_listener(self._arrived)

    @property
    def campaign(self) -> str | None:
        """Return the campaign that is counted; ``None`` before one is known."""
        return self._campaign

    @property
    def version(self) -> str | None:
        """Return the version of the counts at the last refresh; ``None`` before the first one."""
        return self._version or None

    def refresh(self) -> bool:
        """Let the reader read what is new; return whether there is anything new.

        It waits for half a second at most, except for the first time; what is read later is
        reported by :meth:`wait`. Raises :class:`SourceError` if there is no reader, if the source
        cannot be read, or if reading it takes long.
        """
        has_news, self._has_news = self._has_news, False
        self._is_lost = False
        is_known = has_news and self._connection.is_connected
        news = self._connection.news if is_known else self._read()
        self._error = news.error
        if news.error is not None:
            raise news.error.with_traceback(None)
        is_changed, self._version = news.version != self._version, news.version
        if self._campaign is None:
            self._campaign = self._connection.newest(self._query.time, self._clock())
        return is_changed

    def _read(self) -> News:
        age, self._is_poll = _POLL_AGE_MS if self._is_poll else 0, False
        seconds = None
        if self._version:
            is_new_reader = not self._connection.news.version
            seconds = _FIRST_SECONDS if is_new_reader else _REFRESH_SECONDS
        try:
            news = self._connection.refresh(age, seconds)
        except NoAnswerError:
            return self._note_unanswered()
        except SourceError:
            self._error = self._connection.news.error
            self._is_lost = not self._connection.is_connected
            raise
        self._unanswered_since = None
        return news

    def _note_unanswered(self) -> News:
        """Return the news so far; raise if the reader has not answered for long."""
        now = monotonic()
        if self._unanswered_since is None:
            self._unanswered_since = now
        waited = now - self._unanswered_since
        news = self._connection.news
        if not news.version:
            message = "the reader has not read the source yet"
            raise SourceError(message)
        if waited > _SLOW_SECONDS:
            message = f"the reader has been reading the source for {waited:.0f} s"
            raise SourceError(message)
        return news

    def recount(self) -> None:
        """Let the reader count the source again from its start."""
        self._connection.recount()

    def snapshot(self, now: datetime | None = None) -> Snapshot:
        """Return the numbers of the window at a moment, by default the current one.

        While there is no reader, the last numbers. Raises :class:`SourceError` if there are none.
        """
        question = Question.of(self._query, self._campaign)
        try:
            return self._connection.answer(question, now or self._clock()).snapshot
        except SourceError:
            last = self._connection.last_answer(question)
            if last is None:
                raise
            return last.snapshot

    def set_query(self, query: Query) -> None:
        """Count what *query* asks for from now on, except its campaign: see :meth:`use`."""
        self._query = query

    def names(self) -> tuple[frozenset[str], frozenset[str]]:
        """Return the ids of all messages and all executions of the campaign."""
        names = self._connection.names(self._campaign)
        return frozenset(names.channels), names.executions

    def channels(self, message_id: str | None) -> tuple[str, ...]:
        """Return the channels of a message of the campaign; empty for an unknown message."""
        if message_id is None:
            return ()
        return self._connection.names(self._campaign).channels.get(message_id, ())

    def require(self, query: Query) -> None:
        """Raise if the source has events, but none of what *query* names."""
        campaigns = self.campaigns()
        if not campaigns:
            return
        _require("campaign", {self._campaign}, [campaign.id for campaign in campaigns])
        messages, executions = self.names()
        _require("message", query.selection.messages, messages)
        _require("execution", query.selection.executions, executions)

    def campaigns(self) -> list[Campaign]:
        """Return the campaigns of the source."""
        return self._connection.campaigns(self._clock())

    def use(self, campaign_id: str | None) -> None:
        """Show another campaign from now on.

        The reader counts it if it was not counted so far. ``None`` is the campaign with the newest
        event. Raises :class:`UnknownNameError` if the source has no such campaign, and
        :class:`SourceError` if it cannot be read; then the campaign does not change.
        """
        known = [campaign.id for campaign in self.campaigns()]
        campaign_id = campaign_id or next(iter(known), None)
        if campaign_id == self._campaign:
            return
        if campaign_id not in known:
            self._connection.refresh()
            known = [campaign.id for campaign in self.campaigns()]
        if campaign_id is None or campaign_id not in known:
            raise UnknownNameError("campaign", campaign_id, known)
        self._connection.hold(campaign_id)
        self._campaign = campaign_id

    def wait(self, timeout: float) -> bool:
        """Return True once something may have arrived, False after *timeout* seconds."""
        self._connection.add_listener(self._arrived)
        end = monotonic() + timeout
        while not self._must_refresh():
            if not self._arrived.wait(max(0.0, end - monotonic())):
                self._is_poll = True
                return False
            self._arrived.clear()
        self._is_woken, self._is_poll = False, False
        self._has_news = self._is_outdated()
        return True

    def _must_refresh(self) -> bool:
        """Return whether a wait is over: there are news, or the reader is lost or back."""
        is_lost = not self._connection.is_connected
        return self._is_woken or is_lost != self._is_lost or (self._is_outdated() and not is_lost)

    def _is_outdated(self) -> bool:
        """Return whether there are news since the last refresh."""
        news = self._connection.news
        return news.version != self._version or str(news.error) != str(self._error)

    def wake(self) -> None:
        """End a wait early."""
        self._is_woken = True
        self._arrived.set()

    def close(self) -> None:
        """Receive no news; the next wait does again."""
        self.wake()
        self._connection.remove_listener(self._arrived)


def _require(kind: str, names: set[str | None] | frozenset[str], known: Collection[str]) -> None:
    for name in sorted(str(name) for name in names):
        if name not in known:
            raise UnknownNameError(kind, name, known)
