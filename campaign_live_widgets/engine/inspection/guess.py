"""A mapping to start from: what columns may be, by their names and values."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from campaign_live_widgets.engine.inspection.shapes import forms_of, is_list_of_words
from campaign_live_widgets.engine.inspection.words import COLUMN_NAMES, event_of, plain
from campaign_live_widgets.sources.mapping.globs import fits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign_live_widgets.engine.inspection.findings import Column, Group

REQUIRED: Final = ("timestamp", "campaign_id", "profile_id", "channel", "event_type")
_KINDS: Final = {"timestamp": ("time", "empty"), "address": ("address",)}
"""Column → the kinds that it must have, where its name is not enough."""
_MOST: Final = 50
_VALUES: Final = 100
_NO_GUESS: Final = "# missing: name the column"


@dataclass(slots=True)
class Guess:
    """What the columns of a group may be.

    Attributes
    ----------
    columns : dict of str to Column
        Canonical column, or ``address`` → the column that it may come from.
    lines : dict of str to str
        Canonical column → its line in a mapping.
    events : Column or None
        The column that decides the event.
    event_type : str or None
        The event of all rows, after the names of the files.
    missing : list of str
        Required columns that nothing was named for.
    """

    columns: dict[str, Column]
    lines: dict[str, str] = field(default_factory=dict)
    events: Column | None = None
    event_type: str | None = None
    missing: list[str] = field(default_factory=list)


def guess(group: Group) -> Guess:
    """Return what the columns of a group may be."""
    guessed = Guess(_columns_by_name(group.columns))
    columns = guessed.columns
    if (event_type := columns.pop("event_type", None)) is not None:
        guessed.events = event_type
    else:
        guessed.event_type = _event_of_names(group)
    for name, column in columns.items():
        guessed.lines[name] = _line(name, column)
    if "campaign_id" not in columns:
        guessed.lines["campaign_id"] = '{ path = "name" }  # guess: each file is a campaign'
    if "channel" not in columns:
        channel = "push" if "platform" in columns and "address" not in columns else "email"
        guessed.lines["channel"] = f'{{ value = "{channel}" }}  # guess'
    if guessed.event_type is not None:
        guessed.lines["event_type"] = f'{{ value = "{guessed.event_type}" }}  # guess: by the name'
    given = {*guessed.lines, *({"event_type"} if guessed.events else ())}
    given |= {"profile_id"} if "address" in given else set()
    guessed.missing = [name for name in REQUIRED if name not in given]
    return guessed


def _columns_by_name(columns: Sequence[Column]) -> dict[str, Column]:
    """Return the column that each canonical one may come from; each column is used once."""
    best: dict[str, Column] = {}
    used: set[str] = set()
    for wanted, names in COLUMN_NAMES.items():
        ranked = sorted(
            (rank, column.name.count("."), number)
            for number, column in enumerate(columns)
            if (rank := _rank(column, wanted, names)) is not None and column.name not in used
        )
        if ranked:
            column = columns[ranked[0][2]]
            best[wanted] = column
            used.add(column.name)
    return best


def _rank(column: Column, wanted: str, names: Sequence[str]) -> int | None:
    """Return how well a column's name fits, the smaller the better; ``None`` if it does not."""
    if column.kind not in _KINDS.get(wanted, (column.kind,)):
        return None
    if wanted == "event_type" and not is_list_of_words(column.values):
        return None
    if wanted in ("campaign_id", "message_id", "profile_id") and column.kind == "address":
        return None
    full, last = plain(column.name), plain(column.name.rpartition(".")[2])
    for rank, name in enumerate(names):
        if name in (full, last):
            return rank
    if wanted in ("address", "timestamp") and column.kind == wanted.replace("timestamp", "time"):
        return len(names)
    return None


def _line(name: str, column: Column) -> str:
    if name != "timestamp":
        return f"{toml(column.name)}  # guess"
    forms = forms_of(list(dict.fromkeys(column.values))[:200])
    if forms is None or not forms:
        return f"{toml(column.name)}  # guess: times without a zone are UTC"
    doubt = "" if len(forms) == 1 else f"; it could be {' or '.join(forms[1:3])}"
    zone = "" if forms[0].startswith("epoch") else ', zone = "UTC"'
    return f"{{ from = {toml(column.name)}, form = {toml(forms[0])}{zone} }}  # guess{doubt}"


def _event_of_names(group: Group) -> str | None:
    """Return the event that the names of files or of their folders are after, if it is one."""
    named = set()
    for name in group.names:
        words = [plain(word) for word in re.split(r"[/._\-\s]+", name)]
        events = [event_of(word) for word in words if event_of(word) is not None]
        named.add(events[-1] if events and isinstance(events[-1], str) else None)
    (event,) = named if len(named) == 1 else (None,)
    return None if event in (None, "ignore") else str(event)


def mapping_text(groups: Sequence[Group], every: Sequence[Group], source: str) -> str:
    """Return a mapping file for some groups of *every* one in a source."""
    made_from = os.path.basename(source) or source
    head = f"# A mapping to start from, made from {made_from}.\n# Check the lines with guesses.\n"
    parts = [head]
    for group in groups:
        others = [one for one in every if one is not group]
        parts.append("\n".join(_rule(group, others)) + "\n")
    return "\n".join(parts)


def _rule(group: Group, others: Sequence[Group]) -> list[str]:
    rule = ["[[rule]]", *_about(group, others)]
    if group.format is not None:
        return [
            *rule,
            f"format = {toml(group.format)}",
            "",
            "[rule.columns]",
            "# guess: rows without a campaign get the name of their file",
            'campaign_id = [{ own = true }, { path = "name" }]',
        ]
    guessed = guess(group)
    lines = dict(guessed.lines)
    for name in guessed.missing:
        lines[name] = f"{toml(name)}  {_NO_GUESS}"
    rule += ["", "[rule.columns]", *(f"{name} = {line}" for name, line in lines.items())]
    taken = {column.name for column in (*guessed.columns.values(), guessed.events) if column}
    left = [column.name for column in group.columns if column.name not in taken]
    if left:
        rule += [f"# not used: {', '.join(toml(name) for name in left[:_MOST])}"]
    if guessed.events is not None:
        rule += ["", *_events(guessed.events)]
    return rule


def _events(column: Column) -> list[str]:
    lines = ["[rule.events]", f"from = {toml(column.name)}  # guess", "", "[rule.events.values]"]
    values = list(dict.fromkeys(column.values))[:_VALUES]
    has_sent = any(event_of(value) == "sent" for value in values)
    for value in values:
        outcome = event_of(value) if has_sent else _with_sent(event_of(value))
        if outcome is None:
            lines.append(f'# {toml(value)} = "…"  # not known: its rows are rejected')
        else:
            lines.append(f"{toml(value)} = {_outcome(outcome)}  # guess")
    return lines


def _with_sent(outcome: Any) -> Any:  # noqa: ANN401 - of a mapping
    """Return an outcome of a source that has no event of sending: others imply one."""
    kind = outcome["event_type"] if isinstance(outcome, dict) else outcome
    return ["sent", outcome] if kind in ("delivered", "bounce") else outcome


def _outcome(outcome: Any) -> str:  # noqa: ANN401 - of a mapping
    if isinstance(outcome, str):
        return toml(outcome)
    if isinstance(outcome, list):
        return f"[{', '.join(map(_outcome, outcome))}]"
    return "{ " + ", ".join(f"{name} = {toml(value)}" for name, value in outcome.items()) + " }"


def _about(group: Group, others: Sequence[Group]) -> list[str]:
    """Return the line that names the files or tables of a group."""
    if group.is_table:
        return [f"tables = {toml(group.names[0])}"]
    foreign = [name for other in others for name in other.names]
    endings = sorted({_ending(name) for name in group.names})
    folders = sorted({os.path.dirname(name) for name in group.names})
    candidates = [
        [f"*{ending}" for ending in endings],
        [f"{folder}/*{ending}" for folder in folders if folder for ending in endings],
        [_stem(name) for name in group.names if "/" not in name],
    ]
    for globs in candidates:
        taken = tuple(globs[:_MOST])
        is_whole = all(fits(name, taken) for name in group.names)
        if taken and is_whole and not any(fits(name, taken) for name in foreign):
            return [f"files = {_listed(taken)}"]
    return [f"files = {_listed(tuple(group.names[:_MOST]))}"]


def _ending(name: str) -> str:
    return (
        "".join(re.findall(r"\.[A-Za-z]+", os.path.basename(name))[-2:])
        if re.search(r"\.(gz|zst|zstd)$", name)
        else os.path.splitext(name)[1]
    )


def _stem(name: str) -> str:
    """Return a glob for files that are named alike but for numbers."""
    return re.sub(r"\d+", "*", name)


def _listed(globs: tuple[str, ...]) -> str:
    return toml(globs[0]) if len(globs) == 1 else f"[{', '.join(map(toml, globs))}]"


def toml(text: str) -> str:
    """Return a text as TOML has it."""
    escaped = "".join(
        f"\\{c}" if c in '"\\' else c if c.isprintable() else f"\\u{ord(c):04X}" for c in text
    )
    return f'"{escaped}"'
