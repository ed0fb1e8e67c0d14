"""Rows of vendors with several channels, in the shape that their documentation shows.

Typed by hand, each with its canonical events: nothing here uses the package.
"""

from __future__ import annotations

from typing import Any, Final

Row = dict[str, Any]
Sample = tuple[Row, list[Row]]
"""A row of a vendor and what it means: no events if it is ignored."""

SECONDS: Final = 1763640000
"""Noon of 20 November 2025 (UTC), the time of each sample."""
_LATER: Final = {"reason": "Transient-Failure"}
_MACHINE: Final = {"is_machine": True, "machine_reason": "vendor_flag"}


def _braze(kind: str, **properties: object) -> Row:
    """Return an event as the custom HTTP connector posts it."""
    return {
        "event_type": f"users.messages.{kind}",
        "id": f"b-{kind}",
        "properties": {
            "app_group_id": "5f3c",
            "campaign_id": "autumn-sale",
            "campaign_name": "Autumn sale",
            "dispatch_id": "639a35d1",
            "message_variation_id": "arm-1",
            **properties,
        },
        "time": SECONDS,
        "user": {"external_user_id": "x7", "timezone": "Europe/Paris", "user_id": "customer-7"},
    }


_MAIL: Final = {"email_address": "Jane.Doe@Example.com", "esp": "SendGrid"}
_BRAZE_COMMON: Final = {
    "message_id": "autumn-sale",
    "campaign_name": "Autumn sale",
    "execution_id": "639a35d1",
    "variant": "arm-1",
}
_BRAZE_MAIL: Final = _BRAZE_COMMON | {"domain": "example.com"}
_BRAZE_PUSH: Final = _BRAZE_COMMON | {"channel": "push", "platform": "ios"}
_BRAZE: Final[list[Sample]] = [
    (_braze("email.Send", **_MAIL), [{"event_type": "sent"} | _BRAZE_MAIL]),
    (_braze("email.Delivery", **_MAIL), [{"event_type": "delivered"} | _BRAZE_MAIL]),
    (
        _braze("email.Bounce", bounce_reason="550 5.1.1 no such user", **_MAIL),
        [
            {
                "event_type": "bounce",
                "bounce_type": "hard",
                "reason": "Invalid-Recipient",
                "status_code": "5.1.1",
                "is_async": False,
            }
            | _BRAZE_MAIL
        ],
    ),
    (
        _braze("email.SoftBounce", bounce_reason="552 5.2.2 mailbox full", **_MAIL),
        [
            {
                "event_type": "bounce",
                "bounce_type": "soft",
                "reason": "Mailbox-Full",
                "status_code": "5.2.2",
                "is_async": False,
            }
            | _BRAZE_MAIL
        ],
    ),
    (
        _braze("email.Deferral", deferral_reason="421 4.4.0 no mail servers", **_MAIL),
        [{"event_type": "delay", **_LATER, "status_code": "4.4.0"} | _BRAZE_MAIL],
    ),
    (
        _braze("email.Open", machine_open="true", **_MAIL),
        [{"event_type": "open", **_MACHINE} | _BRAZE_MAIL],
    ),
    (
        _braze("email.Click", is_suspected_bot_click=False, url="https://shop.example/", **_MAIL),
        [
            {"event_type": "click", "is_machine": False, "url": "https://shop.example/"}
            | _BRAZE_MAIL
        ],
    ),
    (_braze("email.MarkAsSpam", **_MAIL), [{"event_type": "spam_complaint"} | _BRAZE_MAIL]),
    (_braze("email.Unsubscribe", **_MAIL), [{"event_type": "unsubscribe"} | _BRAZE_MAIL]),
    (
        _braze("email.Abort", abort_type="liquid_abort_message", **_MAIL),
        [{"event_type": "excluded", "reason": "liquid_abort_message"} | _BRAZE_MAIL],
    ),
    (
        _braze("pushnotification.Send", platform="ios"),
        [{"event_type": kind} | _BRAZE_PUSH for kind in ("sent", "delivered")],
    ),
    (
        _braze("pushnotification.Bounce", platform="ios"),
        [{"event_type": "bounce", "bounce_type": "hard", "is_async": True} | _BRAZE_PUSH],
    ),
    (_braze("pushnotification.Open", platform="ios"), [{"event_type": "open"} | _BRAZE_PUSH]),
    (
        _braze("pushnotification.Open", platform="ios", button_string="Buy"),
        [{"event_type": "action", "reason": "Buy"} | _BRAZE_PUSH],
    ),
    (
        _braze("sms.Rejection", provider_error_code="30007"),
        [
            {
                "event_type": "bounce",
                "channel": "sms",
                "bounce_type": "hard",
                "reason": "30007",
                "is_async": False,
            }
            | _BRAZE_COMMON
        ],
    ),
    (
        _braze("inappmessage.Click", button_id="2"),
        [{"event_type": "click", "channel": "in_app", "reason": "2"} | _BRAZE_COMMON],
    ),
    # a step of a Canvas, as a record of a file has it
    (
        {
            "id": "b-canvas",
            "event_type": "users.messages.email.Send",
            "user_id": "customer-7",
            "external_user_id": None,
            "time": SECONDS,
            "timezone": None,
            "campaign_id": None,
            "canvas_id": "autumn-sale",
            "canvas_name": "Autumn sale",
            "canvas_step_id": "step-1",
            "canvas_step_name": "Hello",
            "canvas_variation_id": "path-1",
            "dispatch_id": "of-one-person",
            "email_address": "jane.doe@example.com",
        },
        [
            {
                "event_type": "sent",
                "message_id": "step-1",
                "message_name": "Hello",
                "campaign_name": "Autumn sale",
                "variant": "path-1",
                "domain": "example.com",
            }
        ],
    ),
    *(
        (_braze(kind), [])
        for kind in (
            *("email.Retry", "pushnotification.InfluencedOpen", "sms.InboundReceive"),
            *("inappmessage.Impression", "contentcard.Click", "webhook.Send", "whatsapp.Read"),
        )
    ),
    (_braze("x") | {"event_type": "users.behaviors.CustomEvent"}, []),
    ({"events": []}, []),
]


def _iterable(kind: str, **fields: object) -> Row:
    return {
        "email": "jane.doe@example.com",
        "userId": "customer-7",
        "eventName": kind,
        "dataFields": {
            "campaignId": "autumn-sale",
            "campaignName": "Autumn sale",
            "createdAt": "2025-11-20 12:00:00 +00:00",
            "email": "jane.doe@example.com",
            "messageId": "d0aa7801f91f4824997a631f3ed583c3",
            "templateId": 93849,
            **fields,
        },
    }


_ITERABLE_MAIL: Final = {"campaign_name": "Autumn sale", "domain": "example.com"}
_ITERABLE_PUSH: Final = _ITERABLE_MAIL | {"channel": "push"}
_ITERABLE: Final[list[Sample]] = [
    (
        _iterable("emailSend", experimentId=12),
        [
            {"event_type": kind, "variant": "93849"} | _ITERABLE_MAIL
            for kind in ("sent", "delivered")
        ],
    ),
    (
        _iterable("emailBounce", recipientState="HardBounce"),
        [
            {
                "event_type": "bounce",
                "bounce_type": "hard",
                "reason": "Undetermined",
                "is_async": True,
            }
            | _ITERABLE_MAIL
        ],
    ),
    (
        _iterable("emailOpen", isBot=True),
        [{"event_type": "open", **_MACHINE} | _ITERABLE_MAIL],
    ),
    (
        _iterable("emailClick", url="https://shop.example/"),
        [{"event_type": "click", "url": "https://shop.example/"} | _ITERABLE_MAIL],
    ),
    (_iterable("emailComplaint"), [{"event_type": "spam_complaint"} | _ITERABLE_MAIL]),
    (_iterable("emailUnSubscribe"), [{"event_type": "unsubscribe"} | _ITERABLE_MAIL]),
    (
        _iterable("emailSendSkip", reason="DuplicateMarketingMessage"),
        [{"event_type": "excluded", "reason": "DuplicateMarketingMessage"} | _ITERABLE_MAIL],
    ),
    (
        _iterable("pushSend"),
        [{"event_type": kind} | _ITERABLE_PUSH for kind in ("sent", "delivered")],
    ),
    (
        _iterable("pushBounce"),
        [{"event_type": "bounce", "bounce_type": "hard", "is_async": True} | _ITERABLE_PUSH],
    ),
    (_iterable("pushOpen"), [{"event_type": "open"} | _ITERABLE_PUSH]),
    (_iterable("webPushClick"), [{"event_type": "open", "platform": "web"} | _ITERABLE_PUSH]),
    (
        _iterable("smsBounce"),
        [{"event_type": "bounce", "channel": "sms", "is_async": False} | _ITERABLE_MAIL],
    ),
    *(
        (_iterable(kind), [])
        for kind in (
            *("emailSubscribe", "hostedUnsubscribeClick", "pushUninstall", "smsReceived"),
            *("inAppOpen", "embeddedClick", "whatsAppSeen", "purchase", "customEvent"),
        )
    ),
]


def _customerio(thing: str, metric: str, **data: object) -> Row:
    return {
        "event_id": f"01E4C4-{thing}-{metric}",
        "object_type": thing,
        "metric": metric,
        "timestamp": SECONDS,
        "data": {
            "customer_id": "customer-7",
            "identifiers": {"id": "customer-7", "cio_id": "d9c106000001"},
            "delivery_id": "RPILAgABcRhIBqSp7kiPekGBIeVh",
            "campaign_id": "autumn-sale",
            "action_id": 42,
            **data,
        },
    }


_JANE: Final = {"recipient": "jane.doe@example.com"}
_CIO_MAIL: Final = {"message_id": "42", "domain": "example.com"}
_CIO_PUSH: Final = {"message_id": "42", "channel": "push", "platform": "ios"}
_IPHONE: Final = {"recipients": [{"device_id": "d1", "device_platform": "iOS"}]}
_CUSTOMERIO: Final[list[Sample]] = [
    *(
        (_customerio("email", metric, **_JANE), [{"event_type": kind} | _CIO_MAIL])
        for metric, kind in {
            "sent": "sent",
            "delivered": "delivered",
            "opened": "open",
            "spammed": "spam_complaint",
            "unsubscribed": "unsubscribe",
        }.items()
    ),
    (
        _customerio("email", "clicked", href="https://shop.example/", **_JANE),
        [{"event_type": "click", "url": "https://shop.example/"} | _CIO_MAIL],
    ),
    (
        _customerio("email", "bounced", failure_message="550 5.1.1 unknown user", **_JANE),
        [
            {
                "event_type": "bounce",
                "bounce_type": "hard",
                "reason": "Invalid-Recipient",
                "status_code": "5.1.1",
                "is_async": False,
            }
            | _CIO_MAIL
        ],
    ),
    (
        _customerio("email", "attempted", failure_message="451 4.0.0 later", **_JANE),
        [{"event_type": "delay", **_LATER, "status_code": "4.0.0"} | _CIO_MAIL],
    ),
    (
        _customerio("email", "dropped", **_JANE),
        [{"event_type": "excluded", "reason": "dropped"} | _CIO_MAIL],
    ),
    (
        _customerio("email", "failed", failure_message="to jane.doe@example.com", **_JANE),
        [{"event_type": "error", "reason": "failed"} | _CIO_MAIL],
    ),
    (
        _customerio(
            "email",
            "sent",
            campaign_id=None,
            action_id=None,
            newsletter_id=9,
            content_id=2,
            **_JANE,
        ),
        [
            {
                "event_type": "sent",
                "campaign_id": "newsletter:9",
                "message_id": "newsletter:9",
                "variant": "2",
                "domain": "example.com",
            }
        ],
    ),
    (
        _customerio("email", "sent", parent_action_id=40, **_JANE),
        [{"event_type": "sent", "message_id": "40", "variant": "42", "domain": "example.com"}],
    ),
    (_customerio("push", "sent", **_IPHONE), [{"event_type": "sent"} | _CIO_PUSH]),
    (_customerio("push", "delivered", **_IPHONE), [{"event_type": "delivered"} | _CIO_PUSH]),
    (_customerio("push", "opened", **_IPHONE), [{"event_type": "open"} | _CIO_PUSH]),
    (
        _customerio("push", "bounced", **_IPHONE),
        [{"event_type": "bounce", "is_async": False} | _CIO_PUSH],
    ),
    (
        _customerio("sms", "delivered", recipient="+15551234567"),
        [{"event_type": "delivered", "message_id": "42", "channel": "sms"}],
    ),
    (
        _customerio("in_app", "clicked", href="app://offer"),
        [
            {
                "event_type": "click",
                "message_id": "42",
                "channel": "in_app",
                "url": "app://offer",
            }
        ],
    ),
    *(
        (_customerio(thing, metric), [])
        for thing, metric in (
            *(("email", "converted"), ("email", "drafted"), ("in_app", "opened")),
            *(("customer", "subscribed"), ("slack", "sent"), ("webhook", "failed")),
        )
    ),
]


def _klaviyo(topic: str, **properties: object) -> Row:
    return {
        "external_id": f"4L3cwQae2TX-{topic}",
        "topic": topic if topic.startswith("event:") else f"event:klaviyo.{topic}",
        "payload": {
            "data": {
                "type": "event",
                "id": "4L3cwQae2TX",
                "attributes": {
                    "timestamp": SECONDS,
                    "datetime": "2025-11-20T12:00:00+00:00",
                    "uuid": "9496ee00-7c2b-11ec-8001-a58968c2bc84",
                    "event_properties": {
                        "Campaign Name": "Autumn sale",
                        "Subject": "For jane.doe@example.com",
                        "$message": "autumn-sale",
                        "$event_id": "autumn-sale:1",
                        **properties,
                    },
                },
                "relationships": {
                    "metric": {"data": {"type": "metric", "id": "Qfbz2d"}},
                    "profile": {"data": {"type": "profile", "id": "customer-7"}},
                },
            }
        },
    }


_KLAVIYO_NAMES: Final = {"campaign_name": "Autumn sale", "message_name": "Autumn sale"}
_KLAVIYO_MAIL: Final = _KLAVIYO_NAMES | {"domain": "example.com"}
_DOMAIN: Final = {"Email Domain": "Example.com"}
_KLAVIYO: Final[list[Sample]] = [
    (
        {"data": [_klaviyo("received_email", **_DOMAIN)], "meta": {"klaviyo_webhook_id": "a8"}},
        [{"event_type": kind} | _KLAVIYO_MAIL for kind in ("sent", "delivered")],
    ),
    (
        _klaviyo("bounced_email", **_DOMAIN, **{"Bounce Type": "Hard"}),
        [
            {"event_type": "sent"} | _KLAVIYO_MAIL,
            {
                "event_type": "bounce",
                "bounce_type": "hard",
                "reason": "Undetermined",
                "is_async": False,
            }
            | _KLAVIYO_MAIL,
        ],
    ),
    (
        _klaviyo("dropped_email", **_DOMAIN),
        [{"event_type": "excluded", "reason": "Dropped"} | _KLAVIYO_MAIL],
    ),
    (
        _klaviyo("opened_email", **{"Apple Privacy Open": True}, **_DOMAIN),
        [
            {"event_type": "open", "is_machine": True, "machine_reason": "apple_privacy"}
            | _KLAVIYO_MAIL
        ],
    ),
    (
        _klaviyo("clicked_email", URL="https://shop.example/", **_DOMAIN, **{"Bot Click": False}),
        [
            {"event_type": "click", "is_machine": False, "url": "https://shop.example/"}
            | _KLAVIYO_MAIL
        ],
    ),
    (
        _klaviyo("marked_email_as_spam", **_DOMAIN),
        [{"event_type": "spam_complaint"} | _KLAVIYO_MAIL],
    ),
    (
        _klaviyo("unsubscribed_from_email_marketing", **_DOMAIN),
        [{"event_type": "unsubscribe"} | _KLAVIYO_MAIL],
    ),
    (
        _klaviyo("received_push"),
        [{"event_type": k, "channel": "push"} | _KLAVIYO_NAMES for k in ("sent", "delivered")],
    ),
    (
        _klaviyo("opened_push", **{"$flow": "welcome", "$variation": "B"}),
        [
            {
                "event_type": "open",
                "channel": "push",
                "campaign_id": "welcome",
                "message_id": "autumn-sale",
                "message_name": "Autumn sale",
                "variant": "B",
            }
        ],
    ),
    (_klaviyo("sent_sms"), [{"event_type": "sent", "channel": "sms"} | _KLAVIYO_NAMES]),
    (_klaviyo("unsubscribed_from_email_marketing", **{"$message": None}), []),
    *(
        (_klaviyo(topic), [])
        for topic in (
            *("subscribed_to_email_marketing", "received_sms", "submitted_review"),
            "event:shopify.placed_order",
        )
    ),
]


def _onesignal(kind: str, device: str = "iOS", **more: object) -> Row:
    """Return an event in the body that OneSignal's reference shows."""
    return {
        "event.kind": f"message.{kind}",
        "event.id": f"a1b2-{kind}",
        "event.timestamp": SECONDS,
        "event.datetime": "2025-11-20T12:00:00.000Z",
        "event.app_id": "9a3b",
        "event.subscription_device_type": device,
        "event.subscription_id": "b2c3d4e5",
        "event.onesignal_id": "c3d4e5f6",
        "event.external_id": "customer-7",
        "event.data.failure_reason": "",
        "message.id": "autumn-sale",
        "message.name": "Autumn sale",
        "message.template_id": "",
        **more,
    }


_ONE: Final = {"campaign_name": "Autumn sale"}
_ONE_PUSH: Final = _ONE | {"channel": "push", "platform": "ios"}
_ONESIGNAL: Final[list[Sample]] = [
    (_onesignal("push.sent"), [{"event_type": "sent"} | _ONE_PUSH]),
    (_onesignal("push.received"), [{"event_type": "delivered"} | _ONE_PUSH]),
    (
        _onesignal("push.clicked", "ChromePush"),
        [{"event_type": "open"} | _ONE_PUSH | {"platform": "web"}],
    ),
    (
        _onesignal("push.failed", "Android", **{"event.data.failure_reason": "InvalidToken"}),
        [{"event_type": "error", "reason": "InvalidToken"} | _ONE_PUSH | {"platform": "android"}],
    ),
    (_onesignal("push.unsubscribed"), [{"event_type": "unsubscribe"} | _ONE_PUSH]),
    *(
        (_onesignal(f"email.{theirs}", "Email"), [{"event_type": ours} | _ONE])
        for theirs, ours in {
            "sent": "sent",
            "received": "delivered",
            "opened": "open",
            "clicked": "click",
            "unsubscribed": "unsubscribe",
            "reported_as_spam": "spam_complaint",
        }.items()
    ),
    (
        _onesignal("email.bounced", "Email"),
        [
            {
                "event_type": "bounce",
                "bounce_type": "hard",
                "reason": "Undetermined",
                "is_async": False,
            }
            | _ONE
        ],
    ),
    (
        _onesignal("email.failed", "Email", **{"event.data.failure_reason": "550 5.1.1 no user"}),
        [{"event_type": "error", "reason": "Invalid-Recipient"} | _ONE],
    ),
    (
        _onesignal("email.suppressed", "Email"),
        [{"event_type": "excluded", "reason": "Suppressed"} | _ONE],
    ),
    (_onesignal("sms.delivered", "SMS"), [{"event_type": "delivered", "channel": "sms"} | _ONE]),
    (
        _onesignal("iam.clicked", **{"event.data.target_name": "Buy"}),
        [{"event_type": "click", "channel": "in_app", "reason": "Buy"} | _ONE],
    ),
    # a row of the table that OneSignal writes into a data warehouse
    (
        {
            "event_id": "a1b2-row",
            "event_timestamp": "2025-11-20 12:00:00.000",
            "event_kind": "message.push.sent",
            "subscription_device_type": "Android",
            "external_id": "customer-7",
            "onesignal_id": "c3d4e5f6",
            "template_id": "autumn-sale",
            "message_id": "hello",
            "message_name": "Hello",
        },
        [
            {
                "event_type": "sent",
                "channel": "push",
                "platform": "android",
                "execution_id": "hello",
                "campaign_name": "Hello",
            }
        ],
    ),
    *(
        (_onesignal(kind), [])
        for kind in ("iam.impression", "iam.page_displayed", "live_activity.sent")
    ),
]


def _airship(kind: str, body: Row, **device: object) -> Row:
    return {
        "id": f"a9c7-{kind}-{body.get('name', '')}",
        "type": kind,
        "offset": "1000065081250",
        "occurred": "2025-11-20T12:00:00.000Z",
        "processed": "2025-11-20T12:00:03.021Z",
        "device": {
            "channel": "5a3a",
            "device_type": "IOS",
            "named_user_id": "customer-7",
            **device,
        },
        "body": body,
    }


_PUSHED: Final = {"push_id": "autumn-sale"}
_FEEDBACK: Final = {"device_type": "EMAIL", "delivery_address": "jane.doe@example.com"}
_AIR_PUSH: Final = {"channel": "push", "platform": "ios"}
_AIRSHIP: Final[list[Sample]] = [
    (_airship("SEND", _PUSHED), [{"event_type": "sent"} | _AIR_PUSH]),
    (
        _airship("SEND", _PUSHED | {"group_id": "welcome", "variant_id": 1}),
        [
            {
                "event_type": "sent",
                "campaign_id": "welcome",
                "message_id": "welcome",
                "execution_id": "autumn-sale",
                "variant": "1",
            }
            | _AIR_PUSH
        ],
    ),
    (
        _airship("SEND", _PUSHED | {"campaigns": {"categories": ["sale", "autumn"]}}),
        [{"event_type": "sent", "campaign_id": "sale", "message_id": "autumn-sale"} | _AIR_PUSH],
    ),
    (
        _airship("SEND_REJECTED", _PUSHED),
        [{"event_type": "bounce", "bounce_type": "hard", "is_async": False} | _AIR_PUSH],
    ),
    (
        _airship("SEND_ABORTED", _PUSHED),
        [{"event_type": "excluded", "reason": "SEND_ABORTED"} | _AIR_PUSH],
    ),
    (
        _airship("OPEN", {"session_id": "s", "triggering_push": _PUSHED}),
        [{"event_type": "open"} | _AIR_PUSH],
    ),
    (
        {
            **_airship("OPEN", {"triggering_push": _PUSHED}),
            "id": "a9c7-older",
            "device": {"android_channel": "77", "named_user_id": "customer-7"},
        },
        [{"event_type": "open", "channel": "push", "platform": "android"}],
    ),
    *(
        (
            _airship("CUSTOM", {"name": name, **_PUSHED}, **_FEEDBACK),
            [{"event_type": kind, "domain": "example.com"} | more],
        )
        for name, kind, more in (
            ("delivery", "delivered", {}),
            ("open", "open", {}),
            ("click", "click", {}),
            ("spam_complaint", "spam_complaint", {}),
            ("bounce", "bounce", {"reason": "Undetermined", "is_async": False}),
            ("out_of_band", "bounce", {"reason": "Undetermined", "is_async": True}),
        )
    ),
    *(
        (_airship(kind, body, **device), [])
        for kind, body, device in (
            ("OPEN", {"session_id": "s"}, {}),
            ("CLOSE", {}, {}),
            ("PUSH_BODY", _PUSHED | {"payload": "e30="}, {}),
            ("CUSTOM", {"name": "purchase"}, {}),
            ("CUSTOM", {"name": "injection", **_PUSHED}, _FEEDBACK),
            ("IN_APP_MESSAGE_DISPLAY", _PUSHED, {}),
            ("TAG_CHANGE", {}, {}),
        )
    ),
]


def _fcm(event: str, **more: object) -> Row:
    return {
        "event_timestamp": "2025-11-20 12:00:00.000 UTC",
        "project_number": 480183,
        "message_id": "0:1763640000",
        "instance_id": "customer-7",
        "message_type": "DISPLAY_NOTIFICATION",
        "sdk_platform": "ANDROID",
        "app_name": "com.example.shop",
        "collapse_key": "",
        "priority": 10,
        "ttl": 3600,
        "topic": None,
        "bulk_id": 77,
        "event": event,
        "analytics_label": "autumn-sale",
        **more,
    }


_FCM_PUSH: Final = {"channel": "push", "platform": "android", "execution_id": "77"}
_FCM: Final[list[Sample]] = [
    (_fcm("MESSAGE_ACCEPTED"), [{"event_type": "sent"} | _FCM_PUSH]),
    (_fcm("MESSAGE_DELIVERED"), [{"event_type": "delivered"} | _FCM_PUSH]),
    (
        _fcm("MISSING_REGISTRATIONS"),
        [{"event_type": "error", "reason": "MISSING_REGISTRATIONS"} | _FCM_PUSH],
    ),
    (
        _fcm("MESSAGE_ACCEPTED", analytics_label=None, bulk_id="autumn-sale", sdk_platform="IOS"),
        [{"event_type": "sent", "channel": "push", "platform": "ios"}],
    ),
    (_fcm("MESSAGE_ACCEPTED", message_type="TOPIC", instance_id=None), []),
]

SAMPLES: Final[dict[str, list[Sample]]] = {
    "airship": _AIRSHIP,
    "braze": _BRAZE,
    "customerio": _CUSTOMERIO,
    "fcm": _FCM,
    "iterable": _ITERABLE,
    "klaviyo": _KLAVIYO,
    "onesignal": _ONESIGNAL,
}
COMMON: Final[Row] = {
    "us": SECONDS * 1_000_000,
    "campaign_id": "autumn-sale",
    "channel": "email",
    "profile_id": "customer-7",
    "platform": None,
    "domain": None,
    "reason": None,
    "bounce_type": None,
    "is_async": None,
    "execution_id": None,
    "variant": None,
    "url": None,
    "campaign_name": None,
    "message_name": None,
    "is_test": False,
    "is_machine": None,
    "machine_reason": None,
    "status_code": None,
    "cause": None,
}
"""What an event has where its sample does not say it; ``message_id`` is the campaign's."""
