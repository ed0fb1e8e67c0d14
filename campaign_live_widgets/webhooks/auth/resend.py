"""Resend's webhooks: Standard Webhooks, with Svix's names of the headers.

See Resend's documentation "Verify webhooks requests". The signature is over the id of the message,
the time of this attempt and the unchanged body.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from standardwebhooks import Webhook

from campaign_live_widgets.webhooks.auth.base import Route, Verified, matches_any, replay_key
from campaign_live_widgets.webhooks.errors import invalid_body, unauthenticated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from campaign_live_widgets.webhooks.limits import Limits

_ID: Final = "svix-id"
_TIME: Final = "svix-timestamp"
_SIGNATURES: Final = "svix-signature"
_PREFIX: Final = "whsec_"


class Resend(Route, name="resend"):
    """One event a request, of a mail, a contact or a domain."""

    variable = "CAMPAIGN_LIVE_RESEND_SECRETS"
    expected_value = f"the signing secret of the webhook ({_PREFIX}…); separate several by commas"
    stores_other_rows = True

    def __init__(self, secrets: Sequence[str], limits: Limits, clock: Callable[[], float]) -> None:
        super().__init__(secrets, limits, clock)
        try:
            self._hooks = [Webhook(secret) for secret in self.secrets]
        except Exception:  # noqa: BLE001 - its errors, and those of the decoder
            raise self.invalid_secret() from None
        if not all(secret.startswith(_PREFIX) for secret in self.secrets):
            raise self.invalid_secret()

    def check_headers(self, headers: Mapping[str, str]) -> None:
        """Raise if the signature is missing, or its time is not recent."""
        for name in (_ID, _SIGNATURES):
            if not headers.get(name):
                raise unauthenticated(f"the header {name} is missing")
        self.parse_signed_time(headers.get(_TIME, ""))

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Verified:
        """Accept the body, if one of its signatures matches one of the secrets."""
        try:
            content = body.decode()
        except ValueError:
            raise invalid_body("the body is not UTF-8") from None
        signed_at = datetime.fromtimestamp(float(headers[_TIME]), UTC)
        # The library signs, and the age has been checked: its own limit cannot be set.
        valid = [hook.sign(headers[_ID], signed_at, content).encode() for hook in self._hooks]
        given = [text.encode(errors="replace") for text in headers[_SIGNATURES].split()]
        if not matches_any(given, valid):
            raise unauthenticated("the signature matches none of the secrets")
        return Verified(
            replay_key=replay_key(headers[_ID].encode(), headers[_TIME].encode(), body),
            expires_at=signed_at.timestamp() + self.limits.tolerance,
        )
