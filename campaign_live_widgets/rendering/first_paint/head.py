"""The head of the page and its line of filters, as ``header.js`` and ``filters.js`` draw them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from campaign_live_widgets.rendering.first_paint.parts import PagePart

_CHIPS_AT_MOST: Final = 6
_BACK: Final = "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}"
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_NOW_SECONDS: Final = 2


@dataclass(frozen=True, slots=True)
class Head:
    """Texts of the head that are put together from its states."""

    back: str
    name: str
    id: str
    pill: str
    toggle: str
    newest: str
    newest_hint: str
    refreshed: str
    refreshed_hint: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Pick:
    """One control of the line of filters."""

    css_class: str
    label: str
    value: str
    wraps: bool = False


@dataclass(frozen=True, slots=True)
class Chip:
    """One active filter."""

    text: str
    hint: str


def head(page: PagePart) -> Head:
    """Return the texts of the head."""
    state, words = page.header, page.header["labels"]
    name, key = state["detail"] or (state["campaign_name"], state["campaign_id"])
    refreshed = _since(state["refreshed"], words["refreshed"], page) if state["live"] else ""
    at = state["refreshed"][1] or state["newest"][1]
    is_static = not state["live"] and state["state"] == "paused"
    return Head(
        back=f"{_BACK} {state['campaign']}" if state["detail"] else "",
        name=name or key,
        id=key if name and name != key else "",
        pill=words["static"] if is_static else words[state["state"]],
        toggle=words["resume" if state["state"] == "paused" else "pause"] if state["live"] else "",
        newest=_since(state["newest"], words["newest"], page) or words["none"],
        newest_hint=state["newest"][1],
        refreshed=refreshed,
        refreshed_hint=state["refreshed"][1],
        as_of=words["as_of"].format(at) if at else "",
    )


def _since(moment: Sequence[str], label: str, page: PagePart) -> str:
    rfc3339, text = moment
    if not rfc3339:
        return ""
    words = page.header["labels"]
    seconds = (page.now - datetime.fromisoformat(rfc3339)).total_seconds()
    ago = words["now"] if seconds < _NOW_SECONDS else words["ago"].format(_age(seconds, words))
    return f"{label} {ago}" if seconds < _HOUR else f"{label} {text} ({ago})"


def _age(seconds: float, words: Mapping[str, str]) -> str:
    """Return how long ago something happened, as ``age`` of ``format.js`` writes it."""
    whole = max(0, int(seconds))
    if whole < _MINUTE:
        return f"{whole} {words['second']}"
    if whole < _HOUR:
        return f"{whole // _MINUTE} {words['minute']}"
    if whole < 2 * _DAY:
        return f"{whole // _HOUR} {words['hour']}"
    return f"{whole // _DAY} {words['day']}"


def picks(page: PagePart) -> list[Pick]:
    """Return the controls of the filters that the page shows."""
    state, words = page.filters, page.filters["labels"]
    _, name, text = state["campaign"]
    row = [
        Pick("campaign", words["campaign"], text, wraps=bool(name) and text != name),
        Pick("window", words["window"], _window(state)),
    ]
    if state["messages"] and not _first(state, "detail"):
        row.append(_many(state, "messages", "message", words["all"]))
    if state["executions"]:
        row.append(_many(state, "executions", "execution", words["all_executions"]))
    return [*row, Pick("more", words["more"], "")]


def chips(page: PagePart) -> list[Chip]:
    """Return a chip for each active filter; of many ids of one key, the first six."""
    state, words = page.filters, page.filters["labels"]
    minutes, end = state["fixed_window"] or ("", "")
    made = []
    if _first(state, "from"):
        made.append(Chip(minutes, ""))
    elif end:
        made.append(Chip(end[:1].upper() + end[1:], ""))
    for key, listed in (("message", "messages"), ("execution", "executions")):
        if key == "message" and _first(state, "detail"):
            continue
        names = {row[0]: row[-1] for row in state[listed]}
        ids = _ids(state, key)
        made += [Chip(names.get(i, i), i) for i in ids[:_CHIPS_AT_MOST]]
        if len(ids) > _CHIPS_AT_MOST:
            made.append(Chip(f"+ {len(ids) - _CHIPS_AT_MOST}", ""))
    if _first(state, "tests") == "1":
        made.append(Chip(words["with_tests"], ""))
    for key, _, options in state["switches"]:
        texts = {value: text for value, _, text in options}
        if text := texts.get(_first(state, key)):
            made.append(Chip(text, ""))
    return made


def _window(state: Mapping[str, Any]) -> str:
    minutes, end = state["fixed_window"] or ("", "")
    if _first(state, "from"):
        return str(minutes)
    chosen = _first(state, "window")
    length = next((row for row in state["windows"] if row[0] == chosen), None)
    if length is None:
        return chosen
    return f"{length[2]} {end}" if end else str(length[1])


def _many(state: Mapping[str, Any], listed: str, key: str, word: str) -> Pick:
    chosen, all_ = len(_ids(state, key)), len(state[listed])
    text = str(state["labels"]["some"]).replace("{}", str(chosen), 1)
    text = text.replace("{}", str(max(all_, chosen)), 1)
    return Pick(listed, state["labels"][listed], text if chosen else word)


def _ids(state: Mapping[str, Any], key: str) -> list[str]:
    return [value for value in state["query"].get(key, ()) if value]


def _first(state: Mapping[str, Any], key: str) -> str:
    values = state["query"].get(key) or [""]
    return str(values[0])
