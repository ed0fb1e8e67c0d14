"""Amazon SES by way of SNS: signed with a certificate of Amazon's, from topics of one's own.

After the SNS developer guide, "Verifying the signatures of Amazon SNS messages". What is not
signed is not read: of the message only the fields go on that the signature covers.
"""

from __future__ import annotations

import base64
import re
from datetime import datetime
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from campaign_live_widgets.webhooks.auth.base import JSON_TYPES, Route, Verified, key_of
from campaign_live_widgets.webhooks.auth.sns_certificates import certificate_place, subscribe_place
from campaign_live_widgets.webhooks.errors import RefusedError, unproven, unreadable
from campaign_live_widgets.webhooks.limits import MIB
from campaign_live_widgets.webhooks.parsing import one_object

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from campaign_live_widgets.webhooks.auth.sns_certificates import Certificates
    from campaign_live_widgets.webhooks.limits import Limits

_TOPIC: Final = re.compile(
    r"arn:aws[a-z-]*:sns:([a-z0-9-]{1,40}):[0-9]{12}:[\w-]{1,256}(\.fifo)?", re.ASCII
)
_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "1": hashes.SHA1(),  # noqa: S303 - what SNS signs with unless a topic is told otherwise
    "2": hashes.SHA256(),
}
_SIGNED: Final = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    **dict.fromkeys(
        ("SubscriptionConfirmation", "UnsubscribeConfirmation"),
        ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    ),
}
"""Kind of message → what its signature covers, in this order."""


class SimpleEmailService(Route, name="ses"):
    """Notifications of topics that are listed; their subscriptions are confirmed."""

    variable = "CAMPAIGN_LIVE_SES_TOPICS"
    holds = "the ARN of the SNS topic, several of them with commas between"
    types = JSON_TYPES | {"text/plain"}
    largest = 2 * MIB
    foreign = True  # what a topic says of itself, or carries for others
    certificates: Certificates

    def __init__(self, secrets: Sequence[str], limits: Limits, clock: Callable[[], float]) -> None:
        super().__init__(secrets, limits, clock)
        if not all(_TOPIC.fullmatch(topic) for topic in self.secrets):
            raise self.unusable()

    def admit(self, headers: Mapping[str, str]) -> None:
        """Raise where SNS says that it has left out its envelope, and the signature with it."""
        if headers.get("x-amz-sns-rawdelivery", "").lower() == "true":
            raise unproven("raw message delivery has no signature; turn it off for this endpoint")

    async def verify(self, headers: Mapping[str, str], body: bytes) -> Verified:  # noqa: ARG002
        """Return the message, where it is of a topic that is listed and SNS has signed it."""
        message = _signed_fields(one_object(body))
        topic = message["TopicArn"]
        region = _region(topic)
        if topic not in self.secrets or region is None:
            raise RefusedError(403, "topic", f"the topic is not listed in {self.variable}")
        until = self._until(message["Timestamp"])
        place = certificate_place(message["SigningCertURL"], region)
        key = await self.certificates.key(place)
        version = _HASHES.get(message["SignatureVersion"])
        if version is None:
            raise unproven("SignatureVersion is neither 1 nor 2")
        said = "".join(
            f"{name}\n{message[name]}\n" for name in _SIGNED[message["Type"]] if name in message
        )
        try:
            signature = base64.b64decode(message["Signature"], validate=True)
            key.verify(signature, said.encode(), PKCS1v15(), version)
        except (ValueError, InvalidSignature):
            raise unproven("the signature is not SNS's") from None
        seen = key_of(message["Type"].encode(), message["MessageId"].encode())
        if message["Type"] == "Notification":
            return Verified([_envelope(message)], seen, until)
        return Verified([], seen, until, lambda: self._subscription(message, region))

    async def _subscription(self, message: Mapping[str, str], region: str) -> dict[str, object]:
        if message["Type"] == "UnsubscribeConfirmation":
            return {"unsubscribed": message["TopicArn"]}
        await self.certificates.confirm(subscribe_place(message["SubscribeURL"], region))
        return {"subscribed": message["TopicArn"]}

    def _until(self, text: str) -> float:
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            at = None
        if at is None or at.tzinfo is None:
            raise unproven("Timestamp is no time")
        past = self.limits.sns_tolerance
        return self.near(at.timestamp(), past=past) + past


def _signed_fields(message: Mapping[str, object]) -> dict[str, str]:
    """Return what is signed of a message, and what is needed to see that it is."""
    kind = message.get("Type")
    if not isinstance(kind, str) or kind not in _SIGNED:
        raise unreadable("the body is no message of SNS")
    names = (*_SIGNED[kind], "SignatureVersion", "Signature", "SigningCertURL")
    found = {name: message.get(name) for name in names}
    if found.get("Subject") is None:
        found.pop("Subject", None)
    texts = {name: value for name, value in found.items() if isinstance(value, str)}
    if len(texts) < len(found):
        raise unproven("the message lacks a field that SNS signs, or its signature")
    return texts


def _region(topic: str) -> str | None:
    found = _TOPIC.fullmatch(topic)
    return found[1] if found else None


def _envelope(message: Mapping[str, str]) -> dict[str, str]:
    return {name: message[name] for name in ("Type", "MessageId", "TopicArn", "Message")}
