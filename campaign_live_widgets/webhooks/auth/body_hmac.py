"""MailerSend and Mailtrap: an HMAC over the unchanged body, in a header.

See MailerSend's reference of webhooks, "Security", and Mailtrap's documentation of webhooks. No
time is signed: a request that is sent again later adds no event that is not stored already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from campaign_live_widgets.webhooks.auth.base import (
    JSON_TYPES,
    Route,
    Verified,
    replay_key,
)
from campaign_live_widgets.webhooks.errors import unauthenticated

if TYPE_CHECKING:
    from collections.abc import Mapping


class _BodyRoute(Route):
    """A route whose header has the HMAC-SHA256 of the body, in hexadecimal digits."""

    header: ClassVar[str]
    expected_value = "the signing secret of the webhook; separate several by commas"

    def check_headers(self, headers: Mapping[str, str]) -> None:
        """Raise if the signature is missing."""
        if self.header not in headers:
            raise unauthenticated(f"the header {self.header} is missing")

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Verified:
        """Accept the body, if its signature matches one of the secrets."""
        if not self.is_signed(body, headers[self.header]):
            raise unauthenticated("the signature matches none of the secrets")
        return Verified(
            replay_key=replay_key(body), expires_at=self.clock() + self.limits.tolerance
        )


class MailerSend(_BodyRoute, name="mailersend"):
    """One activity a request, or a message about the account."""

    header = "Signature"
    variable = "CAMPAIGN_LIVE_MAILERSEND_SECRETS"
    stores_other_rows = True


class Mailtrap(_BodyRoute, name="mailtrap"):
    """A list of events, or one event a line."""

    header = "Mailtrap-Signature"
    variable = "CAMPAIGN_LIVE_MAILTRAP_SECRETS"
    content_types = JSON_TYPES | {"application/x-ndjson", "application/jsonl"}
    accepts_ndjson = True
