"""What the page shows, as one value, and as the text of its address.

The text names only what differs from the report's own settings, so that a link stays short
and a server may change them. Parameters that are not ours (``theme``) belong to others.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar
from urllib.parse import parse_qs, urlencode
from zoneinfo import available_timezones

from campaign_live_widgets.app.settings.times import (
    address_time,
    parse_at,
    parse_locale,
    parse_time_zone,
    parse_window,
    whole_minutes,
)
from campaign_live_widgets.catalog import TABS, Text
from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.io.durations import format_duration, parse_duration
from campaign_live_widgets.snapshot import Selection, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

T = TypeVar("T")
Everything = Literal["all"]
Span = timedelta | Window | Everything
"""A length that ends now, exact minutes, or all since the campaign's oldest event."""
Asked = dict[str, list[str]]
"""An address taken apart: what stands for each key, in order."""

WindowGiven = str | timedelta | tuple["str | datetime", "str | datetime"]
"""A window as people write it in Python; a pair is start and end."""

EVERYTHING: Final[Everything] = "all"
KEYS: Final = (
    *("campaign", "window", "from", "to", "at", "message", "execution"),
    *("tests", "tz", "locale", "every", "tab", "detail"),
)
"""The address's parameters that are the report's, in the order they are written."""
_SPAN_KEYS: Final = ("window", "from", "to")
FASTEST: Final = 0.5
SLOWEST: Final = 60.0

_YES: Final = frozenset({"1", "true", "yes", "on"})
_NO: Final = frozenset({"0", "false", "no", "off", ""})
_NOT_ZONES: Final = frozenset({"Factory", "localtime"})
_QUOTED: Final = 60
"""Characters of a bad value that its notice quotes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What the page shows; equal queries show the same.

    Attributes
    ----------
    campaign : str or None
        ``None``: the one with the newest event.
    window : timedelta, Window or "all"
    at : datetime or None
        Where the window ends; ``None`` where the feed decides. A window of exact minutes has
        its own end.
    messages, executions : tuple of str
        What is counted; an empty one leaves nothing out.
    every : float
        Seconds between two refreshes at the least.
    detail : str or None
        The one message that a page of its own is shown of.
    """

    campaign: str | None = None
    window: Span = timedelta(hours=24)
    at: datetime | None = None
    messages: tuple[str, ...] = ()
    executions: tuple[str, ...] = ()
    include_tests: bool = False
    time_zone: str = "UTC"
    locale: str = "en"
    every: float = FASTEST
    tab: str = field(default_factory=lambda: next(iter(TABS)))
    detail: str | None = None

    @property
    def selection(self) -> Selection:
        """Return what is counted: on a message's own page, that message."""
        shown = self.messages if self.detail is None else (self.detail,)
        return Selection(frozenset(shown), frozenset(self.executions))

    def pairs(self) -> dict[str, tuple[str, ...]]:
        """Return every key of the address with what stands for it; none for one left out."""
        return {
            "campaign": (self.campaign or "",),
            **self._window_pairs(),
            "message": self.messages or ("",),
            "execution": self.executions or ("",),
            "tests": ("1" if self.include_tests else "0",),
            "tz": (self.time_zone,),
            "locale": (self.locale,),
            "every": (f"{self.every!r}".removesuffix(".0"),),
            "tab": (self.tab,),
            "detail": (self.detail or "",),
        }

    def _window_pairs(self) -> dict[str, tuple[str, ...]]:
        if isinstance(self.window, Window):
            start, end = address_time(self.window.start), address_time(self.window.end)
            return {"window": (), "from": (start,), "to": (end,), "at": ()}
        length = format_duration(self.window) if isinstance(self.window, timedelta) else self.window
        return {"window": (length,), "from": (), "to": (), "at": (address_time(self.at),)}


def query_of(  # noqa: PLR0913 - all that a report can be asked for
    *,
    campaign: str | None,
    window: WindowGiven,
    at: str | datetime | None,
    messages: Iterable[str],
    executions: Iterable[str],
    include_tests: bool,
    time_zone: str,
    locale: str,
    every: float,
    tab: str,
) -> Query:
    """Return what a report is asked for in Python.

    Raises
    ------
    UsageError
        Where one of the values is none that the report knows.
    """
    span = _given(window)
    return Query(
        campaign=campaign,
        window=span,
        at=None if isinstance(span, Window) else parse_at(at),
        messages=_names("messages", messages),
        executions=_names("executions", executions),
        include_tests=include_tests,
        time_zone=parse_time_zone(time_zone),
        locale=parse_locale(locale),
        every=_asked("every", str(every), _seconds, _EVERY),
        tab=_asked("tab", tab, _tab, _TAB),
    )


def _given(window: WindowGiven) -> Span:
    if isinstance(window, str):
        return parse_span(window)
    if isinstance(window, timedelta):
        return parse_window(window)
    start, end = map(parse_at, window)
    span = None if start is None or end is None else whole_minutes(start, end)
    if span is None:
        message = f"window {window!r} is no span: give its start and, after it, its end"
        raise UsageError(message)
    return span


def _names(kind: str, names: Iterable[str]) -> tuple[str, ...]:
    if isinstance(names, str):
        message = f"{kind}={names!r} is one text; give a list of ids, such as [{names!r}]"
        raise UsageError(message)
    return tuple(dict.fromkeys(names))


def _asked(key: str, text: str, parser: Callable[[str], T], problem: Text) -> T:
    try:
        return parser(text)
    except UsageError:
        raise UsageError(problem.en.format(f"{key}={text}")) from None


def read(address: str) -> Asked:
    """Take the text of an address apart; keys that are not the report's are left out."""
    found = parse_qs(address.removeprefix("?"), keep_blank_values=True)
    return {key: values for key, values in found.items() if key in KEYS}


def to_address(query: Query, defaults: Query) -> str:
    """Return what an address says to show *query* in a report that by itself shows *defaults*."""
    shown, usual = query.pairs(), defaults.pairs()
    differing = {key for key, values in shown.items() if values != usual[key]}
    if differing & set(_SPAN_KEYS):
        differing.update(_SPAN_KEYS)  # half of a window is none
    if query.at == defaults.at:
        differing.discard("at")
    pairs = [(key, value) for key in KEYS if key in differing for value in shown[key]]
    return urlencode(pairs)


def parse(
    asked: Mapping[str, Sequence[str]], defaults: Query, *, zone: str = "UTC"
) -> tuple[Query, tuple[Text, ...]]:
    """Return what an address asks for, and in one line each what in it cannot be had.

    Parameters
    ----------
    asked : mapping of key to values
        A key that is not there is as *defaults* say; where one value is meant, the last counts.
    defaults : Query
    zone : str
        The clock of times that name no zone.
    """
    reader = _Reader(asked, zone)
    query = replace(
        defaults,
        campaign=reader.one("campaign", _name, defaults.campaign, None),
        messages=reader.many("message", defaults.messages),
        executions=reader.many("execution", defaults.executions),
        include_tests=reader.one("tests", _switch, defaults.include_tests, _TESTS),
        time_zone=reader.one("tz", _zone, defaults.time_zone, _TIME_ZONE),
        locale=reader.one("locale", parse_locale, defaults.locale, _LOCALE),
        every=reader.one("every", _seconds, defaults.every, _EVERY),
        tab=reader.one("tab", _tab, defaults.tab, _TAB),
        detail=reader.one("detail", _name, defaults.detail, None),
        **reader.window(defaults),
    )
    return query, tuple(reader.problems)


def _left_out(en: str, fr: str) -> Text:
    return Text(
        f"{{}} was left out: {en}.", f"{{}} n'est pas pris en compte\N{NO-BREAK SPACE}: {fr}."
    )


_WINDOW: Final = _left_out(
    "it is no length of time, such as 15m, 6h, 7d or all",
    "ce n'est pas une durée, par exemple 15m, 6h, 7d ou all",
)
_TIME: Final = _left_out(
    "it is no time, such as 2026-11-23T12:00Z", "ce n'est pas une heure, par ex. 2026-11-23T12:00Z"
)
_SPAN: Final = _left_out(
    "a window needs a start (from) before its end (to)",
    "une période commence (from) avant de se terminer (to)",
)
_TESTS: Final = _left_out("give tests=1 or tests=0", "indiquez tests=1 ou tests=0")
_TIME_ZONE: Final = _left_out(
    "there is no such time zone; give one such as Europe/Paris",
    "ce fuseau horaire n'existe pas\N{NO-BREAK SPACE}; indiquez par exemple Europe/Paris",
)
_LOCALE: Final = _left_out("the report speaks en and fr", "le rapport parle en et fr")
_EVERY: Final = _left_out("give seconds from 0.5 to 60", "indiquez des secondes, de 0.5 à 60")
_TAB: Final = _left_out(f"the tabs are {', '.join(TABS)}", f"les onglets sont {', '.join(TABS)}")


class _Reader:
    """Reads an address key by key, and notes what in it cannot be used."""

    def __init__(self, asked: Mapping[str, Sequence[str]], zone: str) -> None:
        self._asked, self._zone = asked, zone
        self.problems: list[Text] = []

    def one(self, key: str, parser: Callable[[str], T], default: T, problem: Text | None) -> T:
        """Return what stands last for *key*, parsed; *default* for nothing, or what is wrong."""
        text = self._last(key)
        if text is None:
            return default
        try:
            return parser(text)
        except UsageError:
            if problem is not None:
                self._refuse(f"{key}={text}", problem)
            return default

    def many(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """Return all that stands for *key*, once each; an empty text alone means none."""
        if key not in self._asked:
            return default
        return tuple(dict.fromkeys(text for text in self._asked[key] if text))

    def window(self, defaults: Query) -> dict[str, Any]:
        """Return the window and where it ends: exact minutes where they are asked for."""
        known = len(self.problems)
        start, end = (self.one(key, self._time, None, _TIME) for key in ("from", "to"))
        given = [f"{key}={self._last(key)}" for key in ("from", "to") if self._last(key)]
        if start is not None and end is not None and (exact := whole_minutes(start, end)):
            return {"window": exact, "at": None}
        if given and len(self.problems) == known:
            self._refuse("&".join(given), _SPAN)
        window = self.one("window", parse_span, defaults.window, _WINDOW)
        at = self.one("at", self._time, defaults.at, _TIME)
        return {"window": window, "at": None if isinstance(window, Window) else at}

    def _last(self, key: str) -> str | None:
        values = self._asked.get(key)
        return values[-1] if values else None

    def _time(self, text: str) -> datetime | None:
        return parse_at(text, self._zone)

    def _refuse(self, said: str, problem: Text) -> None:
        quoted = quote(said)
        self.problems.append(Text(problem.en.format(quoted), problem.fr.format(quoted)))


def quote(text: str) -> str:
    """Return what was said, on one line and short enough for a notice."""
    line = "".join(c if c.isprintable() else " " for c in text)
    return line if len(line) <= _QUOTED else f"{line[:_QUOTED]}…"


def _name(text: str) -> str | None:
    return text or None


def parse_span(text: str) -> Span:
    """Return a window's length, or ``all``; raise :class:`UsageError` where it is neither."""
    return EVERYTHING if text.strip().lower() == EVERYTHING else parse_window(text)


def _switch(text: str) -> bool:
    known = text.strip().lower()
    if known in _YES or known in _NO:
        return known in _YES
    raise UsageError(text)


def _zone(text: str) -> str:
    if text not in _zones():
        raise UsageError(text)
    return text


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NOT_ZONES


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = _duration(text).total_seconds()
    if not FASTEST <= seconds <= SLOWEST:  # nor is "not a number"
        raise UsageError(text)
    return seconds


def _duration(text: str) -> timedelta:
    try:
        return parse_duration(text)
    except ValueError:
        raise UsageError(text) from None


def _tab(text: str) -> str:
    if text not in TABS:
        raise UsageError(text)
    return text
