"""What a table guarantees of its rows: what is promised is not checked again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.sources.formats.base import REQUIRED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class Promises:
    """What a database guarantees of every row of a table, by the names of canonical columns.

    Attributes
    ----------
    not_null : frozenset of str
        Columns that are never null.
    filled : frozenset of str
        Columns that are never blank; they may be null.
    valid : frozenset of str
        Columns whose values are all in their list, or of ``timestamp`` in the years 1 to 9999; they
        may be null.
    """

    not_null: frozenset[str] = frozenset()
    filled: frozenset[str] = frozenset()
    valid: frozenset[str] = frozenset()

    def is_never_missing(self, column: str) -> bool:
        """Return whether a column, of texts, is never null or blank."""
        return column in self.not_null and (column in self.filled or column in self.valid)

    def lines(self) -> Iterator[str]:
        """Yield what is promised, in words."""
        never = [column for column in REQUIRED if self.is_never_missing(column)]
        if len(never) == len(REQUIRED):
            yield "no required value is missing"
        elif never:
            yield f"{_listed(never)} never missing"
        lists = sorted(self.valid - {"timestamp"})
        if lists:
            yield f"{_listed(lists)} in the list"
        if "timestamp" in self.valid:
            yield "timestamp is a time"


NO_PROMISES: Final = Promises()


def _listed(columns: Iterable[str]) -> str:
    """Return names as the subject of a sentence, with its verb."""
    *first, last = columns
    return f"{', '.join(first)} and {last} are" if first else f"{last} is"
