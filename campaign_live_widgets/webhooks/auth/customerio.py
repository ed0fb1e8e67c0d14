"""Customer.io's reporting webhooks: an HMAC over a version, the time and the unchanged body.

See Customer.io's documentation of webhooks, "Securely verify requests".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from campaign_live_widgets.webhooks.auth.base import (
    Route,
    Verified,
    replay_key,
)
from campaign_live_widgets.webhooks.errors import unauthenticated

if TYPE_CHECKING:
    from collections.abc import Mapping

_SIGNATURE: Final = "X-CIO-Signature"
_TIME: Final = "X-CIO-Timestamp"


class CustomerIo(Route, name="customerio"):
    """One event a request, signed with the signing key of the webhook."""

    variable = "CAMPAIGN_LIVE_CUSTOMERIO_KEYS"
    expected_value = "the signing key of the reporting webhook; separate several by commas"

    def check_headers(self, headers: Mapping[str, str]) -> None:
        """Raise if the signature is missing, or its time is not recent."""
        if _SIGNATURE not in headers:
            line = f"the header {_SIGNATURE} is missing"
            raise unauthenticated(line)
        self.parse_signed_time(headers.get(_TIME, ""))

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Verified:
        """Accept the body, if its signature matches one of the keys."""
        time = headers[_TIME]
        signed = b"v0:" + time.encode() + b":" + body
        if not self.is_signed(signed, headers[_SIGNATURE]):
            raise unauthenticated("the signature matches none of the keys")
        return Verified(
            replay_key=replay_key(signed), expires_at=float(time) + self.limits.tolerance
        )
