"""What a route is: who may post to it, how that is shown, and what the body holds."""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.webhooks.errors import RefusedError, unproven

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from campaign_live_widgets.webhooks.limits import Limits

JSON_TYPES: Final = frozenset({"application/json", "text/json"})
_SECONDS: Final = re.compile(r"[0-9]{1,12}")
ROUTES: Final[dict[str, type[Route]]] = {}
"""Every route by name; the name is its path, and what its rows are said to be from."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A request that is the vendor's.

    Attributes
    ----------
    values : list or None
        The rows, where they had to be read to know who sent them; else the body holds them.
    key : bytes or None
        What the same request has again when it is replayed; null where nothing tells.
    until : float
        When its own time is too old, so that *key* may be forgotten.
    instead : callable or None
        What is done where it brings no rows: a subscription to confirm.
    """

    values: list[Any] | None = None
    key: bytes | None = None
    until: float = 0.0
    instead: Callable[[], Awaitable[dict[str, object]]] | None = None


class Route(ABC):
    """One way in. A subclass says who may take it; making the subclass registers it.

    Parameters
    ----------
    secrets : sequence of str
        What its variable of the environment holds, in parts: each of them counts.
    limits : Limits
    clock : callable
        Returns the time now, in seconds since the epoch.

    Attributes
    ----------
    format : str
        The format that its rows are in.
    variable, holds : str
        The variable of the environment that opens it, and what that has to hold.
    largest : int or None
        Bytes of a body where they are fewer than the door's; for those that have to be read
        before anybody knows who sent them.
    types : frozenset of str
        What its ``Content-Type`` may be; none at all always passes.
    lines, packed : bool
        Whether it also takes one value a line; whether it takes gzip.
    foreign : bool
        Whether what is no event of the format goes to the store as well, to be counted there.
    replayed : int
        The status of what has come already.
    """

    name: ClassVar[str]
    format: ClassVar[str]
    variable: ClassVar[str]
    holds: ClassVar[str]
    largest: ClassVar[int | None] = None
    types: ClassVar[frozenset[str]] = JSON_TYPES
    lines: ClassVar[bool] = False
    packed: ClassVar[bool] = False
    foreign: ClassVar[bool] = False
    replayed: ClassVar[int] = 409

    def __init_subclass__(cls, *, name: str = "", format: str = "") -> None:  # noqa: A002
        """Register the route under *name*, of rows in *format*; by default of the same name."""
        if name:
            cls.name, cls.format = name, format or name
            ROUTES[name] = cls

    def __init__(self, secrets: Sequence[str], limits: Limits, clock: Callable[[], float]) -> None:
        self.limits, self.clock = limits, clock
        self.secrets = tuple(secrets)

    @property
    def shown(self) -> str:
        """Return what those are told who run it: what is set, never the value."""
        return f"{self.variable} is set ({len(self.secrets)})"

    def admit(self, headers: Mapping[str, str]) -> None:  # noqa: B027 - most have nothing to say
        """Raise where the headers alone tell that the request is not the vendor's."""

    @abstractmethod
    async def verify(self, headers: Mapping[str, str], body: bytes) -> Verified:
        """Return what the request brings, or raise where it is not the vendor's."""

    def unusable(self) -> UsageError:
        """Return the error of a secret that cannot be one; it never shows the value."""
        return UsageError(f"{self.variable}: cannot be used; it holds {self.holds}")

    def fresh(self, text: str, *, past: float | None = None) -> float:
        """Return a signed time, or raise where it is too far from now."""
        if not _SECONDS.fullmatch(text):
            raise unproven("the signed time is missing or no number of seconds")
        return self.near(float(text), past=past)

    def near(self, at: float, *, past: float | None = None) -> float:
        """Return a time, or raise where it is too far from now."""
        now = self.clock()
        if not now - (past or self.limits.tolerance) <= at <= now + self.limits.tolerance:
            line = "the signed time is too far from now; are the clocks right?"
            raise RefusedError(401, "stale", line)
        return at


def opened(
    environment: Mapping[str, str], limits: Limits, clock: Callable[[], float]
) -> dict[str, Route]:
    """Return the routes whose variable of the environment is set.

    Raises
    ------
    UsageError
        Where one holds what cannot be its secret, or none is set.
    """
    found = {}
    for name, kind in ROUTES.items():
        given = environment.get(kind.variable, "")
        secrets = [part.strip() for part in given.split(",") if part.strip()]
        if secrets:
            found[name] = kind(secrets, limits, clock)
    if not found:
        names = ", ".join(kind.variable for kind in ROUTES.values())
        message = f"no route is open: set at least one of the variables {names}"
        raise UsageError(message)
    return found


def key_of(*parts: bytes) -> bytes:
    """Return a short key for what must not come twice."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()
