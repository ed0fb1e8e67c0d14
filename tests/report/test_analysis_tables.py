"""The tiles on providers, causes, codes, links and machines equal a second computation."""

from __future__ import annotations

import random
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.catalog.providers import Families
from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.report import frame_csv, tile_table, to_csv, to_json
from campaign_live_widgets.snapshot import Selection
from tests import oracle, oracle_analysis
from tests.support.events import files
from tests.support.events.generate import AT, END, WINDOWS
from tests.support.events.memory import Event, alike, snapshot_of

if TYPE_CHECKING:
    from pathlib import Path

    from campaign_live_widgets.snapshot import Snapshot

    Row = dict[str, Any]

DOMAINS = (
    *("gmail.com", "googlemail.com", "Hotmail.co.uk", "outlook.com", "live.example.com"),
    *("yahoo.fr", "yahoo.co.jp", "gmx.net", "icloud.com", "wanadoo.fr", "mail.example", None),
)
REASONS = (
    *("Mailbox-Full", "Spam-Block", "Relaying-Denied", "Generic-Bounce", "Auto-Reply"),
    *("550 5.1.1 user unknown", "unknown", "", None),
)
CODES = ("5.1.1", "4.2.1", "5.7.26", "5.7.28", "550", "4.4.7", "9.9.9", "unknown", None)
URLS = (
    *("https://Shop.example.com/sale/?utm=x#top", "https://example.com/", "mailto:a@b.c"),
    *("https://x.example/u/ana%40mail.com/prefs", "https://x.example/c/9f8e7d6c5b4a39281706abcd"),
    *(f"http://x.example/page-{i}" for i in range(60)),
    *("no url", None),
)
KINDS = ("sent",) * 8 + ("delivered",) * 7 + ("bounce",) * 3
KINDS += ("delay", "open", "open", "click", "click", "spam_complaint", "error", "unsubscribe")


@cache
def rows() -> list[Row]:
    """Return events of two campaigns, some of them twice; most are in a quarter of an hour."""
    rng = random.Random(5)  # noqa: S311 - test data
    made = []
    for number in range(9_000):
        kind = rng.choice(KINDS)
        minutes = rng.choice((14, 14, 14, 200, 60 * 30))
        has_detail = kind in ("bounce", "delay")
        made.append(
            {
                "event_id": f"e{number}",
                "timestamp": END - timedelta(seconds=rng.randrange(1, minutes * 60)),
                "campaign_id": rng.choice(("c1",) * 9 + ("c2",)),
                "message_id": rng.choice(("m1", "m2")),
                "channel": rng.choice(("email",) * 9 + ("push",)),
                "profile_id": f"p{rng.randrange(500)}",
                "event_type": kind,
                "reason": rng.choice(REASONS) if has_detail else None,
                "status_code": _code(rng) if has_detail else None,
                "bounce_type": rng.choice(("hard", "soft", "ignored", None))
                if kind == "bounce"
                else None,
                "is_async": rng.choice((True, False, None)) if kind == "bounce" else None,
                "domain": rng.choice(DOMAINS),
                "url": rng.choice(URLS) if kind == "click" else None,
                "is_machine": rng.choice((True, False, None)),
                "machine_reason": rng.choice(("prefetch", "vendor_flag", None)),
                "is_test": rng.choice((None, False, False, True)),
            }
        )
    return made + rng.sample(made, 300)


def _code(rng: random.Random) -> str | None:
    return rng.choice((*CODES, f"5.1.{rng.randrange(80)}"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("events")
    for number, part in enumerate(files.split(rows(), 3, seed=1)):
        files.write(part, folder / f"part-{number}.{('parquet', 'csv', 'ndjson')[number]}")
    return folder


def wanted(window: str, **options: Any) -> Row:  # noqa: ANN401 - of the oracle
    events = pd.DataFrame(rows(), columns=list(oracle.COLUMNS), dtype=object)
    report: Row = oracle.report(events, "c1", AT, WINDOWS[window], **options)
    return report


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("include_tests", [False, True])
@pytest.mark.parametrize("window", ["15m", "24h", "7d"])
def test_every_tile_equals_the_oracle(
    folder: Path, window: str, locale: str, *, include_tests: bool
) -> None:
    rollup = open_rollup(folder, campaign="c1")
    rollup.refresh()
    snapshot = rollup.snapshot(at=AT, window=WINDOWS[window], include_tests=include_tests)
    right = wanted(window, include_tests=include_tests, locale=locale)
    got = to_json(snapshot, locale)
    for name, widget in right["widgets"].items():
        assert got["widgets"][name] == widget, name
    assert got == right


def test_the_events_have_every_case() -> None:
    widgets = wanted("24h")["widgets"]
    providers = {row[0]: row for row in widgets["deliverability.providers"]["rows"]}
    assert list(providers)[-2:] == ["other", "unknown"]
    assert {"yahoo", "yahoo_japan", "microsoft", "gmail"} <= set(providers)
    assert providers["gmail"][12] is None
    assert providers["yahoo"][12] is not None
    for name in ("deliverability.bounce_codes", "email.links"):
        assert len(widgets[name]["rows"]) == 51
        assert widgets[name]["rows"][-1][0] == "others"
    classes = {row[0] for row in widgets["deliverability.bounce_classes"]["rows"]}
    assert classes >= {"address", "volume", "authentication", "reputation", "unclassified"}
    rates = [row[1] for row in widgets["deliverability.failures_over_time"]["rows"]]
    assert {rate is None for rate in rates} == {True, False}
    assert len(widgets["email.machine_reasons"]["rows"]) == 3


def test_a_selection_is_of_its_messages_alone(folder: Path) -> None:
    rollup = open_rollup(folder, campaign="c1")
    rollup.refresh()
    selection = Selection(frozenset(["m1"]))
    snapshot = rollup.snapshot(at=AT, window=WINDOWS["24h"], selection=selection)
    assert to_json(snapshot)["widgets"] == wanted("24h", messages=["m1"])["widgets"]


def test_events_in_any_order_and_number_of_refreshes_give_the_same_tiles(tmp_path: Path) -> None:
    rollup = open_rollup(tmp_path, campaign="c1", follow=True)
    parts = files.split(rows(), 4, seed=3)
    for number, part in enumerate(reversed(parts)):
        files.write(part, tmp_path / f"{number}.parquet")
        rollup.refresh()
        snapshot = rollup.snapshot(at=AT, window=WINDOWS["24h"])
    assert to_json(snapshot)["widgets"] == wanted("24h")["widgets"]


def test_other_families_need_no_new_reading(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rollup = open_rollup(folder, campaign="c1")
    rollup.refresh()
    own = Families([("mail.example", "in_house"), ("gmail.com", "other")])
    snapshot = rollup.counts_of().snapshot(at=AT, window=WINDOWS["24h"], families=own)
    monkeypatch.setattr(
        oracle_analysis,
        "family",
        lambda domain: (
            "unknown" if domain is None else "in_house" if domain == "mail.example" else "other"
        ),
    )
    assert to_json(snapshot)["widgets"] == wanted("24h")["widgets"]


def test_the_rows_of_the_other_tiles_do_not_depend_on_details(folder: Path) -> None:
    plain = [row | {"url": None, "status_code": None, "machine_reason": None} for row in rows()]
    plain = [row | {"is_machine": None} for row in plain]
    tables = [_csv_of(made) for made in (rows(), plain)]
    assert tables[0] == tables[1]
    assert len(tables[0]) == len(oracle.WIDGETS)
    assert folder.is_dir()


def _csv_of(made: list[Row]) -> list[str]:
    events = [
        Event(
            row["event_type"],
            row["channel"],
            at=row["timestamp"],
            message_id=row["message_id"],
            **{name: row[name] for name in ("reason", "bounce_type", "domain", "is_async")},
            **{name: row[name] for name in ("is_machine", "machine_reason", "status_code")},
            link=row["url"],
        )
        for row in made[:500]
    ]
    snapshot = snapshot_of(events, END)
    return [frame_csv(tile_table(TILES[name], snapshot)) for name in oracle.WIDGETS]


def _verdicts(events: list[Event]) -> dict[str, str]:
    table = tile_table(TILES["deliverability.providers"], snapshot_of(events))
    return dict(zip(table.codes(), table.values("verdict"), strict=True))


@pytest.mark.parametrize(
    ("failures", "decided", "verdict"),
    [(60, 1_000, "watch"), (13, 1_000, "ok"), (120, 1_000, "over"), (2, 30, "thin")],
)
def test_a_provider_is_judged_by_its_failures(failures: int, decided: int, verdict: str) -> None:
    events = alike("bounce", "gmail.com", failures, bounce_type="hard")
    events += alike("delivered", "gmail.com", decided - failures)
    assert _verdicts(events) == {"gmail": verdict}


def test_complaints_worsen_the_verdict_of_those_who_report_them() -> None:
    events = [e for d in ("gmail.com", "yahoo.com") for e in alike("delivered", d, 300)]
    assert _verdicts(events) == {"gmail": "ok", "yahoo": "thin"}
    events += [e for d in ("gmail.com", "yahoo.com") for e in alike("spam_complaint", d, 10)]
    assert _verdicts(events) == {"gmail": "ok", "yahoo": "over"}


def _widget(snapshot: Snapshot, name: str) -> Row:
    widget: Row = to_json(snapshot)["widgets"][name]
    return widget


def test_no_event_gives_no_row_and_that_state() -> None:
    for name in oracle_analysis.TITLES:
        widget = _widget(snapshot_of([]), name)
        assert widget["state"] == "none"
        assert not any(map(any, (row[1:] for row in widget["rows"])))


def test_the_csv_of_the_whole_report_ends_with_these_tiles() -> None:
    text = to_csv(snapshot_of(alike("bounce", "gmail.com", 3, status_code="5.1.1")))
    order = [text.index(f"\r\n{name},") for name in (*oracle.WIDGETS, *oracle_analysis.TITLES)[1:]]
    assert order == sorted(order)
    assert 'Failure rate,"Failure rate, 95% interval: low"' in text
    assert "Provider,Address does not exist,Domain takes no mail," in text
    assert "gmail,0,-3" not in text
