"""Base class of event formats: their fields, and how rows become canonical events."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets import catalog

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

CHANNELS: Final = catalog.CHANNELS
EVENT_TYPES: Final = (
    "targeted",
    "excluded",
    "error",
    "sent",
    "delivered",
    "delay",
    "bounce",
    "open",
    "click",
    "unsubscribe",
    "spam_complaint",
    "action",
)
REQUIRED: Final = (
    "event_id",
    "timestamp",
    "campaign_id",
    "message_id",
    "channel",
    "profile_id",
    "event_type",
)
LATER_EVENT_TYPES: Final = ("impression", "dismiss", "conversion")
"""Types of events that are not counted yet: their rows are ignored."""
FORMATS: Final[dict[str, Format]] = {}
"""Every format by name, in the order of detection."""


class Format(ABC):
    """A vendor's format of events.

    A subclass defines its fields and the SQL that maps a row to events. Defining the subclass
    registers it.

    Attributes
    ----------
    fields : mapping of str to tuple of str
        Raw field → the dotted paths where it may be, as the vendor spells them; in a file the
        case of names may differ. The first one that is not null is used. ``name.*`` is an object
        in JSON that has all columns whose names begin with ``name.``, if a file has such.
    natives : mapping of str to str
        Which of them are a ``time`` or a ``flag`` (boolean); all others are text.
    inside : tuple of str or None
        Names of the wrappers around an event in JSON, from the outside: each may be an object,
        a list, or JSON as text; ``name.*`` is every value of the object ``name``. Lists
        are flattened automatically. Wrapper names are case-sensitive. ``None`` if events have
        no wrapper and names may be in any case.
    names : tuple of str
        Names inside fields that are JSON, as the vendor spells them; see ``fields``.
    given : mapping of str to str
        Canonical column → the raw field that decides it where it has a value: what a mapping
        sets in its place.
    """

    fields: ClassVar[Mapping[str, tuple[str, ...]]]
    natives: ClassVar[Mapping[str, str]]
    inside: ClassVar[tuple[str, ...] | None] = None
    names: ClassVar[tuple[str, ...]] = ()
    given: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls, *, name: str | None) -> None:
        """Register the format under *name*; ``None`` for a base of formats."""
        if name is None:
            return
        if name in FORMATS:
            message = f"format {name!r} is already taken by {type(FORMATS[name]).__name__}."
            raise TypeError(message)
        cls.name = name
        FORMATS[name] = cls()

    name: ClassVar[str]

    @abstractmethod
    def recognises(self, paths: Collection[str]) -> bool:
        """Return whether a file with these dotted, lower-case paths is in this format."""

    @abstractmethod
    def events(self, raw: str, *, complete: Collection[str], native: Collection[str]) -> str:
        """Return SQL that turns rows of *raw* into canonical events.

        Parameters
        ----------
        raw : str
            A relation with ``file``, ``row``, ``place``, ``broken`` (why the row cannot be
            read, or null) and the format's fields: text that is never blank, or null.
        complete : collection of str
            Fields that are never null according to the file's statistics: they need no check.
        native : collection of str
            Fields that are a time or a boolean in the file.

        Returns
        -------
        str
            SQL for ``file``, ``row``, ``place``, ``part`` (1 for the first event of a row, 0
            for a row that has none), the canonical columns with ``us`` (microseconds since the
            epoch) for the timestamp, and ``cause``: why the row is rejected, or null.
        """

    def with_campaign(self, value: str) -> Format:
        """Return the format with the SQL *value* as campaign of rows that have none."""
        return _Completed.of(self, value)

    def faults(
        self,
        *,
        complete: Collection[str],  # noqa: ARG002 - of a format that knows them
        native: Collection[str],  # noqa: ARG002
    ) -> tuple[str, ...] | None:
        """Return conditions of which one is true for each row that is rejected or ignored.

        They are about the columns that :meth:`events` returns, with the same parameters. Each
        compares one column, so that searching for a single row of it is quick. By default, and
        where columns alone do not show it, ``None``.
        """
        return None


class _Completed(Format, name=None):
    """A format whose campaign is one field, for rows without it."""

    base: ClassVar[Format]
    value: ClassVar[str]

    @classmethod
    def of(cls, base: Format, value: str) -> Format:
        """Return *base* with *value* as campaign of rows that have none."""
        members = {
            "name": base.name,
            "base": base,
            "value": value,
            "fields": base.fields,
            "natives": base.natives,
            "inside": base.inside,
            "given": base.given,
        }
        kind: type[Format] = type("Completed", (cls,), members, name=None)
        return kind()

    def recognises(self, paths: Collection[str]) -> bool:
        """Return whether the format itself recognises it."""
        return self.base.recognises(paths)

    def events(self, raw: str, *, complete: Collection[str], native: Collection[str]) -> str:
        """Return SQL that maps the rows; see :meth:`Format.events`."""
        field = self.given["campaign_id"]
        rows = f"(SELECT * REPLACE (coalesce({field}, {self.value}) AS {field}) FROM {raw})"
        return self.base.events(rows, complete=complete, native=native)

    def faults(
        self, *, complete: Collection[str], native: Collection[str]
    ) -> tuple[str, ...] | None:
        """Return conditions of rejected rows; see :meth:`Format.faults`."""
        return self.base.faults(complete=complete, native=native)
