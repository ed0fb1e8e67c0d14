"""Routes whose sender shows a password: basic authentication, or a bearer token."""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING, ClassVar

from campaign_live_widgets.webhooks.auth.base import JSON_TYPES, Route, Verified
from campaign_live_widgets.webhooks.errors import unproven

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from campaign_live_widgets.webhooks.limits import Limits


class _Shown(Route):
    """What it has to show stands in the header ``Authorization``."""

    scheme: ClassVar[str]

    def admit(self, headers: Mapping[str, str]) -> None:
        """Raise where the header does not show one of the secrets."""
        scheme, _, shown = headers.get("Authorization", "").partition(" ")
        given = self.secret_in(shown.strip()) if scheme.lower() == self.scheme.lower() else b""
        # every one is compared, in constant time each: how long it takes tells nothing
        if not any([hmac.compare_digest(given, secret.encode()) for secret in self.secrets]):  # noqa: C419
            raise unproven(f"the {self.scheme} credentials are missing or wrong", self.scheme)

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Verified:  # noqa: ARG002
        """Return that the body is to be read: the headers have told all."""
        return Verified()

    def secret_in(self, shown: str) -> bytes:
        """Return the secret in what follows the scheme; nothing where it cannot be one."""
        return shown.encode(errors="replace")


class _Basic(_Shown):
    scheme = "Basic"
    holds = "user:password, several of them with commas between"

    def __init__(self, secrets: Sequence[str], limits: Limits, clock: Callable[[], float]) -> None:
        super().__init__(secrets, limits, clock)
        if not all(all(secret.partition(":")[::2]) for secret in self.secrets):
            raise self.unusable()

    def secret_in(self, shown: str) -> bytes:
        """Return ``user:password``."""
        try:
            return base64.b64decode(shown, validate=True)
        except ValueError:
            return b""


class Postmark(_Basic, name="postmark"):
    """Postmark: it signs nothing, and shows the password in its address of the webhook."""

    variable = "CAMPAIGN_LIVE_POSTMARK_LOGINS"


class SparkPost(_Basic, name="sparkpost"):
    """SparkPost, with basic authentication as its webhooks offer it."""

    variable = "CAMPAIGN_LIVE_SPARKPOST_LOGINS"


class Events(_Shown, name="events", format="canonical"):
    """Canonical events from programs of one's own."""

    scheme = "Bearer"
    variable = "CAMPAIGN_LIVE_EVENTS_TOKENS"
    holds = "a token, several of them with commas between"
    types = JSON_TYPES | {"application/x-ndjson", "application/ndjson", "application/jsonl"}
    lines = packed = True
