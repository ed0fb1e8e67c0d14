"""SendGrid's signed event webhook: ECDSA over the time and the unchanged body.

See Twilio's documentation "Getting started with the Event Webhook security features".
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import load_der_public_key

from campaign_live_widgets.webhooks.auth.base import Route, Verified, replay_key
from campaign_live_widgets.webhooks.errors import unauthenticated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from campaign_live_widgets.webhooks.limits import Limits

_SIGNATURE: Final = "X-Twilio-Email-Event-Webhook-Signature"
_TIME: Final = "X-Twilio-Email-Event-Webhook-Timestamp"
_ALGORITHM: Final = ec.ECDSA(Prehashed(hashes.SHA256()))


class SendGrid(Route, name="sendgrid"):
    """Batches of events, signed with a key of the account."""

    variable = "CAMPAIGN_LIVE_SENDGRID_KEYS"
    expected_value = "the verification key of the webhook (base64); separate several by commas"

    def __init__(self, secrets: Sequence[str], limits: Limits, clock: Callable[[], float]) -> None:
        super().__init__(secrets, limits, clock)
        self._keys = [self._parse_key(secret) for secret in self.secrets]

    def check_headers(self, headers: Mapping[str, str]) -> None:
        """Raise if the signature is missing, or its time is not recent."""
        if _SIGNATURE not in headers:
            line = f"the header {_SIGNATURE} is missing; enable the signed event webhook"
            raise unauthenticated(line)
        self.parse_signed_time(headers.get(_TIME, ""))

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Verified:
        """Accept the body, if its signature matches one of the keys."""
        time = headers[_TIME]
        try:
            signature = base64.b64decode(headers[_SIGNATURE], validate=True)
        except ValueError:
            signature = b""
        digest = hashlib.sha256(time.encode())
        digest.update(body)
        signed = digest.digest()
        if not any(_is_signed_by(key, signature, signed) for key in self._keys):
            raise unauthenticated("the signature matches none of the keys")
        # Not the signature: of each ECDSA signature there is a second valid form.
        expires_at = float(time) + self.limits.tolerance
        return Verified(replay_key=replay_key(signed), expires_at=expires_at)

    def _parse_key(self, secret: str) -> ec.EllipticCurvePublicKey:
        try:
            key = load_der_public_key(base64.b64decode(secret, validate=True))
        except (ValueError, UnsupportedAlgorithm):
            raise self.invalid_secret() from None
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
            raise self.invalid_secret()
        return key


def _is_signed_by(key: ec.EllipticCurvePublicKey, signature: bytes, digest: bytes) -> bool:
    try:
        key.verify(signature, digest, _ALGORITHM)
    except InvalidSignature:
        return False
    return True
