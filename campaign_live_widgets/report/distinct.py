"""Names that cannot be mistaken: what is shown for each id, in full and shortened.

A name that is unique is shown as it is. Names that look alike, and a name that looks like a word
of the page, have their id beside them. Shortened names keep the part in which they differ.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.io.names import digest
from campaign_live_widgets.report.lookalikes import (
    keys,
    turns,
    visible,
    visible_name,
    without_turns,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    Measure = Callable[[str], float]

_LONGEST_ID: Final = 24
"""Characters of an id that is shown beside a name."""
_DIGITS: Final = 6
"""Digits of a digest, where two ids look alike, too."""
_SEEN: Final = 8
"""Characters that are seen of a name however narrow its column is."""
_IN_LINES: Final = 64
"""Characters of a name in several lines."""
_WORD: Final = 12
"""Characters before a difference that are shown with it, to begin at a word."""


class Names(Mapping[str, str]):
    """What is shown for each id of one kind in a report: no two texts look alike.

    Parameters
    ----------
    names : mapping
        Id → name; an id with a blank name is shown itself.
    taken : collection of str
        Words of the page, which no name may look like.
    words : mapping, optional
        Id → word of the page, which is shown as it is.
    """

    def __init__(
        self,
        names: Mapping[str, str | None],
        taken: Collection[str] = (),
        words: Mapping[str, str] | None = None,
    ) -> None:
        words = words or {}
        others = {key: name for key, name in names.items() if key not in words}
        self._labels = {**_labels(others, {*taken, *words.values()}), **words}
        self._cuts: dict[tuple[float, Measure], dict[str, str]] = {}
        self._starts: dict[str, int] | None = None

    @classmethod
    def of(cls, names: Mapping[str, str] | None) -> Names:
        """Return *names*, made distinct unless they are already."""
        return names if isinstance(names, Names) else cls(names or {})

    def __getitem__(self, key: str) -> str:
        return self._labels[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._labels)

    def __len__(self) -> int:
        return len(self._labels)

    def short(self, key: str, room: float, measure: Measure = len) -> str:
        """Return the text of an id in one line of at most *room*; no two of all ids look alike.

        Parameters
        ----------
        key : str
        room : float
            Maximum of what *measure* returns; by default a number of characters.
        measure : callable, optional
        """
        if (room, measure) not in self._cuts:
            self._cuts[room, measure] = shortened(self._labels, room, measure)
        return self._cuts[room, measure][key]

    def in_lines(self, key: str) -> str:
        """Return a text that begins as another one does, for several lines of a narrow column.

        Empty for the others: they may be cut off.
        """
        return "" if self.differs_at(key) is None else self.short(key, _IN_LINES)

    def differs_at(self, key: str) -> int | None:
        """Return where the part of a text, in one line, begins in which it differs from the others.

        ``None`` if its first characters are unique, which are seen in the narrowest column.
        """
        if self._starts is None:
            begins: dict[str, list[str]] = defaultdict(list)
            for one, label in self._labels.items():
                begins[keys(label)[1][:_SEEN]].append(one)
            alike = [one for group in begins.values() if len(group) > 1 for one in group]
            starts = _differences({one: _one_line(self._labels[one]) for one in alike})
            self._starts = {
                one: start if start >= _SEEN else max(_SEEN, self._labels[one].rfind(" (") + 1)
                for one, start in starts.items()
            }
        return self._starts.get(key)


def _labels(names: Mapping[str, str | None], taken: Collection[str]) -> dict[str, str]:
    plain = {key: _plain(key, name) for key, name in names.items()}
    digests = _digests(plain)
    short_ids: dict[str, str] = {}

    def form(key: str, level: int) -> str:
        name = plain[key]
        if turns(name):
            name, level = without_turns(name), max(level, 1)
        if level == 0:
            return name
        mark = digests[key]
        if level == 1 and name != key:
            if not short_ids:
                short_ids.update(shortened({one: visible(one) for one in plain}, _LONGEST_ID))
            mark = short_ids[key]
        elif level == 1 and not key.isascii():
            mark = key.encode("ascii", "backslashreplace").decode()
        return _beside(name, mark)

    own = frozenset(key for key, name in plain.items() if name == key)
    return distinguish(plain, form, 2, taken=taken, own=own)


def _plain(key: str, name: str | None) -> str:
    return visible_name(name) or visible_name(key) or visible(key)


def _beside(name: str, mark: str) -> str:
    return f"{name.strip()} ({mark})"


def _digests(ids: Iterable[str]) -> dict[str, str]:
    """Return a short text for each id that no other id has."""
    unique = set(ids)
    digits = _DIGITS
    while len({digest(one, digits) for one in unique}) < len(unique):
        digits += 1
    return {one: f"#{digest(one, digits)}" for one in unique}


def distinguish(
    ids: Iterable[str],
    form: Callable[[str, int], str],
    last: int,
    *,
    taken: Collection[str] = (),
    own: Collection[str] = (),
) -> dict[str, str]:
    """Return a text for each id, such that no two look alike.

    Parameters
    ----------
    ids : iterable of str
    form : callable
        Returns the text of an id at a level: 0 is the one that is wanted, each next one adds
        more. At the level *last* no two texts look alike.
    last : int
    taken : collection of str
        Texts that none may look like.
    own : collection of str
        Ids that are shown in place of names. One of those that look alike stays as it is, if it
        looks like no text of *taken*: the shortest of the fewest special characters.
    """
    level = dict.fromkeys(ids, 0)
    texts = {key: form(key, 0) for key in level}
    words = {(i, part) for word in taken for i, part in enumerate(keys(word))}
    while True:
        groups = defaultdict(list)
        for key, text in texts.items():
            for part in enumerate(keys(text)):
                groups[part].append(key)
        rising = set()
        for part, group in groups.items():
            if part in words:
                rising |= {key for key in group if level[key] < last}
            elif len(group) > 1:
                rising |= _rising(group, level, last, own)
        if not rising:
            return texts
        for key in rising:
            level[key] += 1
            texts[key] = form(key, level[key])


def _rising(
    group: Collection[str], level: Mapping[str, int], last: int, own: Collection[str]
) -> set[str]:
    """Return which ones of a group of texts that look alike need more to differ."""
    able = {key for key in group if level[key] < last}
    plain = [key for key in able if level[key] == 0]
    calm = [key for key in plain if key in own]
    if len(able) > 1 and calm:
        able.remove(min(calm, key=_oddness))
    elif len(able) > 1 and len(plain) == 1:  # the others have more to add
        able.remove(plain[0])
    return able


def _oddness(key: str) -> tuple[int, int, str]:
    return sum(not c.isascii() for c in key), len(key), key


def shortened(labels: Mapping[str, str], room: float, measure: Measure = len) -> dict[str, str]:
    """Return texts in one line of at most *room* that do not look alike unless the labels do.

    The end is cut off; where that would make two look alike, the part in which they differ is
    kept: ``Newsletter f…March``.
    """
    lines = {key: _one_line(label) for key, label in labels.items()}
    wide = [key for key, line in lines.items() if measure(line) > room]
    if not wide:
        return lines
    starts, digests = _differences(lines), _digests(lines)

    def form(key: str, level: int) -> str:
        line = lines[key]
        if key not in long or level == 0:
            return line if key not in long else f"{_cut(line, room - dots, measure)}…"
        if level == 1:
            return _around(line, starts[key], room, measure)
        mark = digests[key]
        head = _cut(line, room - dots - measure(mark), measure)
        return f"{head}…{mark}"

    long, dots = frozenset(wide), measure("…")
    return distinguish(lines, form, 2, own=lines.keys() - long)


def _one_line(label: str) -> str:
    return " ".join(without_turns(label).split())


def _cut(line: str, room: float, measure: Measure) -> str:
    """Return as much of the start of *line* as there is room for."""
    low, high = 0, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        if measure(line[:middle].rstrip()) <= room:
            low = middle
        else:
            high = middle - 1
    return line[:low].rstrip()


def _around(line: str, start: int, room: float, measure: Measure) -> str:
    """Return the start of *line*, and what follows its first difference from the others."""
    dots = measure("…")
    start = min(start, max(len(line) - _WORD // 2, 0))
    tail = line[start:].lstrip()
    if measure(tail) > 0.7 * room:
        tail = _cut(tail, 0.7 * room - dots, measure) + "…"
    head = _cut(line[:start], room - dots - measure(tail), measure)
    return f"{head}…{tail}"


def _differences(lines: Mapping[str, str]) -> dict[str, int]:
    """Return for each line where the part begins in which it differs from all others."""
    folded: dict[str, str] = {}
    for key, line in lines.items():
        low = line.lower()
        folded[key] = low if len(low) == len(line) else line
    ordered = sorted(folded, key=lambda key: folded[key])
    same = dict.fromkeys(ordered, 0)
    for one, other in pairwise(ordered):
        pairs = zip(f"{folded[one]}\n", f"{folded[other]}\r", strict=False)
        length = next(i for i, (a, b) in enumerate(pairs) if a != b)
        same[one], same[other] = max(same[one], length), max(same[other], length)
    return {key: _word_start(lines[key], at) for key, at in same.items()}


def _word_start(line: str, at: int) -> int:
    """Return the start of the word around a place, if it is near."""
    space = line.rfind(" ", max(0, at - _WORD), at)
    return at if space < 0 else space + 1


def distinct(labels: Sequence[str], alternatives: Sequence[Sequence[str]]) -> list[str]:
    """Return one text for each label, such that no two look alike.

    Parameters
    ----------
    labels : sequence of str
    alternatives : sequence of sequence of str
        For each label what may be shown instead, from the least to the most detailed.
    """
    pairs = zip(labels, alternatives, strict=True)
    forms = {str(i): (label, *more) for i, (label, more) in enumerate(pairs)}
    last = max((len(texts) for texts in forms.values()), default=1)

    def form(key: str, level: int) -> str:
        texts = forms[key]
        return texts[level] if level < len(texts) else f"{texts[-1]} (#{int(key) + 1})"

    return list(distinguish(forms, form, last).values())
