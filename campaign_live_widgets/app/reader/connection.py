"""The connection of a process to a reader, which all its pages share."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from concurrent.futures import Future
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.app.reader.channel import ReaderChannel
from campaign_live_widgets.app.reader.messages.codec import Answer, question_to, to_answer
from campaign_live_widgets.app.reader.messages.notices import (
    Names,
    News,
    ReaderStatus,
    is_newer,
    to_names_of,
    to_news,
    to_status,
)
from campaign_live_widgets.app.reader.messages.values import (
    is_true,
    optional_time_to,
    to_campaigns,
    to_optional_text,
)
from campaign_live_widgets.errors import CampaignLiveError, SourceError
from campaign_live_widgets.snapshot import microseconds

if TYPE_CHECKING:
    from datetime import datetime

    from campaign_live_widgets.app.reader.messages.codec import Question
    from campaign_live_widgets.app.reader.messages.protocol import Body
    from campaign_live_widgets.snapshot import Campaign

_KEPT: Final = 256
"""Answers that are kept."""
_SECONDS: Final = 30.0
"""How long to wait for the same answer that another thread waits for, and for the status."""

_lock = threading.Lock()
_connections: dict[str, ReaderConnection] = {}


def connection_to(socket_path: str | os.PathLike[str]) -> ReaderConnection:
    """Return the connection of this process to the reader at a socket."""
    path = os.path.abspath(socket_path)
    with _lock:
        if path not in _connections:
            _connections[path] = ReaderConnection(path)
        return _connections[path]


def _forget_connections() -> None:
    """In a forked process: the parent's connections are not its own."""
    global _lock  # noqa: PLW0603 - another thread of the parent may have held it
    _lock = threading.Lock()
    _connections.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_connections)


class ReaderConnection(ReaderChannel):
    """Asks a reader; what nothing has changed of is asked once for all pages of the process.

    Safe to use from several threads.

    Parameters
    ----------
    socket_path : str or path
    """

    def __init__(self, socket_path: str | os.PathLike[str]) -> None:
        super().__init__(socket_path)
        self._answers: OrderedDict[Question, Answer] = OrderedDict()
        self._flights: dict[Question, Future[Answer]] = {}
        self._names: dict[str | None, Names] = {}
        self._campaigns: list[Campaign] | None = None

    def answer(self, question: Question, now: datetime) -> Answer:
        """Return the numbers at a moment; the same object where nothing has changed.

        Raises
        ------
        SourceError
            If there is no reader, and it has not answered the question before.
        """
        with self._changed:
            version = self._news.version
            saved = self._answers.get(question)
            if saved is not None and _fits(saved, now, version):
                self._answers.move_to_end(question)
                return saved
            flight = self._flights.get(question)
            if flight is None:
                self._flights[question] = own = Future[Answer]()
        if flight is not None:
            with suppress(CampaignLiveError, TimeoutError):
                answer = flight.result(_SECONDS)
                if _fits(answer, now, version):
                    return answer
            return self._ask_for(question, now)
        try:
            answer = self._ask_for(question, now)
        except BaseException as error:
            own.set_exception(error)
            raise
        else:
            own.set_result(answer)
            return answer
        finally:
            with self._changed:
                del self._flights[question]

    def last_answer(self, question: Question) -> Answer | None:
        """Return the last answer to a question, whatever its age."""
        with self._changed:
            return self._answers.get(question)

    def refresh(self, max_age_ms: int = 0, seconds: float | None = None) -> News:
        """Let the reader read what is new in the source, and return the news of then.

        Parameters
        ----------
        max_age_ms : int
            Nothing is read if a refresh has begun that lately.
        seconds : float, optional
            How long to wait.

        Raises
        ------
        NoAnswerError
            If it takes longer.
        SourceError
            If there is no reader, or the source cannot be read.
        """
        head = {"operation": "refresh", "max_age_ms": max_age_ms}
        return self._take_answered_news(self.request(head, seconds))

    def recount(self) -> News:
        """Let the reader count the source again, and forget which events are gone."""
        return self._take_answered_news(self.request({"operation": "recount"}, None))

    def names(self, campaign: str | None) -> Names:
        """Return the names of a campaign; the last known ones while there is no reader."""
        with self._changed:
            saved, version = self._names.get(campaign), self._news.version
        if saved is not None and not _is_outdated(saved.version, version):
            return saved
        try:
            body = self.request({"operation": "names", "campaign": campaign}, None)
        except SourceError:
            if saved is None:
                raise
            return saved
        names = to_names_of(body.head)
        with self._changed:
            self._names[campaign] = names
            while len(self._names) > _KEPT:
                del self._names[next(iter(self._names))]
        return names

    def campaigns(self, now: datetime) -> list[Campaign]:
        """Return the campaigns of the source; the last known ones while there is no reader."""
        try:
            body = self.request({"operation": "campaigns", "now": microseconds(now)}, None)
        except SourceError:
            if self._campaigns is None:
                raise
        else:
            self._campaigns = to_campaigns(body.head.get("campaigns"))
        return list(self._campaigns)

    def hold(self, campaign: str) -> None:
        """Let the reader count a campaign, if it does not yet."""
        self.request({"operation": "hold", "campaign": campaign}, None)

    def newest(self, at: datetime | None, now: datetime) -> str | None:
        """Return the campaign with the newest event up to *at*, by default *now*."""
        head = {"operation": "newest", "at": optional_time_to(at), "now": microseconds(now)}
        return to_optional_text(self.request(head, None).head.get("campaign"))

    def serves(self, digest: str | None) -> bool:
        """Return whether the reader serves the source with a digest."""
        return is_true(self.request({"operation": "serves", "source": digest}).head.get("serves"))

    def status(self, seconds: float = _SECONDS) -> ReaderStatus:
        """Return how the reader is doing; raise :class:`SourceError` if it does not answer."""
        return to_status(self.request({"operation": "status"}, seconds).head.get("status"))

    def _take_answered_news(self, body: Body) -> News:
        news = to_news(body.head)
        with self._changed:
            self._merge(news)
        return news

    def _ask_for(self, question: Question, now: datetime) -> Answer:
        head = {
            "operation": "snapshot",
            "question": question_to(question),
            "now": microseconds(now),
        }
        answer = to_answer(self.request(head, _SECONDS))
        with self._changed:
            self._answers[question] = answer
            self._answers.move_to_end(question)
            if len(self._answers) > _KEPT:
                self._answers.popitem(last=False)
            self._merge(self._news._replace(version=answer.version))
        return answer


def _fits(answer: Answer, now: datetime, version: str) -> bool:
    is_valid = answer.valid_from <= now < answer.valid_until
    return is_valid and not _is_outdated(answer.version, version)


def _is_outdated(version: str, latest: str) -> bool:
    """Return whether a version is an earlier one, or of another reader."""
    return version != latest and not is_newer(version, latest)
