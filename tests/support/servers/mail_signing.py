"""Senders of e-mail that sign their requests, with keys generated for the test."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.support.servers.webhook_signing import JSON, Request

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Mandrill:
    """The key and the address of a webhook, and forms signed with both."""

    header = "X-Mandrill-Signature"

    def __init__(self) -> None:
        self.key, self.url = secrets.token_urlsafe(16), "https://user:pass@hooks.example/mandrill"

    @property
    def secret(self) -> str:
        return f"{self.key}@{self.url}"

    def posted(self, events: Any, at: float | None = None) -> Request:  # noqa: ANN401, ARG002
        fields = {"mandrill_events": json.dumps(events), "another": ""}
        signed = self.url + "".join(name + fields[name] for name in sorted(fields))
        digest = hmac.new(self.key.encode(), signed.encode(), "sha1").digest()
        signature = base64.b64encode(digest).decode()
        return urlencode(fields).encode(), FORM | {self.header: signature}


class Resend:
    """The signing secret of a webhook, and events signed with it as Svix does."""

    header = "svix-signature"

    def __init__(self) -> None:
        self.key = secrets.token_bytes(24)

    @property
    def secret(self) -> str:
        return f"whsec_{base64.b64encode(self.key).decode()}"

    def posted(self, event: Any, at: float | None = None) -> Request:  # noqa: ANN401
        body, now = json.dumps(event).encode(), str(int(time.time() if at is None else at))
        number = f"msg_{secrets.token_hex(8)}"
        signed = f"{number}.{now}.".encode() + body
        digest = base64.b64encode(hmac.new(self.key, signed, hashlib.sha256).digest()).decode()
        own = {"svix-id": number, "svix-timestamp": now, self.header: f"v1,AAAA v1,{digest}"}
        return body, JSON | own


class BodyHmac:
    """The signing secret of a webhook, and events signed with it, in a header."""

    def __init__(self, header: str) -> None:
        self.header, self.secret = header, secrets.token_hex(16)

    def posted(self, event: Any, at: float | None = None) -> Request:  # noqa: ANN401, ARG002
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        signed = hmac.new(self.secret.encode(), body, hashlib.sha256)
        return body, JSON | {self.header: signed.hexdigest()}


class Postal:
    """The key of a server, and events signed with it in both ways."""

    header = "X-Postal-Signature-256"
    older = "X-Postal-Signature"

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)

    @property
    def secret(self) -> str:
        """The record of the domain's name server."""
        der = self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return f"v=DKIM1; t=s; h=sha256; p={base64.b64encode(der).decode()};"

    def posted(self, event: Any, at: float | None = None) -> Request:  # noqa: ANN401, ARG002
        body = json.dumps(event).encode()
        kinds = {self.header: hashes.SHA256(), self.older: hashes.SHA1()}  # noqa: S303
        own = {
            name: base64.b64encode(self.key.sign(body, padding.PKCS1v15(), kind)).decode()
            for name, kind in kinds.items()
        }
        return body, JSON | own | {"X-Postal-Signature-KID": "0" * 64}
