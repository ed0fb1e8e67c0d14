"""Amazon SES through SNS: messages signed with a certificate of Amazon, from listed topics.

See the SNS developer guide, "Verifying the signatures of Amazon SNS messages". Only the fields
that the signature covers are used.
"""

from __future__ import annotations

import base64
import re
from datetime import datetime
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from campaign_live_widgets.webhooks.auth.base import JSON_TYPES, Route, Verified, replay_key
from campaign_live_widgets.webhooks.auth.sns_certificates import certificate_url, subscribe_url
from campaign_live_widgets.webhooks.errors import (
    RequestRejectedError,
    invalid_body,
    unauthenticated,
)
from campaign_live_widgets.webhooks.limits import MIB
from campaign_live_widgets.webhooks.parsing import parse_object

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from campaign_live_widgets.webhooks.auth.sns_certificates import Certificates
    from campaign_live_widgets.webhooks.limits import Limits

_TOPIC: Final = re.compile(
    r"arn:aws[a-z-]*:sns:([a-z0-9-]{1,40}):[0-9]{12}:[\w-]{1,256}(\.fifo)?", re.ASCII
)
_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "1": hashes.SHA1(),  # noqa: S303 - the default of SNS topics
    "2": hashes.SHA256(),
}
_SIGNED_FIELDS: Final = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    **dict.fromkeys(
        ("SubscriptionConfirmation", "UnsubscribeConfirmation"),
        ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
"""Type of a message → the fields that its signature covers, in this order."""


class SimpleEmailService(Route, name="ses"):
    """Notifications of listed topics; their subscriptions are confirmed."""

    variable = "CAMPAIGN_LIVE_SES_TOPICS"
    expected_value = "the ARN of the SNS topic; separate several by commas"
    content_types = JSON_TYPES | {"text/plain"}
    max_body = 2 * MIB
    stores_other_rows = True  # messages of SNS itself, and those that others publish to the topic
    certificates: Certificates

    def __init__(self, secrets: Sequence[str], limits: Limits, clock: Callable[[], float]) -> None:
        super().__init__(secrets, limits, clock)
        if not all(_TOPIC.fullmatch(topic) for topic in self.secrets):
            raise self.invalid_secret()

    def check_headers(self, headers: Mapping[str, str]) -> None:
        """Raise if SNS delivers without its envelope, and so without the signature."""
        if headers.get("x-amz-sns-rawdelivery", "").lower() == "true":
            line = "raw message delivery has no signature; turn it off for this endpoint"
            raise unauthenticated(line)

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Verified:  # noqa: ARG002
        """Return the message, if its topic is listed and SNS has signed it."""
        message = _signed_fields(parse_object(body))
        topic = message["TopicArn"]
        region = _region(topic)
        if topic not in self.secrets or region is None:
            line = f"the topic is not listed in {self.variable}"
            raise RequestRejectedError(403, "topic", line)
        expires_at = self._expiry(message["Timestamp"])
        key = await self.certificates.key(certificate_url(message["SigningCertURL"], region))
        algorithm = _HASHES.get(message["SignatureVersion"])
        if algorithm is None:
            raise unauthenticated("SignatureVersion is neither 1 nor 2")
        signed = "".join(
            f"{name}\n{message[name]}\n"
            for name in _SIGNED_FIELDS[message["Type"]]
            if name in message
        )
        try:
            signature = base64.b64decode(message["Signature"], validate=True)
            key.verify(signature, signed.encode(), PKCS1v15(), algorithm)
        except (ValueError, InvalidSignature):
            raise unauthenticated("the signature is not from SNS") from None
        message_key = replay_key(message["Type"].encode(), message["MessageId"].encode())
        if message["Type"] == "Notification":
            return Verified([_envelope(message)], message_key, expires_at)
        return Verified([], message_key, expires_at, lambda: self._confirm(message, region))

    async def _confirm(self, message: Mapping[str, str], region: str) -> dict[str, object]:
        if message["Type"] == "UnsubscribeConfirmation":
            return {"unsubscribed": message["TopicArn"]}
        await self.certificates.confirm(subscribe_url(message["SubscribeURL"], region))
        return {"subscribed": message["TopicArn"]}

    def _expiry(self, text: str) -> float:
        """Return when a message with this timestamp is too old; raise if it is already."""
        try:
            sent_at = datetime.fromisoformat(text)
        except ValueError:
            sent_at = None
        if sent_at is None or sent_at.tzinfo is None:
            raise unauthenticated("Timestamp is not a time")
        max_age = self.limits.sns_tolerance
        return self.check_age(sent_at.timestamp(), max_age) + max_age


def _signed_fields(message: Mapping[str, object]) -> dict[str, str]:
    """Return the signed fields of a message, and those that verify the signature."""
    kind = message.get("Type")
    if not isinstance(kind, str) or kind not in _SIGNED_FIELDS:
        raise invalid_body("the body is not a message of SNS")
    names = (*_SIGNED_FIELDS[kind], "SignatureVersion", "Signature", "SigningCertURL")
    fields = {name: message.get(name) for name in names}
    if fields.get("Subject") is None:
        fields.pop("Subject", None)
    texts = {name: value for name, value in fields.items() if isinstance(value, str)}
    if len(texts) < len(fields):
        raise unauthenticated("the message lacks its signature, or a field that SNS signs")
    return texts


def _region(topic: str) -> str | None:
    match = _TOPIC.fullmatch(topic)
    return match[1] if match else None


def _envelope(message: Mapping[str, str]) -> dict[str, str]:
    return {name: message[name] for name in ("Type", "MessageId", "TopicArn", "Message")}
