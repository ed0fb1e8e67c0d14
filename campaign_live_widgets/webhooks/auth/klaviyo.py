"""Klaviyo's system webhooks: an HMAC over the unchanged body and the time.

See Klaviyo's guide "Working with system webhooks": the time is the text of its header, a date of
HTTP, and the id of the webhook in a header is that in the body.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.webhooks.auth.base import (
    Route,
    Verified,
    replay_key,
)
from campaign_live_widgets.webhooks.errors import unauthenticated
from campaign_live_widgets.webhooks.parsing import parse_object

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIGNATURE: Final = "Klaviyo-Signature"
_TIME: Final = "Klaviyo-Timestamp"
_WEBHOOK: Final = "Klaviyo-Webhook-Id"


class Klaviyo(Route, name="klaviyo"):
    """Up to a thousand events a request, signed with the secret key of the webhook."""

    variable = "CAMPAIGN_LIVE_KLAVIYO_KEYS"
    expected_value = "the secret key of the webhook; separate several by commas"

    def check_headers(self, headers: Mapping[str, str]) -> None:
        """Raise if the signature is missing, or its time is not recent."""
        if _SIGNATURE not in headers:
            line = f"the header {_SIGNATURE} is missing; only system webhooks are signed"
            raise unauthenticated(line)
        self._signed_at(headers)

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Verified:
        """Accept the body, if its signature matches one of the keys."""
        signed = body + headers[_TIME].encode()
        if not self.is_signed(signed, headers[_SIGNATURE]):
            raise unauthenticated("the signature matches none of the keys")
        posted = parse_object(body)
        meta = posted.get("meta")
        named = meta.get("klaviyo_webhook_id") if isinstance(meta, dict) else None
        if _WEBHOOK in headers and headers[_WEBHOOK] != named:
            raise unauthenticated("the webhook that is named in the header is not that of the body")
        return Verified(
            rows=[{"data": posted.get("data")}],
            replay_key=replay_key(signed),
            expires_at=self._signed_at(headers) + self.limits.tolerance,
        )

    def _signed_at(self, headers: Mapping[str, str]) -> float:
        """Return the signed time in seconds since the epoch; raise if it is not recent."""
        text = headers.get(_TIME, "")
        if text.isdecimal():
            return self.parse_signed_time(text)
        try:
            signed_at = parsedate_to_datetime(text)
        except ValueError:
            raise unauthenticated("the signed time is missing or not a date of HTTP") from None
        return self.check_age(signed_at.timestamp(), self.limits.tolerance)
