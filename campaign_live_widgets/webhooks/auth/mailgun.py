"""Mailgun's webhooks: an HMAC over a time and a token, both in the body.

See Mailgun's user manual, "Securing webhooks". The signature does not cover the event: a token
must not be accepted twice, or an observer of one request could post other events with it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from campaign_live_widgets.webhooks.auth.base import (
    Route,
    Verified,
    replay_key,
)
from campaign_live_widgets.webhooks.errors import invalid_body, unauthenticated
from campaign_live_widgets.webhooks.limits import MIB
from campaign_live_widgets.webhooks.parsing import parse_object

if TYPE_CHECKING:
    from collections.abc import Mapping


class Mailgun(Route, name="mailgun"):
    """One event a request, with its signature beside it."""

    variable = "CAMPAIGN_LIVE_MAILGUN_KEYS"
    expected_value = "the webhook signing key; separate several by commas"
    max_body = MIB
    replay_status = 406
    """Not Acceptable: the only status after which Mailgun does not retry."""

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Verified:  # noqa: ARG002
        """Return the event, if its token is signed with one of the keys."""
        posted = parse_object(body)
        fields = posted.get("signature")
        time, token = (_text(fields, name) for name in ("timestamp", "token"))
        # for a subaccount's domain, the primary account has signed as well
        signatures = [_text(fields, name) for name in ("signature", "parent-signature")]
        if not (time and token and any(signatures)):
            raise unauthenticated("the body has no signature with a time and a token")
        signed = f"{time}{token}".encode(errors="replace")
        if not self.is_signed(signed, *signatures):
            raise unauthenticated("the signature matches none of the keys")
        signed_at = self.parse_signed_time(time)
        if "event-data" not in posted:
            raise invalid_body("the body has no event-data")
        return Verified(
            rows=[{"event-data": posted["event-data"]}],
            replay_key=replay_key(token.encode(errors="replace")),
            expires_at=signed_at + self.limits.tolerance,
        )


def _text(fields: Any, name: str) -> str:  # noqa: ANN401 - any JSON value
    value = fields.get(name) if isinstance(fields, dict) else None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else ""
