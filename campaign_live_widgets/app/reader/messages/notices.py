"""Further messages of the reader: its news, the names of a campaign, its status, and errors."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from campaign_live_widgets.app.reader.messages.protocol import FORMAT, DamagedMessageError
from campaign_live_widgets.app.reader.messages.values import (
    many,
    number,
    optional_time_to,
    row,
    text,
    to_optional_text,
    to_optional_time,
)
from campaign_live_widgets.errors import (
    CampaignLiveError,
    SourceError,
    UnknownNameError,
    UsageError,
)

if TYPE_CHECKING:
    from datetime import datetime

    from campaign_live_widgets.app.reader.messages.protocol import Json

_VERSION: Final = re.compile(r"[0-9a-f]{1,32}-[0-9]{1,18}")
_ERRORS: Final[dict[str, type[CampaignLiveError]]] = {
    error.__name__: error for error in (CampaignLiveError, SourceError, UsageError)
}


def error_to(error: CampaignLiveError) -> Json:
    """Return the class and the text of an error; a class of our own, or the one that it extends."""
    kind = next(c.__name__ for c in type(error).__mro__ if c.__name__ in {*_ERRORS, _UNKNOWN_NAME})
    return {"class": kind, "text": str(error)}


_UNKNOWN_NAME: Final = UnknownNameError.__name__


def to_error(value: object) -> CampaignLiveError:
    """Return the error of a class and a text."""
    if not isinstance(value, dict):
        raise DamagedMessageError("an error is not an object")
    kind, message = text(value.get("class")), text(value.get("text"))
    if kind == _UNKNOWN_NAME:
        unknown = UnknownNameError("name", "", ())
        unknown.message = message
        unknown.args = (message,)
        return unknown
    if kind not in _ERRORS:
        raise DamagedMessageError("an error has an unknown class")
    return _ERRORS[kind](message)


def to_version(value: object) -> str:
    """Return a version: empty, or which reader has counted, and how often."""
    version = text(value)
    if version and _VERSION.fullmatch(version) is None:
        raise DamagedMessageError("a version is invalid")
    return version


def is_newer(one: str, other: str) -> bool:
    """Return whether a version is a later one of the same reader."""
    epoch, _, number_of_one = one.rpartition("-")
    other_epoch, _, number_of_other = other.rpartition("-")
    is_same_reader = bool(epoch) and epoch == other_epoch
    return is_same_reader and int(number_of_one) > int(number_of_other)


class News(NamedTuple):
    """What the reader sends to all clients when it has changed.

    Attributes
    ----------
    version : str
        Of the counts; empty before the source was read.
    error : CampaignLiveError or None
        Why the source cannot be read.
    read_at : datetime or None
        When it was read last.
    polling_since : datetime or None
        When the refresh that is under way has begun.
    """

    version: str = ""
    error: CampaignLiveError | None = None
    read_at: datetime | None = None
    polling_since: datetime | None = None


def news_to(news: News) -> Json:
    """Return the head of a message of news."""
    return {
        "format": FORMAT,
        "version": news.version,
        "failure": None if news.error is None else error_to(news.error),
        "read_at": optional_time_to(news.read_at),
        "polling_since": optional_time_to(news.polling_since),
    }


def to_news(head: Json) -> News:
    """Return the news of such a head."""
    if head.get("format") != FORMAT:
        raise DamagedMessageError("the reader is of another version of this package")
    failure = head.get("failure")
    return News(
        to_version(head.get("version")),
        None if failure is None else to_error(failure),
        to_optional_time(head.get("read_at")),
        to_optional_time(head.get("polling_since")),
    )


class ReaderStatus(NamedTuple):
    """How a reader is doing.

    Attributes
    ----------
    version : str
    error : str or None
        Why the source cannot be read.
    read_at, polling_since : datetime or None
        See :class:`News`.
    campaigns : int
        How many are counted.
    clients : int
        Connected processes.
    made, shared : int
        Answers that were made, and how many were sent again.
    resident_bytes : int
        Memory of the process.
    """

    version: str
    error: str | None
    read_at: datetime | None
    polling_since: datetime | None
    campaigns: int
    clients: int
    made: int
    shared: int
    resident_bytes: int


def status_to(status: ReaderStatus) -> list[Any]:
    """Return the JSON of a status."""
    version, error, read_at, polling_since, *numbers = status
    return [version, error, optional_time_to(read_at), optional_time_to(polling_since), *numbers]


def to_status(value: object) -> ReaderStatus:
    """Return the status of such JSON."""
    numbers = (number, number, number, number, number)
    times = (to_optional_time, to_optional_time)
    return ReaderStatus(*row(value, to_version, to_optional_text, *times, *numbers))


class Names(NamedTuple):
    """The names of a campaign.

    Attributes
    ----------
    version : str
    channels : dict
        Id of each message → its channels.
    executions : frozenset of str
        Ids.
    """

    version: str
    channels: dict[str, tuple[str, ...]]
    executions: frozenset[str]


def names_of_to(names: Names) -> Json:
    """Return the head of a message of names."""
    return {
        "version": names.version,
        "messages": [[key, list(channels)] for key, channels in names.channels.items()],
        "executions": sorted(names.executions),
    }


def to_names_of(head: Json) -> Names:
    """Return the names of such a head."""
    messages = many(lambda pair: tuple(row(pair, text, many(text))))(head.get("messages"))
    executions = frozenset(many(text)(head.get("executions")))
    return Names(to_version(head.get("version")), dict(messages), executions)
