"""The detail of an event: several values that are counted together, packed into one text.

A bounce or a delay has its domain, its reason and its status code; a click its link and how a
machine was recognised; an open by a machine how it was recognised. Events of other types have none.
In a snapshot, the family of mailbox providers takes the place of the domain.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from campaign_live_widgets.catalog.providers import Families

SEPARATOR: Final = "\x1f"
"""Between two values; in a value, a space takes its place."""
MARK: Final = "="
"""Before a value that is there; a value that is missing is an empty text."""
FAILURES: Final = ("bounce", "delay")
"""Event types whose detail is a :class:`Failure`."""


class Failure(NamedTuple):
    """The detail of a bounce or a delay."""

    domain: str | None
    reason: str | None
    status_code: str | None


class ProviderFailure(NamedTuple):
    """The detail of a bounce or a delay in a snapshot: the family of mailbox providers is known."""

    provider: str
    reason: str | None
    status_code: str | None


class Click(NamedTuple):
    """The detail of a click; the reason is only there for a machine."""

    link: str | None
    machine_reason: str | None


class MachineOpen(NamedTuple):
    """The detail of an open by a machine."""

    machine_reason: str | None


def packed(values: tuple[str | None, ...]) -> str:
    """Return values as one text."""
    return SEPARATOR.join(
        "" if value is None else MARK + value.replace(SEPARATOR, " ") for value in values
    )


@lru_cache(maxsize=4096)
def unpacked(text: str) -> tuple[str | None, ...]:
    """Return the values of :func:`packed`."""
    return tuple(part.removeprefix(MARK) if part else None for part in text.split(SEPARATOR))


def at_provider(text: str | None, families: Families) -> str | None:
    """Return a packed detail in which the domain of a :class:`Failure` is folded."""
    # There are very many of these, so that not all values are unpacked.
    if text is None or text.count(SEPARATOR) != len(Failure._fields) - 1:
        return text
    domain, _, others = text.partition(SEPARATOR)
    family = families.family(domain.removeprefix(MARK) if domain else None)
    return f"{packed((family,))}{SEPARATOR}{others}"
