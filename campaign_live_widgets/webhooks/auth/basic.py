"""Routes that authenticate by a shared secret: basic authentication, or a bearer token."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, ClassVar

from campaign_live_widgets.webhooks.auth.base import JSON_TYPES, Route, Verified, matches_any
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
        if not matches_any([secret], [valid.encode() for valid in self.secrets]):
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


class Brevo(_BasicRoute, name="brevo"):
    """Brevo: it signs nothing; user and password are in the address of the webhook."""

    variable = "CAMPAIGN_LIVE_BREVO_LOGINS"


class Mailjet(_BasicRoute, name="mailjet"):
    """Mailjet: it signs nothing; user and password are in the address of the webhook."""

    variable = "CAMPAIGN_LIVE_MAILJET_LOGINS"


class _BearerRoute(_AuthorizationRoute):
    scheme = "Bearer"
    expected_value = "a token; separate several by commas"


class Braze(_BearerRoute, name="braze"):
    """Braze's Currents, with the token of its custom HTTP connector."""

    variable = "CAMPAIGN_LIVE_BRAZE_TOKENS"


class OneSignal(_BearerRoute, name="onesignal"):
    """OneSignal's event streams, with a header that the sender adds."""

    variable = "CAMPAIGN_LIVE_ONESIGNAL_TOKENS"


class Iterable(_BearerRoute, name="iterable"):
    """Iterable's system webhooks, with the token of any of its kinds of authentication.

    Iterable puts the token as it is behind the name of the kind, or alone.
    """

    variable = "CAMPAIGN_LIVE_ITERABLE_TOKENS"

    def check_headers(self, headers: Mapping[str, str]) -> None:
        """Raise if the header does not contain one of the tokens."""
        token = headers.get("Authorization", "").strip().rpartition(" ")[2]
        super().check_headers({"Authorization": f"{self.scheme} {token}"})


class Events(_BearerRoute, name="events", format="canonical"):
    """Canonical events from your own programs."""

    variable = "CAMPAIGN_LIVE_EVENTS_TOKENS"
    content_types = JSON_TYPES | {
        "application/x-ndjson",
        "application/ndjson",
        "application/jsonl",
    }
    accepts_ndjson = accepts_gzip = True
