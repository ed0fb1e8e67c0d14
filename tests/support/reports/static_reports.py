"""Static reports for tests of what is drawn without a kernel: usual, hostile, empty."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from campaign_live_widgets.rendering.model.report_view import ReportView
from campaign_live_widgets.snapshot import Health, Message, Selection
from tests.support.events.memory import NOW, REJECT, Event, snapshot_of

if TYPE_CHECKING:
    from campaign_live_widgets.snapshot import Snapshot

HOSTILE: Final = (
    "</script><script>document.title='pwned'</script>"
    "\"><img src=x onerror=\"document.title='pwned'\"> & 'sons' "
    "<!-- \u202egnp.exe\u202c مرحبا\u200f\nline]]> --> \x00\x07 =1+1 " + "endless " * 1250
)
PROFILE: Final = "profile-that-must-stay-secret"


def usual() -> Snapshot:
    """Return a campaign in which every tile has rows."""
    events = []
    for i in range(12):
        at = NOW - timedelta(hours=i)
        mail = {"at": at, "message_id": f"m{i % 3}", "domain": f"mail{i % 4}.example"}
        platform = ("ios", "android", "web")[i % 3]
        push = {"at": at, "message_id": "p1", "channel": "push", "platform": platform}
        profile = {"profile": f"{PROFILE}-{i}"}
        events += [
            *(Event("sent", **mail, **profile) for _ in range(20 + i)),
            *(Event("delivered", **mail) for _ in range(15 + i)),
            *(Event("open", **mail) for _ in range(i)),
            *(Event("click", **mail) for _ in range(i % 3)),
            Event("bounce", reason="Mailbox-Full", bounce_type="soft", **mail),
            Event("bounce", reason=f"Reason-{i}", bounce_type="hard", **mail),
            Event("error", reason="DNS-Failure", **mail),
            Event("excluded", reason="Suppressed", **mail),
            Event("unsubscribe", **mail),
            *(Event("sent", **push) for _ in range(9)),
            *(Event("delivered", **push) for _ in range(8)),
            Event("bounce", reason="Expired", bounce_type="hard", **push),
            Event("open", **push),
            Event("action", reason="later", **push),
            Event("error", reason="No-Token", **push),
            Event("excluded", reason="Opted-Out", **push),
        ]
    health = Health(events=len(events), duplicates=3, rejected=1, rejects=(REJECT,))
    return snapshot_of(events, health=health)


def hostile() -> Snapshot:
    """Return a campaign whose every name is out to break the page."""
    events = []
    for i in range(12):
        names = {"message_id": f"{HOSTILE}{i % 4}", "reason": f"{HOSTILE[:300]}{i}"}
        events += [
            Event("sent", domain=f"{HOSTILE[:200]}{i}", **names),
            Event("open", domain=f"{HOSTILE[:200]}{i}", **names),
            *(Event("bounce", bounce_type="hard", **names) for _ in range(i + 1)),
            *(Event("error", **names) for _ in range(i + 1)),
            Event("excluded", **names),
            Event("delivered", channel="push", platform=HOSTILE[:400], **names),
            Event("error", channel="push", **names),
        ]
    reject = replace(REJECT, file=HOSTILE[:200], cause=HOSTILE[:400])
    health = Health(events=len(events), rejected=1, rejects=(reject,), notes=(HOSTILE[:200],))
    snapshot = snapshot_of(events, campaign_id=f"c{HOSTILE}", health=health)
    return replace(
        snapshot,
        campaign_name=HOSTILE,
        message_names={f"{HOSTILE}1": f"named {HOSTILE}"},
        ending="newest",
        messages=(Message(f"{HOSTILE}1", HOSTILE, ("email",), 1, NOW),),
        selection=Selection(frozenset({f"{HOSTILE}1"})),
        include_tests=True,
    )


def static_report(snapshot: Snapshot, locale: str = "en", time_zone: str = "UTC") -> ReportView:
    return ReportView(snapshot=snapshot, made_at=NOW, locale=locale, time_zone=time_zone)
