"""Mailgun's webhooks: an HMAC over a time and a token, both in the body.

After Mailgun's user manual, "Securing webhooks". The signature does not cover the event: a
token must not count twice, or whoever has seen one could send events of their own with it.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any

from campaign_live_widgets.webhooks.auth.base import Route, Verified, key_of
from campaign_live_widgets.webhooks.errors import unproven, unreadable
from campaign_live_widgets.webhooks.limits import MIB
from campaign_live_widgets.webhooks.parsing import one_object

if TYPE_CHECKING:
    from collections.abc import Mapping


class Mailgun(Route, name="mailgun"):
    """One event a request, with its signature beside it."""

    variable = "CAMPAIGN_LIVE_MAILGUN_KEYS"
    holds = "the webhook signing key, several of them with commas between"
    largest = MIB
    replayed = 406
    """Not Acceptable: Mailgun does not try again after it, and does after any other."""

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Verified:  # noqa: ARG002
        """Return the event, where its token is signed with one of the keys."""
        posted = one_object(body)
        signature = posted.get("signature")
        time, token, shown = (_text(signature, n) for n in ("timestamp", "token", "signature"))
        if not (time and token and shown):
            raise unproven("the body holds no signature of a time and a token")
        said = f"{time}{token}".encode(errors="replace")
        given = shown.lower().encode(errors="replace")
        if not any([hmac.compare_digest(given, _signed(key, said)) for key in self.secrets]):  # noqa: C419 - as long for each
            raise unproven("the signature is by none of the keys")
        at = self.fresh(time)
        if "event-data" not in posted:
            raise unreadable("the body holds no event-data")
        return Verified(
            values=[{"event-data": posted["event-data"]}],
            key=key_of(token.encode(errors="replace")),
            until=at + self.limits.tolerance,
        )


def _signed(key: str, said: bytes) -> bytes:
    return hmac.new(key.encode(), said, hashlib.sha256).hexdigest().encode()


def _text(value: Any, name: str) -> str:  # noqa: ANN401 - whatever the body holds
    found = value.get(name) if isinstance(value, dict) else None
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return found if isinstance(found, str) else ""
