r"""Patterns of a mapping: the regular expressions that mean the same to every engine.

RE2 (DuckDB), POSIX (PostgreSQL) and Java (Spark) agree on a small part of the syntax. A pattern is
parsed, what is outside of that part is refused, and the rest is written in the one way that all of
them read alike: ``.`` as ``[^\n]``, ``\d`` as ``[0-9]``, and so on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_LONGEST: Final = 500
"""Characters of a pattern."""
_MOST: Final = 100
"""Times that something may be repeated by a number."""
_CLASSES: Final = {"d": "0-9", "w": "A-Za-z0-9_", "s": " \\t\\n\\r\\f"}
_CONTROLS: Final = {"t": "\\t", "n": "\\n", "r": "\\r", "f": "\\f"}
_SPECIAL: Final = frozenset(".^$*+?()[]{}|\\")
_IN_CLASS: Final = frozenset("\\]^-[&~")


class PatternError(ValueError):
    """A pattern that not every engine reads alike; the message gives what to do."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A regular expression that all engines read alike.

    Attributes
    ----------
    text : str
        The expression as the engines get it.
    groups : int
        How many groups it has.
    """

    text: str
    groups: int


def parse_pattern(text: str) -> Pattern:
    """Return a pattern; raise :class:`PatternError` where engines would differ."""
    if len(text) > _LONGEST:
        message = f"is longer than {_LONGEST} characters"
        raise PatternError(message)
    if not text:
        message = "is empty"
        raise PatternError(message)
    parser = _Parser(text)
    written = parser.alternatives(depth=0)[0]
    if parser.peek():
        message = "has a ) too many"
        raise PatternError(message)
    return Pattern(written, parser.groups)


class _Parser:
    """Reads a pattern from left to right, and writes it again."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self.groups = 0

    def peek(self) -> str:
        """Return the next character, nothing at the end."""
        return self._text[self._at : self._at + 1]

    def _take(self) -> str:
        char = self.peek()
        self._at += 1
        return char

    def alternatives(self, depth: int) -> tuple[str, bool]:
        """Read up to the end or a closing parenthesis; return it, and whether it repeats."""
        if depth > 10:  # noqa: PLR2004
            message = "has groups more than ten deep"
            raise PatternError(message)
        branches, words = [], []
        repeats = False
        while True:
            written, word, has_repeat = self._sequence(depth)
            branches.append(written)
            words.append(word)
            repeats |= has_repeat
            if self.peek() != "|":
                break
            self._take()
        if len(branches) > 1:
            _require_apart(words)
        return "|".join(branches), repeats

    def _sequence(self, depth: int) -> tuple[str, str | None, bool]:
        """Read one alternative; return it, its text where it is plain text, and if it repeats."""
        parts: list[str] = []
        word: str | None = ""
        repeats = False
        while (char := self.peek()) not in ("", "|", ")"):
            part, plain, inner = self._atom(depth)
            times = self._times()
            if times and char in "^$":
                message = f"repeats {char}"
                raise PatternError(message)
            if times and inner:
                message = "repeats a group in which something repeats; engines may not end with it"
                raise PatternError(message)
            repeats |= inner or bool(times)
            parts.append(part + times)
            word = word + plain if word is not None and plain is not None and not times else None
        return "".join(parts), word, repeats

    def _atom(self, depth: int) -> tuple[str, str | None, bool]:
        char = self._take()
        if char == "(":
            return self._group(depth)
        if char == "[":
            return self._class(), None, False
        if char == ".":
            return "[^\\n]", None, False
        if char in "^$":
            return ("^" if char == "^" else "$"), None, False
        if char in "*+?{":
            message = f"has a {char} with nothing before it"
            raise PatternError(message)
        if char == "\\":
            return self._escape()
        return _literal(char), char, False

    def _group(self, depth: int) -> tuple[str, str | None, bool]:
        opening = "("
        if self.peek() == "?":
            self._take()
            if self._take() != ":":
                message = "has a (?…) other than (?:…); not every engine has it"
                raise PatternError(message)
            opening = "(?:"
        else:
            self.groups += 1
        inner, repeats = self.alternatives(depth + 1)
        if self._take() != ")":
            message = "has a ( that is not closed"
            raise PatternError(message)
        return f"{opening}{inner})", None, repeats

    def _escape(self) -> tuple[str, str | None, bool]:
        char = self._take()
        if char in _CLASSES and char:
            return f"[{_CLASSES[char]}]", None, False
        if char.lower() in _CLASSES and char:
            return f"[^{_CLASSES[char.lower()]}]", None, False
        if char in _CONTROLS and char:
            return _CONTROLS[char], None, False
        if not char or char.isalnum():
            message = f"has \\{char}, which not every engine has; give \\d, \\w, \\s or a class [ ]"
            raise PatternError(message)
        return _literal(char), char, False

    def _class(self) -> str:
        parts = ["["]
        if self.peek() == "^":
            parts.append(self._take())
        is_empty = True
        while (char := self._take()) != "]" or is_empty:
            if not char:
                message = "has a [ that is not closed"
                raise PatternError(message)
            if char == "[" and self.peek() in (":", ".", "="):
                message = "has a class such as [:alpha:]; give the characters, such as [A-Za-z]"
                raise PatternError(message)
            is_empty = False
            first = self._member(char)
            is_range = self.peek() == "-" and self._text[self._at + 1 :][:1] not in ("]", "")
            if not _is_one(first) or not is_range:
                parts.append(first)
                continue
            self._take()
            last = self._member(self._take())
            if not _is_one(last) or _plain(first) > _plain(last):
                message = f"has the range {_plain(first)}-{_plain(last)}, which is not one"
                raise PatternError(message)
            parts.append(f"{first}-{last}")
        return "".join((*parts, "]"))

    def _member(self, char: str) -> str:
        if char != "\\":
            return f"\\{char}" if char in _IN_CLASS else char
        escaped = self._take()
        if escaped in _CLASSES and escaped:
            return _CLASSES[escaped]
        if escaped in _CONTROLS and escaped:
            return _CONTROLS[escaped]
        if not escaped or escaped.isalnum():
            message = f"has \\{escaped} in a class, which not every engine has"
            raise PatternError(message)
        return f"\\{escaped}" if escaped in _IN_CLASS else escaped

    def _times(self) -> str:
        char = self.peek()
        if char in ("*", "+", "?"):
            times = self._take()
        elif char == "{":
            times = self._number_of_times()
        else:
            return ""
        if self.peek() in ("?", "+", "*", "{"):
            message = (
                f"has {times}{self.peek()}, which engines read differently; "
                "give a class without what ends it, such as [^]]*"
            )
            raise PatternError(message)
        return times

    def _number_of_times(self) -> str:
        end = self._text.find("}", self._at)
        inner = self._text[self._at + 1 : max(end, self._at + 1)]
        least, comma, most = inner.partition(",")
        if end < 0 or not least.isdecimal() or not (most.isdecimal() or not most):
            message = "has a { that is not {n}, {n,} or {n,m}; write \\{ for the character"
            raise PatternError(message)
        if max(int(least), int(most or 0)) > _MOST or (most and int(most) < int(least)):
            message = f"repeats {{{inner}}} times; give numbers up to {_MOST}"
            raise PatternError(message)
        self._at = end + 1
        return f"{{{int(least)}{comma}{int(most) if most else ''}}}"


def _is_one(member: str) -> bool:
    """Return whether a member of a class is one character, which may be escaped."""
    return len(member) == 1 + member.startswith("\\")


def _plain(member: str) -> str:
    return member[-1]


def _literal(char: str) -> str:
    return f"\\{char}" if char in _SPECIAL else char


def _require_apart(words: list[str | None]) -> None:
    """Raise unless alternatives are texts of which none begins another.

    RE2 and Java take the first alternative that fits, POSIX the longest.
    """
    known = [word for word in words if word]
    if len(known) < len(words) or any(a is not b and b.startswith(a) for a in known for b in known):
        message = (
            "has alternatives (|) that are not plain texts of which none begins another; "
            "engines read others differently"
        )
        raise PatternError(message)
