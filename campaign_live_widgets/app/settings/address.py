"""A query as the text of the page's address, and back.

The text names only what differs from the report's own settings, so that a link stays short
and a server may change them. Other parameters, such as ``theme``, are ignored.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import parse_qs, urlencode
from zoneinfo import available_timezones

from campaign_live_widgets.app.settings.query import (
    parse_basis,
    parse_every,
    parse_machines,
    parse_span,
    parse_tab,
)
from campaign_live_widgets.app.settings.times import (
    address_time,
    parse_at,
    parse_locale,
    whole_minutes,
)
from campaign_live_widgets.catalog import BASES, LOCALES, TABS, Text
from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.io.durations import MINUTES_EXAMPLES, format_duration
from campaign_live_widgets.snapshot import MACHINES, Window

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from campaign_live_widgets.app.settings.query import Query

T = TypeVar("T")
Parameters = dict[str, list[str]]
"""The parameters of an address: the values of each key, in order."""

KEYS: Final = (
    *("campaign", "window", "from", "to", "at", "message", "execution"),
    *("tests", "machines", "basis", "tz", "locale", "every", "tab", "detail"),
)
"""The report's parameters in an address, in the order they are written."""
COUNTED_KEYS: Final = (
    *("campaign", "window", "from", "to", "at", "message", "execution"),
    *("tests", "machines", "detail"),
)
"""Those that decide what is counted; a change of one is a step of the browser's history."""
_SPAN_KEYS: Final = ("window", "from", "to")
_YES: Final = frozenset({"1", "true", "yes", "on"})
_NO: Final = frozenset({"0", "false", "no", "off", ""})
_NOT_ZONES: Final = frozenset({"Factory", "localtime"})
QUOTED: Final = 60
"""Characters of an invalid value that its notice quotes."""


def pairs(query: Query) -> dict[str, tuple[str, ...]]:
    """Return every key of the address with its values; no value for a key that is left out."""
    return {
        "campaign": (query.campaign or "",),
        **_window_pairs(query),
        "message": query.messages or ("",),
        "execution": query.executions or ("",),
        "tests": ("1" if query.include_tests else "0",),
        "machines": (query.machines,),
        "basis": (query.basis,),
        "tz": (query.time_zone,),
        "locale": (query.locale,),
        "every": (f"{query.every!r}".removesuffix(".0"),),
        "tab": (query.tab,),
        "detail": (query.detail or "",),
    }


def _window_pairs(query: Query) -> dict[str, tuple[str, ...]]:
    if isinstance(query.window, Window):
        start, end = address_time(query.window.start), address_time(query.window.end)
        return {"window": (), "from": (start,), "to": (end,), "at": ()}
    length = format_duration(query.window) if isinstance(query.window, timedelta) else query.window
    return {"window": (length,), "from": (), "to": (), "at": (address_time(query.at),)}


def read_address(address: str) -> Parameters:
    """Return the report's parameters in an address; others are left out."""
    given = parse_qs(address.removeprefix("?"), keep_blank_values=True)
    return {key: values for key, values in given.items() if key in KEYS}


def to_address(query: Query, defaults: Query) -> str:
    """Return the address that shows *query* in a report whose own settings are *defaults*."""
    values, usual = pairs(query), pairs(defaults)
    differing = {key for key in values if values[key] != usual[key]}
    if differing & set(_SPAN_KEYS):
        differing.update(_SPAN_KEYS)  # one key alone does not make a window
    if query.at == defaults.at:
        differing.discard("at")
    return urlencode([(key, value) for key in KEYS if key in differing for value in values[key]])


def parse_address(
    given: Mapping[str, Sequence[str]], defaults: Query
) -> tuple[Query, tuple[Text, ...]]:
    """Return the query of an address, and one line for each value in it that was ignored.

    Parameters
    ----------
    given : mapping of key to values
        A key that is missing is as in *defaults*; where one value is expected, the last counts.
    defaults : Query
    """
    reader = _Reader(given)
    query = replace(
        defaults,
        campaign=reader.one("campaign", _name, defaults.campaign, None),
        messages=reader.many("message", defaults.messages),
        executions=reader.many("execution", defaults.executions),
        include_tests=reader.one("tests", _switch, defaults.include_tests, _TESTS),
        machines=reader.one("machines", parse_machines, defaults.machines, _MACHINES),
        basis=reader.one("basis", parse_basis, defaults.basis, _BASIS),
        families=defaults.families,
        time_zone=reader.one("tz", _zone, defaults.time_zone, _TIME_ZONE),
        locale=reader.one("locale", parse_locale, defaults.locale, _LOCALE),
        every=reader.one("every", parse_every, defaults.every, _EVERY),
        tab=reader.one("tab", parse_tab, defaults.tab, _TAB),
        detail=reader.one("detail", _name, defaults.detail, None),
        **reader.window(defaults),
    )
    return query, tuple(reader.problems)


def _ignored(en: str, fr: str) -> Text:
    return Text(f"Ignored {{}}: {en}.", f"{{}} ignoré\N{NO-BREAK SPACE}: {fr}.")


_EXAMPLES: Final = MINUTES_EXAMPLES.replace(" or", ",")
_WINDOW: Final = _ignored(
    f"not a valid duration. Examples: {_EXAMPLES}, all",
    f"durée non valide, par exemple\N{NO-BREAK SPACE}: {_EXAMPLES}, all",
)
_TIME: Final = _ignored(
    "not a valid time. Example: 2026-11-23T12:00Z",
    "heure non valide. Exemple\N{NO-BREAK SPACE}: 2026-11-23T12:00Z",
)
_SPAN: Final = _ignored(
    "a window needs a start (from) before its end (to), at most ten years apart",
    "une période commence (from) avant de se terminer (to), dix ans au plus",
)
_BESIDE_SPAN: Final = _ignored(
    "the window is given by from and to", "la période est donnée par from et to"
)
_FIXED: Final = _ignored(
    "the window of this report has its own end; give window, too",
    "la période de ce rapport a sa propre fin\N{NO-BREAK SPACE}; indiquez aussi window",
)
_REPEATED: Final = _ignored(
    "only one value is allowed, and the last one applies",
    "une seule valeur est permise, et la dernière s'applique",
)
_TESTS: Final = _ignored("give tests=1 or tests=0", "indiquez tests=1 ou tests=0")
_MACHINES: Final = _ignored(
    f"give one of {', '.join(MACHINES)}", f"indiquez l'un de {', '.join(MACHINES)}"
)
_BASIS: Final = _ignored(f"give one of {', '.join(BASES)}", f"indiquez l'un de {', '.join(BASES)}")
_TIME_ZONE: Final = _ignored(
    "unknown time zone. Example: Europe/Paris",
    "fuseau horaire inconnu. Exemple\N{NO-BREAK SPACE}: Europe/Paris",
)
_LOCALE: Final = _ignored(
    f"unknown language. Available: {', '.join(LOCALES)}",
    f"langue inconnue. Langues disponibles\N{NO-BREAK SPACE}: {', '.join(LOCALES)}",
)
_EVERY: Final = _ignored("give 0.5 to 60 seconds", "indiquez de 0.5 à 60 secondes")
_TAB: Final = _ignored(
    f"unknown tab. Available: {', '.join(TABS)}",
    f"onglet inconnu. Onglets disponibles\N{NO-BREAK SPACE}: {', '.join(TABS)}",
)


class _Reader:
    """Reads an address key by key, and notes the values that are invalid."""

    def __init__(self, given: Mapping[str, Sequence[str]]) -> None:
        self._given = given
        self._invalid = set[str]()
        self.problems: list[Text] = []

    def one(self, key: str, parser: Callable[[str], T], default: T, problem: Text | None) -> T:
        """Return the last value of *key*, parsed; *default* if it is missing or invalid."""
        text = self._last(key)
        if text is None:
            return default
        others = [value for value in self._given[key][:-1] if value != text]
        if others:
            self._ignore("&".join(f"{key}={value}" for value in dict.fromkeys(others)), _REPEATED)
        try:
            return parser(text)
        except UsageError:
            self._invalid.add(key)
            if problem is not None:
                self._ignore(f"{key}={text}", problem)
            return default

    def many(self, key: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """Return all values of *key*, once each; a single empty text is no value."""
        if key not in self._given:
            return default
        return tuple(dict.fromkeys(text for text in self._given[key] if text))

    def window(self, defaults: Query) -> dict[str, Any]:
        """Return the window and its end: exact minutes where ``from`` and ``to`` are valid."""
        start, end = (self.one(key, parse_at, None, _TIME) for key in ("from", "to"))
        if start is not None and end is not None and (exact := whole_minutes(start, end)):
            for key in ("window", "at"):
                if text := self._last(key):
                    self._ignore(f"{key}={text}", _BESIDE_SPAN)
            return {"window": exact, "at": None}
        if given := [f"{key}={self._last(key)}" for key in ("from", "to") if self._is_valid(key)]:
            self._ignore("&".join(given), _SPAN)
        window = self.one("window", parse_span, defaults.window, _WINDOW)
        at = self.one("at", parse_at, defaults.at, _TIME)
        if not isinstance(window, Window):
            return {"window": window, "at": at}
        if self._is_valid("at"):
            self._ignore(f"at={self._last('at')}", _FIXED)
        return {"window": window, "at": None}

    def _is_valid(self, key: str) -> bool:
        """Return whether *key* has a value, and none that a notice has called invalid."""
        return bool(self._last(key)) and key not in self._invalid

    def _last(self, key: str) -> str | None:
        values = self._given.get(key)
        return values[-1] if values else None

    def _ignore(self, given: str, problem: Text) -> None:
        quoted = quote(given)
        self.problems.append(Text(problem.en.format(quoted), problem.fr.format(quoted)))


def quote(text: str) -> str:
    """Return *text* on one line, short enough for a notice."""
    line = "".join(c if c.isprintable() else " " for c in text)
    return line if len(line) <= QUOTED else f"{line[:QUOTED]}…"


def _name(text: str) -> str | None:
    return text or None


def _switch(text: str) -> bool:
    value = text.strip().lower()
    if value in _YES or value in _NO:
        return value in _YES
    raise UsageError(text)


def _zone(text: str) -> str:
    if text not in _zones():
        raise UsageError(text)
    return text


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones()) - _NOT_ZONES
