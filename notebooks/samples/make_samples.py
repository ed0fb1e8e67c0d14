"""Make the sample exports in this folder: ``python make_samples.py`` (needs pyarrow).

One synthetic campaign of two e-mails and two pushes to 600 profiles, on the morning of
20 November 2026, written the way Adobe Journey Optimizer's datasets come out of its exports:
nested Parquet, nested NDJSON and the flattened columns of its query service.
"""

# ruff: noqa: INP001 - a script, not part of a package
# ruff: noqa: S311 - chance for a believable campaign, not for secrets

from __future__ import annotations

import csv
import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from campaign_live_widgets.app.demo.story import DOMAINS, THROTTLING
from campaign_live_widgets.io.clock import rfc3339

Row = dict[str, Any]

HERE = Path(__file__).parent
SEED = 20261120
DAY = datetime(2026, 11, 20, tzinfo=UTC)
CAMPAIGN = "autumn-sale-2026"
PROFILES = 600

PLATFORMS = {"apns": 52, "fcm": 44, "apnsSandbox": 4}
WORDS: dict[str, dict[str, dict[Any, int]]] = {
    "email": {
        "outcomes": {"sent": 900, "exclude": 45, "bounce": 34, "error": 13, "denylist": 8},
        "bounce": {
            ("Hard", "Invalid-Recipient"): 9,
            ("Soft", "Mailbox-Full"): 6,
            ("Soft", "Soft-Bounce"): 3,
            ("Soft", "DNS-Failure"): 2,
            ("Ignored", "Auto-Reply"): 4,
            ("Ignored", "Undetermined"): 1,
        },
        "exclude": {
            "EmailNoConsent": 10,
            "Suppressed": 5,
            "ExcludedForControlRules": 4,
            "EmailNoAddressFoundInProfile": 2,
        },
        "error": {"EmailNoAddressFoundInProfileError": 4, "EmailNoBrandPresetDefinedError": 1},
    },
    "push": {
        "outcomes": {"sent": 880, "exclude": 55, "bounce": 35, "error": 30},
        "bounce": {("Hard", "missingPushCredential"): 3, ("Soft", "malformedNotification"): 2},
        "exclude": {
            "PushNoConsent": 5,
            "PushNoTokenFoundInProfile": 4,
            "RuntimeRenderingError": 1,
        },
        "error": {"PushNoValidTokenFoundForAppsError": 3, "PushNoTokenFoundInProfileError": 2},
    },
}
"""For each channel the outcomes of a thousand messages, and their reasons."""
CODES = {
    "Invalid-Recipient": {"5.1.1": 8, "5.1.6": 1},
    "Mailbox-Full": {"5.2.2": 1},
    "Soft-Bounce": {"4.4.1": 1, "5.7.26": 1, "5.7.1": 1},
    "DNS-Failure": {"5.1.2": 1},
    "Undetermined": {"550": 1},
    "Transient-Failure": {"4.2.1": 1},
    "Spam-Block": {"4.7.28": 1},
}
"""For each reason the codes that mail servers reply; none for the others."""
SCANNED, JUDGED, BLOCKED = 0.012, 0.85, 0.1
"""Shares: of e-mails whose links a machine follows, of opens and clicks that were judged, and of
e-mails that the provider that throttles refuses."""
PAGES = ("coats", "coats", "boots", "sale")


def pick(rng: random.Random, weights: dict[Any, int]) -> Any:  # noqa: ANN401 - whatever it holds
    """Return one key at random, by weight."""
    return rng.choices(list(weights), list(weights.values()))[0]


class Campaign:
    """The rows of the campaign, made message by message."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.details = random.Random(seed + 1)  # what is no part of the story's course
        self.feedback: list[Row] = []
        self.push: list[Row] = []
        self.tracking: list[Row] = []
        self.domains = [pick(self.rng, DOMAINS) for _ in range(PROFILES)]
        self.platforms = [pick(self.rng, PLATFORMS) for _ in range(PROFILES)]

    def row(
        self,
        message: str,
        profile: int,
        at: datetime,
        rng: random.Random | None = None,
        **parts: Row,
    ) -> Row:
        """Return one row about one message to one profile; *parts* join its payload."""
        channel = message.split("-", maxsplit=1)[0]
        inner: Row = {
            "messageExecution": {"campaignID": CAMPAIGN, "messageID": message},
            "messageProfile": {
                "messageProfileID": f"profile-{profile:04}",
                "channel": {"_id": f"https://ns.adobe.com/xdm/channels/{channel}"},
            },
        }
        if channel == "email":
            inner["emailChannelContext"] = {"domain": self.domains[profile]}
        else:
            inner["pushChannelContext"] = {"platform": self.platforms[profile]}
        at = at.replace(microsecond=at.microsecond // 1000 * 1000)
        return {
            "_id": f"{(rng or self.rng).getrandbits(48):012x}",
            "timestamp": at,
            "eventType": "message.feedback",
            "_experience": {"customerJourneyManagement": inner | parts},
        }

    def add_feedback(
        self, message: str, profile: int, at: datetime, status: str, **more: Row
    ) -> None:
        """Add a feedback row of the sending service."""
        feedback = {"feedbackStatus": status, "retryCount": 0, **more}
        row = self.row(message, profile, at, messageDeliveryfeedback=feedback)
        (self.feedback if message.startswith("email") else self.push).append(row)

    def later(self, median_minutes: float, spread: float = 1.0) -> timedelta:
        """Return how long a person takes: most are quick, some are slow."""
        return timedelta(minutes=median_minutes * self.rng.lognormvariate(0, spread))

    def chance(self, share: float) -> bool:
        """Return true in this share of the cases."""
        return self.rng.random() < share

    def outcome(self, message: str, profile: int, at: datetime) -> str:
        """Add the first feedback of one message, and return its status."""
        words = WORDS[message.partition("-")[0]]
        status = pick(self.rng, words["outcomes"])
        if status in ("exclude", "error"):
            part = "messageExclusion" if status == "exclude" else "messageFailure"
            self.add_feedback(
                message, profile, at, status, **{part: {"reason": pick(self.rng, words[status])}}
            )
        elif status == "denylist":
            failure = {"type": "Hard", "category": "sync", "reason": "Spam-Complaint"}
            self.add_feedback(message, profile, at, status, messageFailure=failure)
        elif status == "bounce":
            self.add_feedback(
                message, profile, at, status, messageFailure=self.failure(message, profile, "sync")
            )
        return status

    def failure(self, message: str, profile: int, category: str) -> Row:
        """Return why a message came back."""
        kind, reason = pick(self.rng, WORDS[message.partition("-")[0]]["bounce"])
        if self.is_throttled(message, profile):
            kind, reason = "Soft", "Spam-Block"
        return {"type": kind, "category": category, "reason": reason, **self.code(reason)}

    def code(self, reason: str) -> Row:
        """Return the code with which a server gave this reason, if it has one."""
        return {"code": pick(self.details, CODES[reason])} if reason in CODES else {}

    def is_throttled(self, message: str, profile: int) -> bool:
        """Return whether the recipient's provider takes little of this message."""
        return message == "email-last-hours" and self.domains[profile] in THROTTLING

    def email(self, message: str, profiles: list[int], start: datetime, minutes: float) -> None:
        """Send an e-mail at an even pace and let people react to it."""
        for place, profile in enumerate(profiles):
            at = start + timedelta(minutes=minutes * (place + self.rng.random()) / len(profiles))
            if self.outcome(message, profile, at) == "sent":
                self.accepted_email(message, profile, at)

    def accepted_email(self, message: str, profile: int, at: datetime) -> None:
        """Let an accepted e-mail be delayed, returned late, opened and clicked."""
        if self.is_throttled(message, profile):
            for wait in range(self.details.choice((0, 1, 1, 2, 3)), 0, -1):
                reason = self.details.choice(("Transient-Failure", "Spam-Block"))
                self.add_delay(
                    message, profile, at - wait * timedelta(seconds=50), reason, self.details
                )
            if self.details.random() < BLOCKED:
                failure = self.failure(message, profile, "sync")
                self.add_feedback(message, profile, at, "bounce", messageFailure=failure)
                return
        if self.chance(0.02):
            self.add_delay(message, profile, at, "Mailbox-Full")
            at += timedelta(minutes=self.rng.uniform(5, 30))
        self.add_feedback(message, profile, at, "sent")
        if self.chance(0.015):
            failure = self.failure(message, profile, "async")
            self.add_feedback(
                message, profile, at + self.later(20), "bounce", messageFailure=failure
            )
            return
        if self.chance(0.06):
            self.tracked(message, profile, at + timedelta(seconds=self.rng.uniform(2, 40)), "open")
            self.tracking[-1]["_experience"]["customerJourneyManagement"]["messageInteraction"] |= {
                "interactionType": "bot_open",
                "isBot": True,
            }
        if self.chance(0.36):
            self.opened(message, profile, at + self.later(32))
        if self.details.random() < SCANNED:
            moment = at + timedelta(seconds=self.details.uniform(2, 20))
            for page in sorted(set(PAGES)):  # a scanner follows all links at once
                self.tracked(
                    message,
                    profile,
                    moment,
                    "bot_click",
                    self.details,
                    url=self.link(page),
                    isBot=True,
                )

    def add_delay(
        self,
        message: str,
        profile: int,
        at: datetime,
        reason: str,
        rng: random.Random | None = None,
    ) -> None:
        """Add that a server asked to try again later."""
        code = {"code": "4.2.2"} if reason == "Mailbox-Full" else self.code(reason)
        failure = {"reason": reason, **code}
        feedback = {"feedbackStatus": "delay", "retryCount": 0, "messageFailure": failure}
        self.feedback.append(self.row(message, profile, at, rng, messageDeliveryfeedback=feedback))

    def link(self, page: str) -> str:
        """Return the address of a page as senders write it, with a token of the reader."""
        return f"https://shop.example/{page}?utm_source=email&t={self.details.getrandbits(64):016x}"

    def opened(self, message: str, profile: int, at: datetime) -> None:
        """Let a reader open an e-mail, perhaps again, and perhaps act on it."""
        self.tracked(message, profile, at, "open")
        if self.chance(0.12):
            self.tracked(message, profile, at + self.later(25), "open")
        if self.chance(0.24):
            url = self.link(self.rng.choice(PAGES))
            self.tracked(message, profile, at + self.later(1.2, 0.7), "click", url=url)
        if self.chance(0.018):
            self.tracked(message, profile, at + self.later(1), "unsubscribe")
        elif self.chance(0.012):
            self.tracked(message, profile, at + self.later(2), "spam_complaint")

    def tracked(
        self,
        message: str,
        profile: int,
        at: datetime,
        kind: str,
        rng: random.Random | None = None,
        **more: str | bool,
    ) -> None:
        """Add what a reader of an e-mail did, or a machine; most of it was judged."""
        interaction = {"interactionType": kind, **more}
        if kind in ("open", "click") and self.details.random() < JUDGED:
            interaction["isBot"] = False
        row = self.row(message, profile, at, rng, messageInteraction=interaction)
        self.tracking.append(row | {"eventType": "message.tracking"})

    def notify(self, message: str, profiles: list[int], start: datetime, minutes: float) -> None:
        """Send a push and let people tap it, press its button or dismiss it."""
        for profile in profiles:
            at = start + timedelta(minutes=minutes * self.rng.random())
            if self.outcome(message, profile, at) == "sent":
                self.add_feedback(message, profile, at, "sent")
                self.tapped(message, profile, at)

    def tapped(self, message: str, profile: int, at: datetime) -> None:
        """Let a person see a push."""
        if not self.chance(0.42):
            return
        row = self.row(message, profile, at + self.later(9, 1.2))
        row["eventType"] = "pushTracking.applicationOpened"
        if self.chance(0.45):
            row["eventType"] = "pushTracking.customAction"
            action = self.rng.choice(("Dismiss", "Dismiss", "Shop now"))
            row["pushNotificationTracking"] = {"customAction": {"actionID": action}}
        self.push.append(row)


def make(seed: int = SEED) -> Campaign:
    """Return the whole campaign, everything that came in by 12:15."""
    campaign = Campaign(seed)
    everyone = list(range(PROFILES))
    campaign.rng.shuffle(everyone)
    campaign.email("email-autumn-offer", everyone, DAY + timedelta(hours=8), 42)
    campaign.notify("push-doors-open", everyone[:170], DAY + timedelta(hours=9), 6)
    campaign.email("email-last-hours", everyone[350:], DAY + timedelta(hours=10, minutes=30), 18)
    campaign.notify("push-last-hours", everyone[100:190], DAY + timedelta(hours=11), 4)
    for profile in (0, 1, 2):
        proof = DAY + timedelta(hours=7, minutes=40 + profile)
        campaign.add_feedback("email-autumn-offer", profile, proof, "sent")
        inner = campaign.feedback[-1]["_experience"]["customerJourneyManagement"]
        inner["messageProfile"]["isTestExecution"] = True
    end = DAY + timedelta(hours=12, minutes=15)
    for name in ("feedback", "push", "tracking"):
        rows = [row for row in getattr(campaign, name) if row["timestamp"] < end]
        setattr(campaign, name, sorted(rows, key=lambda row: row["timestamp"]))
    return campaign


def text(at: datetime) -> str:
    """Return a time as the exports write it, to the millisecond."""
    return rfc3339(at, "milliseconds")


def write_ndjson(rows: list[Row], path: Path) -> None:
    """Write rows as one nested JSON object a line."""
    lines = (json.dumps(row, default=text, separators=(",", ":")) for row in rows)
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def write_parquet(rows: list[Row], path: Path) -> None:
    """Write rows as nested Parquet."""
    table = pa.Table.from_pylist(rows)
    names = table.column_names
    table = table.set_column(
        names.index("timestamp"),
        "timestamp",
        pa.array([row["timestamp"] for row in rows], pa.timestamp("ms", "UTC")),
    )
    pq.write_table(table, path, compression="zstd")


def flat(row: Row, path: str = "") -> Row:
    """Return a nested row as dotted, lower-case columns."""
    columns: Row = {}
    for name, value in row.items():
        key = f"{path}{name}".lower()
        if isinstance(value, dict):
            columns |= flat(value, f"{key}.")
        else:
            columns[key] = str(value).lower() if isinstance(value, bool) else value
    return columns


def write_csv(rows: list[Row], path: Path) -> None:
    """Write rows as the query service flattens them."""
    cells = [flat(row | {"timestamp": text(row["timestamp"])}) for row in rows]
    columns = list(dict.fromkeys(name for row in cells for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(cells)


if __name__ == "__main__":
    made = make()
    write_parquet(made.feedback, HERE / "ajo_nested.parquet")
    write_ndjson(made.push, HERE / "ajo_nested.ndjson")
    write_csv(made.tracking, HERE / "ajo_flattened.csv")
