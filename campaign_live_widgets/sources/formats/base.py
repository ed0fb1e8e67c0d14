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
        case of names may differ. The first one that is not null is used.
    natives : mapping of str to str
        Which of them are a ``time`` or a ``flag`` (boolean); all others are text.
    inside : tuple of str or None
        Names of the wrappers around an event in JSON, from the outside: each may be an object,
        a list, or JSON as text; ``name.*`` is every value of the object ``name``. Lists
        are flattened automatically. Wrapper names are case-sensitive. ``None`` if events have
        no wrapper and names may be in any case.
    """

    fields: ClassVar[Mapping[str, tuple[str, ...]]]
    natives: ClassVar[Mapping[str, str]]
    inside: ClassVar[tuple[str, ...] | None] = None

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
