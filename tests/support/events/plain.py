"""One canonical event with nothing special in it."""

from __future__ import annotations


def event(number: int, **more: object) -> dict[str, object]:
    """Return an event that differs from others by its number, with *more* columns or others."""
    return {
        "event_id": f"e{number}",
        "timestamp": "2026-02-03T04:05:06Z",
        "campaign_id": "c1",
        "message_id": "m1",
        "channel": "email",
        "profile_id": f"p{number}",
        "event_type": "sent",
        **more,
    }
