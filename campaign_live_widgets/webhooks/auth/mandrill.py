"""Mandrill's webhooks: an HMAC over the address of the webhook and the fields of a form.

See Mailchimp's guide "Authenticating webhook requests". What is signed is the address as it was
entered at Mandrill, then the name and the value of each field, in the order of names. No time is
signed: a request that is sent again later adds no event that is not stored already.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit

from campaign_live_widgets.webhooks.auth.base import Route, Verified, matches_any, replay_key
from campaign_live_widgets.webhooks.errors import invalid_body, unauthenticated
from campaign_live_widgets.webhooks.parsing import parse_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from campaign_live_widgets.webhooks.limits import Limits

_SIGNATURE: Final = "X-Mandrill-Signature"
_EVENTS: Final = "mandrill_events"


class Mandrill(Route, name="mandrill"):
    """A form with a list of events, signed with the key of the webhook."""

    variable = "CAMPAIGN_LIVE_MANDRILL_KEYS"
    expected_value = (
        "KEY@ADDRESS, with the key and the address of the webhook as Mandrill shows them; "
        "separate several by commas"
    )
    content_types = frozenset({"application/x-www-form-urlencoded"})
    answers_head = True
    stores_other_rows = True

    def __init__(self, secrets: Sequence[str], limits: Limits, clock: Callable[[], float]) -> None:
        super().__init__(secrets, limits, clock)
        pairs = [secret.partition("@")[::2] for secret in self.secrets]
        if not all(key and urlsplit(url).scheme in ("http", "https") for key, url in pairs):
            raise self.invalid_secret()
        self._pairs = pairs

    def check_headers(self, headers: Mapping[str, str]) -> None:
        """Raise if the signature is missing."""
        if _SIGNATURE not in headers:
            raise unauthenticated(f"the header {_SIGNATURE} is missing")

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Verified:
        """Return the events, if the form is signed with one of the keys."""
        try:
            fields = dict(parse_qsl(body.decode(), keep_blank_values=True, errors="strict"))
        except ValueError:
            raise invalid_body("the body is not a form") from None
        signed = "".join(name + fields[name] for name in sorted(fields))
        given = headers[_SIGNATURE].encode(errors="replace")
        valid = [_sign(key, url + signed) for key, url in self._pairs]
        if not matches_any([given], valid):
            line = "the signature matches none of the keys with its address"
            raise unauthenticated(line)
        if _EVENTS not in fields:
            raise invalid_body(f"the form has no field {_EVENTS}")
        return Verified(
            rows=parse_rows(fields[_EVENTS].encode()),
            replay_key=replay_key(body),
            expires_at=self.clock() + self.limits.tolerance,
        )


def _sign(key: str, content: str) -> bytes:
    return base64.b64encode(hmac.new(key.encode(), content.encode(), hashlib.sha1).digest())
