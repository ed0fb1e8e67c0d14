"""Postal's webhooks: an RSA signature over the unchanged body.

See Postal's documentation of webhooks and its source, ``lib/postal/http.rb``: each request is
signed with the key of the server, by SHA-256 and, for older receivers, by SHA-1. Where there is the
former, it alone counts. The public key is that of the record that ``postal default-dkim-record``
prints. No time is signed apart from the body's: a request that is sent again later adds no event
that is not stored already.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from campaign_live_widgets.webhooks.auth.base import Route, Verified, replay_key
from campaign_live_widgets.webhooks.errors import unauthenticated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from campaign_live_widgets.webhooks.limits import Limits

_SIGNATURES: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "X-Postal-Signature-256": hashes.SHA256(),
    "X-Postal-Signature": hashes.SHA1(),  # noqa: S303 - all that Postal 2 sends
}
_IN_RECORD: Final = re.compile(r"(?:^|[;\s])p=([A-Za-z0-9+/=]+)")


class Postal(Route, name="postal"):
    """One event a request, of a mail or of the server."""

    variable = "CAMPAIGN_LIVE_POSTAL_KEYS"
    expected_value = (
        "the record that `postal default-dkim-record` prints, or its public key (base64); "
        "separate several by commas"
    )
    stores_other_rows = True

    def __init__(self, secrets: Sequence[str], limits: Limits, clock: Callable[[], float]) -> None:
        super().__init__(secrets, limits, clock)
        self._keys = [self._parse_key(secret) for secret in self.secrets]

    def check_headers(self, headers: Mapping[str, str]) -> None:
        """Raise if the signature is missing."""
        if not any(name in headers for name in _SIGNATURES):
            raise unauthenticated(f"the header {next(iter(_SIGNATURES))} is missing")

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Verified:
        """Accept the body, if its signature matches one of the keys."""
        name = next(name for name in _SIGNATURES if name in headers)
        try:
            signature = base64.b64decode(headers[name], validate=True)
        except ValueError:
            signature = b""
        if not any(_is_signed_by(key, signature, body, _SIGNATURES[name]) for key in self._keys):
            raise unauthenticated("the signature matches none of the keys")
        return Verified(
            replay_key=replay_key(body), expires_at=self.clock() + self.limits.tolerance
        )

    def _parse_key(self, secret: str) -> rsa.RSAPublicKey:
        in_record = _IN_RECORD.search(secret)
        try:
            text = in_record[1] if in_record else secret
            key = load_der_public_key(base64.b64decode(text, validate=True))
        except (ValueError, UnsupportedAlgorithm):
            raise self.invalid_secret() from None
        if not isinstance(key, rsa.RSAPublicKey):
            raise self.invalid_secret()
        return key


def _is_signed_by(
    key: rsa.RSAPublicKey, signature: bytes, body: bytes, hashed: hashes.HashAlgorithm
) -> bool:
    try:
        key.verify(signature, body, padding.PKCS1v15(), hashed)
    except InvalidSignature:
        return False
    return True
