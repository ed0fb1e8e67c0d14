"""SendGrid's signed event webhook: ECDSA over the time and the body as it stands.

After Twilio's documentation "Getting started with the Event Webhook security features".
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

from campaign_live_widgets.webhooks.auth.base import Route, Verified, key_of
from campaign_live_widgets.webhooks.errors import unproven

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from campaign_live_widgets.webhooks.limits import Limits

_SIGNATURE: Final = "X-Twilio-Email-Event-Webhook-Signature"
_TIME: Final = "X-Twilio-Email-Event-Webhook-Timestamp"
_HASHED: Final = ec.ECDSA(Prehashed(hashes.SHA256()))


class SendGrid(Route, name="sendgrid"):
    """Batches of events, signed with a key of the account's."""

    variable = "CAMPAIGN_LIVE_SENDGRID_KEYS"
    holds = "the verification key of the webhook (base64), several of them with commas between"

    def __init__(self, secrets: Sequence[str], limits: Limits, clock: Callable[[], float]) -> None:
        super().__init__(secrets, limits, clock)
        self._keys = [self._key(secret) for secret in self.secrets]

    def admit(self, headers: Mapping[str, str]) -> None:
        """Raise where there is no signature, or its time is too far from now."""
        if _SIGNATURE not in headers:
            raise unproven(f"the header {_SIGNATURE} is missing: is the signed webhook on?")
        self.fresh(headers.get(_TIME, ""))

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Verified:
        """Return that the body is to be read, where its signature is by one of the keys."""
        time = headers[_TIME]
        try:
            signature = base64.b64decode(headers[_SIGNATURE], validate=True)
        except ValueError:
            signature = b""
        digest = hashlib.sha256(time.encode())
        digest.update(body)
        signed = digest.digest()
        if not any(_is_by(key, signature, signed) for key in self._keys):
            raise unproven("the signature is by none of the keys")
        # not the signature: there are two of each, and either passes
        return Verified(key=key_of(signed), until=float(time) + self.limits.tolerance)

    def _key(self, secret: str) -> ec.EllipticCurvePublicKey:
        try:
            key = load_der_public_key(base64.b64decode(secret, validate=True))
        except (ValueError, UnsupportedAlgorithm):
            raise self.unusable() from None
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
            raise self.unusable()
        return key


def _is_by(key: ec.EllipticCurvePublicKey, signature: bytes, digest: bytes) -> bool:
    try:
        key.verify(signature, digest, _HASHED)
    except InvalidSignature:
        return False
    return True
