"""What a format of events is: where its fields are and how they become canonical events."""

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
"""Every format by name, in the order in which recognition tries them."""


class Format(ABC):
    """One vendor's way of writing events down.

    A subclass names its fields and says in SQL what event a row is; making the subclass
    registers it.

    Attributes
    ----------
    fields : mapping of str to tuple of str
        Raw field → dotted paths it may stand at, as the vendor spells them; files may spell
        them in any case. The first that is not null wins.
    natives : mapping of str to str
        Which of them are a ``time`` or a ``flag``; all others are text.
    inside : tuple of str or None
        What an event may be wrapped in where it stands in JSON, from the outside: names of
        what holds it (an object, a list, JSON as text), ``name.*`` where any name below may.
        Lists are opened by themselves. Names are spelled in one way. ``None`` where events
        stand as they are, and names in any case.
    """

    fields: ClassVar[Mapping[str, tuple[str, ...]]]
    natives: ClassVar[Mapping[str, str]]
    inside: ClassVar[tuple[str, ...] | None] = None

    def __init_subclass__(cls, *, name: str) -> None:
        """Register the format under *name*."""
        if name in FORMATS:
            message = f"Format {name!r} is already taken by {type(FORMATS[name]).__name__}."
            raise TypeError(message)
        cls.name = name
        FORMATS[name] = cls()

    name: ClassVar[str]

    @abstractmethod
    def recognises(self, paths: Collection[str]) -> bool:
        """Tell from its dotted, lower-case paths whether a file is in this format."""

    @abstractmethod
    def events(self, raw: str, *, complete: Collection[str], native: Collection[str]) -> str:
        """Return SQL that turns rows of *raw* into canonical events.

        Parameters
        ----------
        raw : str
            A relation with ``file``, ``row``, ``place``, ``broken`` (why the row cannot be
            read, or null) and the format's fields: text that is never blank, or null.
        complete : collection of str
            Fields that are never null: the file vouches for it, so that they need no look.
        native : collection of str
            Fields that the file types as a time or a truth value.

        Returns
        -------
        str
            SQL for ``file``, ``row``, ``place``, ``part`` (1 for the first event of a row, 0
            for a row that carries none), the canonical columns with ``us`` (microseconds since the
            epoch) for the timestamp, and ``cause``: why the row is refused, or null.
        """
