"""Firebase Cloud Messaging: the delivery data that it exports to BigQuery.

Names and values after the schema of the table ``firebase_messaging.data``, in files of any kind
that BigQuery writes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from campaign_live_widgets.sources.formats.esp import EspFormat, Mapping, digest
from campaign_live_widgets.sources.formats.sql import one_of

if TYPE_CHECKING:
    from collections.abc import Collection

_REFUSED: Final = (
    *("MISSING_REGISTRATIONS", "UNAUTHORIZED_REGISTRATION", "MESSAGE_RECEIVED_INTERNAL_ERROR"),
    *("MISMATCH_SENDER_ID", "QUOTA_EXCEEDED", "INVALID_REGISTRATION", "INVALID_PACKAGE_NAME"),
    *("INVALID_APNS_CREDENTIAL", "INVALID_PARAMETERS", "PAYLOAD_TOO_LARGE"),
    *("AUTHENTICATION_ERROR", "INVALID_TTL"),
)
_KINDS: Final = f"""
    CASE WHEN upper(shape) = 'TOPIC' THEN []::VARCHAR[]
         WHEN kind = 'MESSAGE_ACCEPTED' THEN ['sent']
         WHEN kind = 'MESSAGE_DELIVERED' THEN ['delivered']
         WHEN kind IN {one_of(_REFUSED)} THEN ['error'] END"""
_IDENTITY: Final = ("transmission", "instance", "kind", "seen_at", "project")
_SOMEBODY: Final = digest(f"concat_ws(chr(31), {', '.join(_IDENTITY)})")
_MAPPING: Final = Mapping(
    kinds=_KINDS,
    kind_name="event",
    address="NULL::VARCHAR",
    channel="'push'",
    platform="lower(device)",
    id="NULL::VARCHAR",
    identity=_IDENTITY,
    campaign="coalesce(label, bulk)",
    campaign_cause="campaign is missing: no analytics_label, no bulk_id",
    message="NULL::VARCHAR",
    # a message that is refused may have no app it was for
    profile=f"coalesce(instance, transmission, {_SOMEBODY})",
    execution_id="CASE WHEN label IS NOT NULL THEN bulk END",
    variant="NULL::VARCHAR",
    campaign_name="NULL::VARCHAR",
    message_name="NULL::VARCHAR",
    reason="CASE event_type WHEN 'error' THEN kind END",
    status_code="NULL::VARCHAR",
    bounce_type="NULL::VARCHAR",
    test="NULL::VARCHAR",
)


class Fcm(EspFormat, name="fcm"):
    """Rows of Firebase Cloud Messaging's delivery data."""

    mapping: ClassVar = _MAPPING
    fields: ClassVar = {
        "time": ("event_timestamp",),
        "kind": ("event",),
        "project": ("project_number",),
        "transmission": ("message_id",),
        "instance": ("instance_id",),
        "shape": ("message_type",),
        "device": ("sdk_platform",),
        "label": ("analytics_label",),
        "bulk": ("bulk_id",),
    }

    def recognises(self, paths: Collection[str]) -> bool:
        """Return whether there are the columns of the exported table."""
        return {"event_timestamp", "event", "message_type", "sdk_platform"} <= set(paths)
