"""Words that exports use for events and columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_EVENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "sent": ("sent", "send", "sends", "processed", "accepted", "injection", "dispatched"),
    "delivered": ("delivered", "delivery", "deliveries", "received"),
    "open": ("open", "opened", "opens", "uniqueopen", "uniqueopened", "firstopen", "read"),
    "click": ("click", "clicked", "clicks", "uniqueclick", "linkclick", "linkclicked"),
    "bounce": ("bounce", "bounced", "bounces", "undelivered"),
    "unsubscribe": ("unsubscribe", "unsubscribed", "unsubscribes", "unsub", "optout", "optedout"),
    "spam_complaint": (
        *("spam", "complaint", "complained", "complaints", "spamcomplaint", "spamreport"),
        *("abuse", "markedasspam", "reportedasspam"),
    ),
    "delay": ("delay", "delayed", "deferred", "deferral", "deliverydelay"),
    "error": ("error", "failed", "failure", "rejected", "reject", "dropped", "invalid"),
    "excluded": ("excluded", "suppressed", "skipped", "blacklisted", "blocklisted"),
    "targeted": ("targeted",),
    "action": ("action",),
}
_BOUNCES: Final = {
    "hard": ("hard", "hardbounce", "hardbounced", "permanent", "permanentbounce"),
    "soft": ("soft", "softbounce", "softbounced", "transient", "temporary", "blocked", "block"),
    "ignored": ("autoreply", "outofoffice"),
}
_NO_EVENT: Final = ("queued", "scheduled", "pending", "draft", "request", "requests")
_OTHERS: Final = frozenset(
    {"email", "mail", "push", "sms", "inapp", "web", "ios", "android", "test", "live"}
)
EVENT_OF: Final[Mapping[str, Any]] = {
    **{word: event for event, words in _EVENTS.items() for word in words},
    **{
        word: {"event_type": "bounce", "bounce_type": kind}
        for kind, words in _BOUNCES.items()
        for word in words
    },
    **dict.fromkeys(_NO_EVENT, "ignore"),
}
"""Word → the outcome that it means in a mapping."""

COLUMN_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "event_id": ("eventid", "eventuuid", "activityid", "rowid", "rowkey", "uuid", "guid", "id"),
    "timestamp": (
        *("timestamp", "eventtimestamp", "eventtime", "datetime", "occurredat", "eventdate"),
        *("sentat", "createdat", "time", "date", "activitydate", "when", "ts", "sendtime"),
    ),
    "campaign_id": (
        *("campaignid", "campaign", "campaignkey", "utmcampaign", "mailingid", "jobid", "mailing"),
        *("campaignname", "tag"),
    ),
    "message_id": ("messageid", "emailid", "mailid", "templateid", "deliveryid", "message"),
    "address": (
        *("email", "emailaddress", "recipient", "recipientemail", "subscriberemail", "rcptto"),
        *("useremail", "mail", "address", "to", "contact", "subscriber"),
    ),
    "profile_id": (
        *("profileid", "userid", "customerid", "contactid", "subscriberid", "subscriberkey"),
        *("recipientid", "personid", "memberid", "emailid", "customer"),
    ),
    "event_type": ("eventtype", "event", "eventname", "status", "activity", "action", "type"),
    "reason": ("reason", "bouncereason", "bouncedescription", "diagnosticcode", "detail"),
    "bounce_type": ("bouncetype", "bouncecategory", "bounceclass"),
    "domain": ("domain", "recipientdomain", "emaildomain"),
    "platform": ("platform", "os", "operatingsystem", "devicetype"),
    "url": ("url", "link", "linkurl", "clickedurl", "urlclicked"),
    "variant": ("variant", "abvariant", "variation"),
    "channel": ("channel", "medium"),
    "is_test": ("istest", "test", "istestsend"),
    "campaign_name": ("campaignname", "campaigntitle"),
    "message_name": ("messagename", "subject", "subjectline", "emailname"),
}
"""Canonical column → names, without case and separators, that others give it; the best first."""


def plain(text: str) -> str:
    """Return a text in lower case, of letters and digits alone."""
    return re.sub(r"[\W_]+", "", text.lower())


def event_of(value: str) -> Any:  # noqa: ANN401 - an outcome of a mapping
    """Return the outcome that a word means; ``None`` if it is not known."""
    return EVENT_OF.get(plain(value))


def is_word(value: str) -> bool:
    """Return whether a value is another word that exports use."""
    return plain(value) in _OTHERS
