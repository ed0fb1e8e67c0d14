"""What a route is: how the sender of a request is verified, and what its body may contain."""

from __future__ import annotations

import hashlib
import hmac
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, ClassVar, Final

from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.webhooks.errors import RequestRejectedError, unauthenticated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from campaign_live_widgets.webhooks.limits import Limits

JSON_TYPES: Final = frozenset({"application/json", "text/json"})
_SECONDS: Final = re.compile(r"[0-9]{1,12}")
ROUTES: Final[dict[str, type[Route]]] = {}
"""Every route by name. The name is its path, and the file name of its rejected rows."""


@dataclass(frozen=True, slots=True)
class Verified:
    """A request that is proven to be from the vendor.

    Attributes
    ----------
    rows : list or None
        The rows, if the body had to be parsed for the verification; else ``None``.
    replay_key : bytes or None
        Identifies the request if it is replayed; ``None`` if nothing in it does.
    expires_at : float
        Time at which a replay is too old to be accepted, so that the key may be forgotten.
    action : callable or None
        What to do with a request that has no rows, such as confirming a subscription.
    """

    rows: list[Any] | None = None
    replay_key: bytes | None = None
    expires_at: float = 0.0
    action: Callable[[], Awaitable[dict[str, object]]] | None = None


class Route(ABC):
    """A path to which one vendor posts. Defining a subclass registers it.

    Parameters
    ----------
    secrets : sequence of str
        The values of the route's environment variable; each of them is accepted.
    limits : Limits
    clock : callable
        Returns the current time, in seconds since the epoch.

    Attributes
    ----------
    format : str
        Format of its rows.
    variable, expected_value : str
        The environment variable that opens the route, and what it has to contain.
    max_body : int or None
        Limit of a body in bytes, if it is lower than the receiver's: for bodies that have to be
        parsed before the sender is verified.
    content_types : frozenset of str
        Accepted values of ``Content-Type``; a request without that header is accepted.
    accepts_ndjson, accepts_gzip : bool
        Whether it accepts one value a line; whether it accepts gzip.
    answers_head : bool
        Whether ``HEAD`` is answered with 200: the vendor asks so whether the address exists.
    stores_other_rows : bool
        Whether rows that are not events of the format go to the store too, to be counted there.
    replay_status : int
        Status of the answer to a replayed request.
    """

    name: ClassVar[str]
    format: ClassVar[str]
    variable: ClassVar[str]
    expected_value: ClassVar[str]
    max_body: ClassVar[int | None] = None
    content_types: ClassVar[frozenset[str]] = JSON_TYPES
    accepts_ndjson: ClassVar[bool] = False
    accepts_gzip: ClassVar[bool] = False
    answers_head: ClassVar[bool] = False
    stores_other_rows: ClassVar[bool] = False
    replay_status: ClassVar[int] = 409

    def __init_subclass__(cls, *, name: str = "", format: str = "") -> None:  # noqa: A002
        """Register the route under *name*; its *format* has the same name by default."""
        if name:
            cls.name, cls.format = name, format or name
            ROUTES[name] = cls

    def __init__(self, secrets: Sequence[str], limits: Limits, clock: Callable[[], float]) -> None:
        self.limits, self.clock = limits, clock
        self.secrets = tuple(secrets)

    @property
    def summary(self) -> str:
        """Return a description for the log: which variable is set, never its value."""
        return f"{self.variable} is set ({len(self.secrets)})"

    def check_headers(self, headers: Mapping[str, str]) -> None:  # noqa: B027 - optional
        """Raise if the headers alone show that the request is not from the vendor."""

    @abstractmethod
    async def verify(self, headers: Mapping[str, str], body: bytes) -> Verified:
        """Verify a request; raise if it is not proven to be from the vendor."""

    def invalid_secret(self) -> UsageError:
        """Return the error of an invalid secret, without the value."""
        return UsageError(f"{self.variable}: invalid value; set it to {self.expected_value}")

    def is_signed(self, content: bytes, *given: str) -> bool:
        """Return whether one of *given* is the HMAC-SHA256 of *content* by one of the secrets.

        *given* are in hexadecimal digits of any case.
        """
        digests = [text.lower().encode(errors="replace") for text in given]
        return matches_any(digests, [_hmac_sha256(key, content) for key in self.secrets])

    def parse_signed_time(self, text: str) -> float:
        """Return a signed time in seconds since the epoch; raise if it is not recent."""
        if not _SECONDS.fullmatch(text):
            raise unauthenticated("the signed time is missing or not a number of seconds")
        return self.check_age(float(text), self.limits.tolerance)

    def check_age(self, signed_at: float, max_age: float) -> float:
        """Return *signed_at*; raise if it is older than *max_age* seconds, or in the future."""
        now = self.clock()
        if not now - max_age <= signed_at <= now + self.limits.tolerance:
            line = "the signed time differs too much from the current time; check both clocks"
            raise RequestRejectedError(401, "stale", line)
        return signed_at


def open_routes(
    environment: Mapping[str, str], limits: Limits, clock: Callable[[], float]
) -> dict[str, Route]:
    """Return the routes whose environment variable is set.

    Raises
    ------
    UsageError
        If a variable has an invalid value, or none is set.
    """
    routes = {}
    for name, route in ROUTES.items():
        value = environment.get(route.variable, "")
        secrets = [part.strip() for part in value.split(",") if part.strip()]
        if secrets:
            routes[name] = route(secrets, limits, clock)
    if not routes:
        names = ", ".join(route.variable for route in ROUTES.values())
        message = f"no route is open: set at least one of the environment variables {names}"
        raise UsageError(message)
    return routes


def _hmac_sha256(key: str, content: bytes) -> bytes:
    """Return the HMAC-SHA256 of a content, in hexadecimal digits."""
    return hmac.new(key.encode(), content, hashlib.sha256).hexdigest().encode()


def matches_any(given: Iterable[bytes], valid: Iterable[bytes]) -> bool:
    """Return whether one of *given* is one of *valid*.

    All are compared, each in constant time: the duration does not reveal which one matches.
    """
    return any([hmac.compare_digest(*pair) for pair in product(given, valid)])  # noqa: C419


def replay_key(*parts: bytes) -> bytes:
    """Return a short key of the parts that identify a request."""
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.digest()
