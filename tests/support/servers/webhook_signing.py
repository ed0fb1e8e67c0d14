"""Vendors that sign their requests, with keys generated for the test."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

JSON = {"Content-Type": "application/json"}
TOPIC = "arn:aws:sns:eu-west-1:123456789012:events"
CERTIFICATE = "SimpleNotificationService-0123456789abcdef.pem"
CERTIFICATE_URL = f"https://sns.eu-west-1.amazonaws.com/{CERTIFICATE}"
Request = tuple[bytes, dict[str, str]]


class SendGrid:
    """The key of an account, and batches signed with it."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())

    @property
    def public(self) -> str:
        der = self.key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64.b64encode(der).decode()

    def posted(self, rows: Any, at: float | None = None) -> Request:  # noqa: ANN401
        body = rows if isinstance(rows, bytes) else json.dumps(rows).encode()
        now = str(int(time.time() if at is None else at))
        signature = self.key.sign(now.encode() + body, ec.ECDSA(hashes.SHA256()))
        return body, JSON | {
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": now,
        }


class Mailgun:
    """The signing key, and events with their signature beside them."""

    def __init__(self) -> None:
        self.key = secrets.token_hex(16)

    def posted(self, event: Any, at: float | None = None, **more: Any) -> Request:  # noqa: ANN401
        now, token = str(int(time.time() if at is None else at)), secrets.token_hex(25)
        signed = hmac.new(self.key.encode(), f"{now}{token}".encode(), hashlib.sha256)
        signature = {"timestamp": now, "token": token, "signature": signed.hexdigest()}
        return json.dumps({"signature": signature | more, "event-data": event}).encode(), JSON


class CustomerIo:
    """The signing key of a reporting webhook, and events signed with it."""

    def __init__(self) -> None:
        self.key = secrets.token_hex(32)

    def posted(self, event: Any, at: float | None = None) -> Request:  # noqa: ANN401
        body, now = json.dumps(event).encode(), str(int(time.time() if at is None else at))
        signed = hmac.new(self.key.encode(), f"v0:{now}:".encode() + body, hashlib.sha256)
        return body, JSON | {"X-CIO-Timestamp": now, "X-CIO-Signature": signed.hexdigest()}


class Klaviyo:
    """The secret key of a system webhook, and topics signed with it."""

    def __init__(self) -> None:
        self.key = secrets.token_hex(16)

    def posted(self, topics: list[Any], at: float | None = None) -> Request:
        meta = {"klaviyo_webhook_id": "a8b890", "version": "2025-07-15"}
        body = json.dumps({"data": topics, "meta": meta}).encode()
        now = formatdate(time.time() if at is None else at, usegmt=True)
        signed = hmac.new(self.key.encode(), body + now.encode(), hashlib.sha256)
        return body, JSON | {
            "Klaviyo-Signature": signed.hexdigest(),
            "Klaviyo-Timestamp": now,
            "Klaviyo-Webhook-Id": "a8b890",
        }


class Authority:
    """A root, an intermediate certificate, and certificates of SNS issued by it."""

    def __init__(self) -> None:
        self._root_key = _rsa()
        self.root = _certificate("Root", self._root_key, "Root", self._root_key, authority=True)
        self._key = _rsa()
        self.between = _certificate("Between", self._key, "Root", self._root_key, authority=True)

    def issue(
        self, key: rsa.RSAPrivateKey, name: str = "sns.amazonaws.com", days: int = 30
    ) -> x509.Certificate:
        return _certificate(name, key, "Between", self._key, days=days)


class Sns:
    """One certificate of SNS, and messages signed with it."""

    def __init__(self, authority: Authority, **how: Any) -> None:  # noqa: ANN401
        self.key = _rsa()
        self.certificate = authority.issue(self.key, **how)

    def message(  # noqa: PLR0913 - the fields of a message
        self,
        text: str,
        *,
        version: str = "2",
        kind: str = "Notification",
        at: datetime | None = None,
        subject: str | None = None,
        topic: str = TOPIC,
        url: str = CERTIFICATE_URL,
        subscribe: str = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=a1",
    ) -> dict[str, Any]:
        now = at or datetime.now(UTC)
        fields = {
            "Type": kind,
            "MessageId": secrets.token_hex(16),
            "TopicArn": topic,
            "Message": text,
            "Timestamp": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03}Z",
        }
        if subject is not None:
            fields["Subject"] = subject
        if kind != "Notification":
            fields |= {"Token": "a1", "SubscribeURL": subscribe}
        # the fields of both types are signed in the order of their names
        signed = "".join(f"{name}\n{fields[name]}\n" for name in sorted(fields))
        hashed = hashes.SHA1() if version == "1" else hashes.SHA256()  # noqa: S303
        signature = self.key.sign(signed.encode(), padding.PKCS1v15(), hashed)
        return fields | {
            "SignatureVersion": version,
            "Signature": base64.b64encode(signature).decode(),
            "SigningCertURL": url,
            "UnsubscribeURL": "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe",
        }


def posted(message: dict[str, Any]) -> Request:
    """Return a message as SNS posts it: JSON with the type of plain text."""
    kind = {"x-amz-sns-message-type": str(message.get("Type"))}
    return json.dumps(message).encode(), {"Content-Type": "text/plain; charset=UTF-8"} | kind


def basic(login: str) -> dict[str, str]:
    return JSON | {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}


def pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(c.public_bytes(serialization.Encoding.PEM) for c in certificates)


def key_pem(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _rsa() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def _certificate(  # noqa: PLR0913 - what a certificate is made of
    name: str,
    key: rsa.RSAPrivateKey,
    issuer: str,
    issuer_key: rsa.RSAPrivateKey,
    *,
    authority: bool = False,
    days: int = 30,
) -> x509.Certificate:
    now = datetime.now(UTC)
    ends = now + timedelta(days=days)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now, ends) - timedelta(days=1))
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
            critical=False,
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=not authority,
                key_encipherment=not authority,
                key_cert_sign=authority,
                crl_sign=authority,
                content_commitment=False,
                data_encipherment=False,
                key_agreement=False,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    if not authority:
        server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        names = x509.SubjectAlternativeName([x509.DNSName(name)])
        builder = builder.add_extension(server, critical=False)
        builder = builder.add_extension(names, critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
