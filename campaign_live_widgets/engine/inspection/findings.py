"""What an inspection finds."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Column:
    """A column or a path of some rows.

    Attributes
    ----------
    name : str
        As it is in the source; not to be shown as it is.
    kind : str
        ``address``, ``time``, ``number``, ``flag``, ``JSON``, ``text`` or ``empty``.
    values : tuple of str
        The values of the sample, none blank; not to be shown.
    filled : float
        The share of rows of the sample that have a value.
    """

    name: str
    kind: str
    values: tuple[str, ...]
    filled: float


@dataclass(slots=True)
class Group:
    """Files of one form, or a table.

    Attributes
    ----------
    form : str
        Such as ``CSV`` or ``table``.
    format : str or None
        The format that was recognised.
    names : list of str
        The files' paths below the source, or the table's name.
    columns : list of Column
    rows, events, ignored : int
        Rows of the sample that were read, and their counts.
    rejected : dict of str to int
        Cause → rows of the sample that were rejected for it.
    is_mapped : bool
        Whether a mapping reads them.
    problem : str
        Why they cannot be read.
    """

    form: str
    format: str | None
    names: list[str]
    columns: list[Column] = field(default_factory=list)
    rows: int = 0
    events: int = 0
    ignored: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    is_mapped: bool = False
    problem: str = ""

    @property
    def is_table(self) -> bool:
        """Return whether it is a table."""
        return self.form == "table"


@dataclass(slots=True)
class Inspection:
    """What is in a source.

    Attributes
    ----------
    groups : list of Group
    notes : list of str
    """

    groups: list[Group]
    notes: list[str] = field(default_factory=list)
