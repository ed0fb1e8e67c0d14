"""Details of events: in each engine the oracle's, and nothing that identifies who clicked."""

from __future__ import annotations

import random
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final, Literal

import pytest

from campaign_live_widgets.catalog.links import link_of
from campaign_live_widgets.engine import new_rollup, open_rollup
from campaign_live_widgets.engine.pushdown.connections import base
from campaign_live_widgets.report import to_json
from campaign_live_widgets.snapshot import Window
from tests.databases import detail_oracle
from tests.databases.test_every_engine import report_of, wanted
from tests.support.events import generate
from tests.support.events.generate import AT, END, WINDOWS
from tests.support.servers import tables
from tests.support.servers.engines import filled

if TYPE_CHECKING:
    from campaign_live_widgets.engine.base import Rollup
    from tests.support.servers.engines import Engine

Row = dict[str, Any]

PIECES: Final = (
    *("http://", "HTTPS://", "a+b-.c://", "1x://", "mailto:", "TEL:", "sms:", "Ex", "ample.COM"),
    *("\u00c9.example", "\u0130", "user:pw@", "@", ":80", ":", "::8", "[::1]", "/", "//", "?", "#"),
    *("a=1", "%40", "%2F", "123456", "12345", "/1234567/", "abcdefghij1234567890", "\u00e9" * 20),
    *("\u00e91" * 10, "1" * 20, "x" * 20, "x" * 19 + "1", "\n", "\r\n", "\t", " ", "\v", "\f"),
    *("\u00a0", "\u2028", "\u0085", "\U0001f600" * 9 + "ab1", "'", "\\", "$1", "\\1", "*", "."),
    *("\x1f", "\x01", "\x7f", "%", "{0}"),
)
SECRET: Final = "s3cret-0f-one-reader"  # noqa: S105 - made up


def urls(number: int) -> list[str]:
    """Return URLs that are put together by chance, half of them after a scheme."""
    rng = random.Random(number)  # noqa: S311 - test data
    some = ("".join(rng.choices(PIECES, k=rng.randrange(9))) for _ in range(number))
    return [f"{'https://' * (place % 2)}{url}" for place, url in enumerate(some)]


def clicks(addresses: list[str | None], **others: object) -> list[Row]:
    return [
        {
            "event_id": f"e{place}",
            "timestamp": END.replace(minute=place % 59),
            "campaign_id": "c1",
            "message_id": f"email-{place % 3}",
            "channel": "email",
            "profile_id": f"p{place % 7}",
            "event_type": "click",
            "url": url,
            "is_machine": (None, False, True)[place % 3],
            "machine_reason": ("prefetch", None, "odd\x1fone")[place % 5 % 3],
            **others,
        }
        for place, url in enumerate(addresses)
    ]


def links_of(rollup: Rollup) -> set[str | None]:
    counts = detail_oracle.counts_of(rollup.snapshot(at=AT, window=WINDOWS["24h"]))
    return {value[0] for dimension, value, *_ in counts if dimension == "detail"}


def test_links_are_the_same_in_every_engine(engine: Engine) -> None:
    rows = clicks([None, *urls(2000)])
    with closing(open_rollup(engine.url(filled(engine, rows)), "c1")) as rollup:
        assert report_of(rollup, "24h") == wanted(rows, "24h")
        expected = {link_of(row["url"]).replace("\x1f", " ") for row in rows}
        assert links_of(rollup) == expected
        assert len(expected) > 500


@pytest.mark.parametrize("machines", ["exclude", "only"])
def test_machines_are_left_out_or_counted_alone(
    engine: Engine, machines: Literal["exclude", "only"]
) -> None:
    rows = tables.typed(generate.events(4))
    some = [row for row in rows if counts_with(row, machines)]
    with closing(open_rollup(engine.url(filled(engine, rows)), "c1")) as rollup:
        for tests in (False, True):
            got = rollup.snapshot(
                at=AT, window=WINDOWS["7d"], include_tests=tests, machines=machines
            )
            assert detail_oracle.counts_of(got) == detail_oracle.counted(
                some, "c1", WINDOWS["7d"], tests=tests
            )
            assert to_json(got)["widgets"] == wanted(some, "7d", tests=tests)["widgets"]


def counts_with(row: Row, machines: str) -> bool:
    is_judged = row["event_type"] in ("open", "click")
    return not is_judged or (row["is_machine"] is True) == (machines == "only")


@pytest.mark.parametrize("window", [None, Window.ending(AT, WINDOWS["24h"])])
def test_urls_do_not_leave_the_database(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, window: Window | None
) -> None:
    """Neither at a first look, which reads in parts, nor of the rows of later ones."""
    address = f"https://{SECRET}@Shop.example:8080/offer/{SECRET}/?token={SECRET}#{SECRET}"
    rows = clicks([address] * 5)
    name = filled(engine, rows)
    seen: list[str] = []
    answered(monkeypatch, seen)
    alone = new_rollup(engine.url(name), "c1", follow=window is None, window=window)
    with closing(alone) as rollup:
        rollup.refresh()
        engine.insert(name, clicks([address], event_id="later"))
        rollup.refresh()
        assert links_of(rollup) == {"shop.example/offer/*"}
    assert any("shop.example" in text for text in seen)
    assert not any(SECRET in text for text in seen)


def test_addresses_and_replies_do_not_leave_the_database(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a domain, a code or the reason of a machine holds more than that."""
    person = f"{SECRET}@Mail.example"
    texts = (
        person,
        f"550 5.1.1 <{person}>: unknown",
        f"https://x.example/?t={SECRET}",
        "@",
        "5.1.1",
    )
    rows = clicks([None] * 5)
    for place, (row, text) in enumerate(zip(rows, texts, strict=True)):
        kind = ("bounce", "delay")[place % 2]
        row |= {"is_machine": True, "machine_reason": text, "domain": text}
        rows = [*rows, row | {"event_id": f"f{place}", "event_type": kind, "status_code": text}]
    name = filled(engine, rows)
    seen: list[str] = []
    answered(monkeypatch, seen)
    with closing(open_rollup(engine.url(name), "c1")) as rollup:
        assert report_of(rollup, "24h") == wanted(rows, "24h")
    assert any("mail.example" in text for text in seen)
    assert not any(SECRET in text for text in seen)


def answered(monkeypatch: pytest.MonkeyPatch, seen: list[str]) -> None:
    """Collect what each statement answers."""
    for kind in subclasses(base.Connection):
        for method in ("rows", "tables", "stream"):
            if method in vars(kind):
                monkeypatch.setattr(kind, method, watched(getattr(kind, method), seen))


def subclasses(kind: type) -> list[type]:
    kinds = [kind]
    for below in list[type](kind.__subclasses__()):
        kinds += subclasses(below)
    return kinds


def watched(method: Any, seen: list[str]) -> Any:  # noqa: ANN401 - of a connection
    def call(connection: Any, *given: Any) -> Any:  # noqa: ANN401
        for block in method(connection, *given):
            seen.append(str(block.to_pylist() if hasattr(block, "to_pylist") else block))
            yield block

    return call
