"""Adobe Journey Optimizer: feedback and tracking events in XDM, nested or flattened.

Paths and values after Adobe's published schemas (``adobe/xdm``: message-delivery-feedback,
message-interaction, messageexecution, messageprofile, experienceevent-pushtracking). The raw
status ``sent`` means that the provider accepted the message: it is both the report's sent
and its delivered; a bounce that is not asynchronous was sent as well. Copies by BCC are in a
separate dataset, and no events of the campaign. A profile is the row's identity: Adobe's
schema gives every single message another messageProfileID.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.catalog import BOUNCE_TYPES
from campaign_live_widgets.sources.formats.base import CHANNELS, Format
from campaign_live_widgets.sources.formats.sql import (
    domain,
    flag,
    missing,
    not_blank,
    not_known,
    one_of,
    quoted,
    unknown,
)
from campaign_live_widgets.sources.formats.times import microseconds, no_time

if TYPE_CHECKING:
    from collections.abc import Collection

_ROOT: Final = "_experience.customerJourneyManagement"
_FAILURE: Final = f"{_ROOT}.messageDeliveryfeedback.messageFailure"
SECONDARY_RECIPIENT: Final = f"{_ROOT}.secondaryRecipientDetail"
STATUS_CODE: Final = "[245][.][0-9]{1,3}[.][0-9]{1,3}|[245][0-9]{2}"
"""An enhanced code, or the three digits of a reply."""
NO_EVENT_STATUSES: Final = ("delivered", "read", "duplicate", "unknown")
NO_EVENT_INTERACTIONS: Final = ("subscription", "submit", "visit", "reply")
PUSH_OPEN: Final = "pushtracking.applicationopened"
PUSH_ACTION: Final = "pushtracking.customaction"

# Status, interaction or event type → the canonical events of the row.
_EVENTS: Final = f"""
    CASE
        WHEN is_copy THEN []
        WHEN status = 'sent' THEN ['sent', 'delivered']
        WHEN late THEN ['bounce']
        WHEN status IN ('bounce', 'denylist') THEN ['sent', 'bounce']
        WHEN status = 'exclude' THEN ['excluded']
        WHEN status IN ('error', 'delay') THEN [status]
        WHEN status IN {one_of(NO_EVENT_STATUSES)} THEN []
        WHEN status IS NOT NULL THEN NULL
        WHEN interaction IN ('open', 'bot_open') THEN ['open']
        WHEN interaction IN ('click', 'bot_click') THEN ['click']
        WHEN interaction IN ('unsubscribe', 'spam_complaint') THEN [interaction]
        WHEN interaction IN {one_of(NO_EVENT_INTERACTIONS)} THEN []
        WHEN interaction IS NOT NULL THEN NULL
        WHEN kind = '{PUSH_OPEN}' THEN ['open']
        WHEN kind = '{PUSH_ACTION}' THEN ['action']
        WHEN kind IS NULL OR starts_with(kind, 'message.') THEN NULL
        ELSE []
    END"""

_ONE_IDENTITY: Final = (
    r"""\{"[^"\\]*":\[\{"id":"([^"\\ ][^"\\]*)"(?:,"primary":(?:true|false))?"""
    r"""(?:,"[^"\\]*":(?:"[^"\\]*"|[a-z]+))*\}\]\}"""
)
"""An identity map of one identity, as nearly all are; Python and DuckDB read it alike."""
FLAT_MAP: Final = "identitymap."
"""How the names of columns begin that have one namespace of the identity map each."""


def _identity(field: str, *, prefix: str = "") -> str:
    """Return SQL for the identity of an identity map in JSON, null where it has none.

    It is the first by namespace and id of those that are flagged primary, else of all. *prefix*:
    how, in lower case, the names of namespaces begin.
    """
    value = f"CASE WHEN json_valid({field}) THEN {field}::JSON END"
    entries = f"map_entries(try_cast({value} AS MAP(VARCHAR, JSON)))"
    if prefix:
        start = f"starts_with(lower(entry.key), {quoted(prefix)})"
        entries = f"list_filter({entries}, lambda entry: {start})"
    identity, primary = (
        f"coalesce(one->>'$.{name}', one->>'$.{name.upper()}', one->>'$.{name.title()}')"
        for name in ("id", "primary")
    )
    return f"""
        list_min(list_filter(
            flatten(list_transform(
                {entries},
                lambda entry: list_transform(
                    json_extract(entry.value, '$[*]'),
                    lambda one: {{
                        'other': coalesce(lower({primary}) <> 'true', true),
                        'namespace': entry.key,
                        'id': {not_blank(identity)}
                    }}
                )
            )),
            lambda known: known.id IS NOT NULL
        )).id"""


_PROFILE: Final = f"""
    coalesce(
        nullif(regexp_extract(identities, {quoted(f"^{_ONE_IDENTITY}$")}, 1), ''),
        {_identity("identities")},
        {_identity("flat_identities", prefix=FLAT_MAP)},
        profile
    )"""
_DOMAIN: Final = """
    coalesce(address_domain, CASE WHEN contains(address, '@')
        THEN nullif(split_part(address, '@', -1), '') END)"""
_IS_COPY: Final = """
    coalesce(copy IS NOT NULL
        AND NOT regexp_full_match(copy, '\\{("[^"]*":(null|""),?)*\\}'), false)"""
"""Whether a row is about a copy by BCC: it names the reader whose mail was copied."""


class JourneyOptimizer(Format, name="ajo"):
    """Rows of Journey Optimizer's feedback, e-mail tracking and push tracking datasets."""

    fields: ClassVar = {
        "id": ("_id",),
        "time": ("timestamp",),
        "kind": ("eventType",),
        "status": (f"{_ROOT}.messageDeliveryfeedback.feedbackStatus",),
        "failure_reason": (f"{_FAILURE}.reason",),
        "failure_code": (f"{_FAILURE}.code",),
        "failure_type": (f"{_FAILURE}.type",),
        "failure_category": (f"{_FAILURE}.category",),
        "exclusion_reason": (f"{_ROOT}.messageDeliveryfeedback.messageExclusion.reason",),
        "interaction": (f"{_ROOT}.messageInteraction.interactionType",),
        "bot": (f"{_ROOT}.messageInteraction.isBot",),
        "link": (f"{_ROOT}.messageInteraction.url",),
        "campaign": (f"{_ROOT}.messageExecution.campaignID",),
        "message": (
            f"{_ROOT}.messageExecution.messageID",
            f"{_ROOT}.messageExecution.messageExecutionID",
        ),
        "execution": (f"{_ROOT}.messageExecution.batchInstanceID",),
        "profile": (f"{_ROOT}.messageProfile.messageProfileID",),
        "identities": ("identityMap",),
        "flat_identities": ("identityMap.*",),
        "copy": (
            SECONDARY_RECIPIENT,
            f"{SECONDARY_RECIPIENT}.type",
            f"{SECONDARY_RECIPIENT}.originalRecipientAddress",
        ),
        "channel_uri": (
            f"{_ROOT}.messageProfile.channel._id",
            f"{_ROOT}.messageProfile.channel.@id",
        ),
        "arm": (f"{_ROOT}.messageProfile.variant",),
        "test": (f"{_ROOT}.messageProfile.isTestExecution",),
        "address_domain": (f"{_ROOT}.emailChannelContext.domain",),
        "address": (f"{_ROOT}.emailChannelContext.address",),
        "device": (
            f"{_ROOT}.pushChannelContext.platform",
            "pushNotificationTracking.pushProvider",
        ),
        "button": ("pushNotificationTracking.customAction.actionID",),
    }
    natives: ClassVar = {"time": "time", "test": "flag", "bot": "flag"}
    given: ClassVar = {
        "campaign_id": "campaign",
        "message_id": "message",
        "execution_id": "execution",
        "variant": "arm",
        "url": "link",
    }

    def recognises(self, paths: Collection[str]) -> bool:
        """Return whether any path occurs only in XDM experience events."""
        return ("_id" in paths and "eventtype" in paths) or any(
            path.startswith(("_experience.", "pushnotificationtracking.")) for path in paths
        )

    def events(self, raw: str, *, complete: Collection[str], native: Collection[str]) -> str:
        """Return SQL that maps the rows; see :meth:`Format.events`."""
        causes = [
            "WHEN broken IS NOT NULL THEN broken",
            _unknown_kind("feedbackStatus", "status"),
            _unknown_kind("interactionType", "interaction"),
            "WHEN kinds IS NULL THEN 'no feedbackStatus, interactionType or push event'",
            *([missing("_id", "event_id")] if "id" not in complete else []),
            *([missing("timestamp", "time")] if "time" not in complete else []),
            no_time(),
            missing("campaignID", "campaign_id"),
            missing("messageID", "message_id"),
            missing("channel", "channel"),
            missing("identityMap", "profile_id"),
            unknown("channel", CHANNELS),
            unknown("bounce_type", BOUNCE_TYPES, "failure"),  # of the row: its sent goes too
        ]
        return f"""
            WITH kinded AS (
                SELECT * REPLACE (lower(status) AS status, lower(interaction) AS interaction,
                                  lower(kind) AS kind),
                       coalesce(lower(status) = 'out_of_band' OR (lower(status) = 'bounce'
                           AND lower(failure_category) = 'async'), false) AS late,
                       {_IS_COPY} AS is_copy
                FROM {raw}
            ), mapped AS (
                SELECT *, {_EVENTS} AS kinds, {microseconds("time", native="time" in native)} AS us,
                       campaign AS campaign_id, message AS message_id,
                       {_PROFILE} AS profile_id,
                       {_CHANNEL} AS channel,
                       CASE status WHEN 'denylist' THEN 'hard'
                                   WHEN 'bounce' THEN lower(failure_type)
                                   WHEN 'out_of_band' THEN lower(failure_type) END AS failure
                FROM kinded
            ), split AS (
                SELECT *, unnest(CASE WHEN len(kinds) > 0 THEN kinds ELSE [NULL] END)
                       AS event_type,
                       unnest(CASE WHEN len(kinds) > 0 THEN range(1, len(kinds) + 1)
                                   WHEN kinds IS NULL THEN [1] ELSE [0] END) AS part
                FROM mapped
            ), filled AS (
                SELECT file, row, place, part, us, broken, kinds, status, interaction, time,
                       id || CASE WHEN len(kinds) > 1 THEN ':' || event_type
                                            ELSE '' END AS event_id,
                       campaign_id, message_id, channel, profile_id, event_type,
                       CASE event_type
                           WHEN 'excluded' THEN exclusion_reason
                           WHEN 'action' THEN button
                           WHEN 'bounce' THEN failure_reason
                           WHEN 'error' THEN failure_reason
                           WHEN 'delay' THEN failure_reason
                       END AS reason,
                       CASE WHEN event_type = 'bounce' THEN failure END AS bounce_type, failure,
                       event_type = 'bounce' AND late AS is_async,
                       {domain(_DOMAIN)} AS domain,
                       CASE lower(device)
                           WHEN 'apns' THEN 'ios' WHEN 'apnssandbox' THEN 'ios'
                           WHEN 'fcm' THEN 'android' ELSE device END AS platform,
                       execution AS execution_id, arm AS variant,
                       link AS url, coalesce({flag("test")}, false) AS is_test,
                       CASE WHEN interaction IN ('bot_open', 'bot_click') THEN true
                            WHEN event_type IN ('open', 'click') THEN {flag("bot")} END
                           AS is_machine,
                       NULL::VARCHAR AS campaign_name, NULL::VARCHAR AS message_name,
                       CASE WHEN event_type IN ('bounce', 'delay')
                                AND regexp_full_match(failure_code, '{STATUS_CODE}')
                            THEN failure_code END AS status_code,
                       CASE WHEN interaction IN ('bot_open', 'bot_click') THEN 'vendor_event'
                            WHEN event_type IN ('open', 'click') AND {flag("bot")}
                            THEN 'vendor_flag' END AS machine_reason
                FROM split
            )
            SELECT * EXCLUDE (broken, kinds, status, interaction, time, failure),
                   CASE WHEN part > 0 THEN CASE {" ".join(causes)} END END AS cause
            FROM filled"""


def _unknown_kind(name: str, column: str) -> str:
    """Return the SQL branch that rejects a row whose kind of event is unknown."""
    return f"WHEN kinds IS NULL AND {column} IS NOT NULL THEN {not_known(name, column)}"


# A tracking row does not always name its channel; then other fields imply it.
_CHANNEL: Final = """
    CASE
        WHEN channel_uri IS NOT NULL THEN
            CASE split_part(channel_uri, '/', -1)
                WHEN 'inApp' THEN 'in_app' WHEN 'directMail' THEN 'direct_mail'
                ELSE lower(split_part(channel_uri, '/', -1)) END
        WHEN starts_with(kind, 'pushtracking.') OR device IS NOT NULL THEN 'push'
        WHEN coalesce(address_domain, address) IS NOT NULL THEN 'email'
    END"""
