"""Routes that authenticate by a shared secret: basic authentication, or a bearer token."""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING, ClassVar

from campaign_live_widgets.webhooks.auth.base import JSON_TYPES, Route, Verified
from campaign_live_widgets.webhooks.errors import unauthenticated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from campaign_live_widgets.webhooks.limits import Limits


class _AuthorizationRoute(Route):
    """A route whose secret is in the header ``Authorization``."""

    scheme: ClassVar[str]

    def check_headers(self, headers: Mapping[str, str]) -> None:
        """Raise if the header does not contain one of the secrets."""
        scheme, _, credentials = headers.get("Authorization", "").partition(" ")
        is_scheme = scheme.lower() == self.scheme.lower()
        secret = self.parse_credentials(credentials.strip()) if is_scheme else b""
        # All are compared, each in constant time: the duration reveals nothing.
        if not any([hmac.compare_digest(secret, valid.encode()) for valid in self.secrets]):  # noqa: C419
            line = f"the {self.scheme} credentials are missing or wrong"
            raise unauthenticated(line, self.scheme)

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Verified:  # noqa: ARG002
        """Accept the body: the headers have been checked."""
        return Verified()

    def parse_credentials(self, credentials: str) -> bytes:
        """Return the secret in the credentials; nothing if they are invalid."""
        return credentials.encode(errors="replace")


class _BasicRoute(_AuthorizationRoute):
    scheme = "Basic"
    expected_value = "user:password; separate several by commas"

    def __init__(self, secrets: Sequence[str], limits: Limits, clock: Callable[[], float]) -> None:
        super().__init__(secrets, limits, clock)
        if not all(all(secret.partition(":")[::2]) for secret in self.secrets):
            raise self.invalid_secret()

    def parse_credentials(self, credentials: str) -> bytes:
        """Return ``user:password``."""
        try:
            return base64.b64decode(credentials, validate=True)
        except ValueError:
            return b""


class Postmark(_BasicRoute, name="postmark"):
    """Postmark: it signs nothing; user and password are in the address of the webhook."""

    variable = "CAMPAIGN_LIVE_POSTMARK_LOGINS"


class SparkPost(_BasicRoute, name="sparkpost"):
    """SparkPost, with the basic authentication of its webhooks."""

    variable = "CAMPAIGN_LIVE_SPARKPOST_LOGINS"


class Events(_AuthorizationRoute, name="events", format="canonical"):
    """Canonical events from your own programs."""

    scheme = "Bearer"
    variable = "CAMPAIGN_LIVE_EVENTS_TOKENS"
    expected_value = "a token; separate several by commas"
    content_types = JSON_TYPES | {
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
    }
    accepts_ndjson = accepts_gzip = True
