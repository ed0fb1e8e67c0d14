"""The switches of ``campaign-live report``: scope of text and CSV, numbers of JSON."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING

import pytest

from campaign_live_widgets.app.cli.main import main
from campaign_live_widgets.snapshots.verify.invariants import broken

if TYPE_CHECKING:
    from pathlib import Path

OPENS = {None: 1, False: 2, True: 4}
"""Whether an open is a machine's → how many there are."""


@pytest.fixture
def source(tmp_path: Path) -> str:
    common = {"campaign_id": "c", "message_id": "m", "channel": "email"}
    rows = [
        {**common, "event_type": kind, "profile_id": f"p{number}", "is_machine": judged}
        for kind, judged, number in (
            *(("sent", None, number) for number in range(8)),
            *(("open", judged, n) for judged, count in OPENS.items() for n in range(count)),
        )
    ]
    lines = [
        json.dumps({**row, "event_id": str(i), "timestamp": "2026-11-20T12:00:00Z"})
        for i, row in enumerate(rows)
    ]
    path = tmp_path / "events.ndjson"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def report(capsys: pytest.CaptureFixture[str], source: str, *options: str) -> str:
    """Return what the command prints."""
    with pytest.raises(SystemExit) as ended:
        main(["report", source, "--at", "2026-11-20T13:00:00Z", *options])
    assert not ended.value.code
    return capsys.readouterr().out


@pytest.mark.parametrize(("machines", "opens"), [("include", 7), ("exclude", 3), ("only", 4)])
def test_machines_change_opens_alone(
    capsys: pytest.CaptureFixture[str], source: str, machines: str, opens: int
) -> None:
    printed = json.loads(report(capsys, source, "--format", "json", "--machines", machines))
    tile = printed["widgets"]["email.metrics_by_message"]
    row = dict(zip(tile["columns"], tile["rows"][0], strict=True))
    assert (row["sent"], row["opens"]) == (8, opens)


def test_the_scope_is_in_the_head_and_in_the_first_line_of_csv(
    capsys: pytest.CaptureFixture[str], source: str
) -> None:
    text = report(capsys, source, "--machines", "exclude", "--locale", "fr")
    assert "sans les ouvertures et clics de machines" in text.splitlines()[1]
    table = report(capsys, source, "--machines", "only", "--format", "csv")
    first, *_ = csv.reader(io.StringIO(table, newline=""))
    assert first[0] == "report"
    assert first[1].endswith("of opens and clicks, only those of machines")


def test_nothing_is_added_by_default(capsys: pytest.CaptureFixture[str], source: str) -> None:
    table = report(capsys, source, "--format", "csv")
    assert not table.startswith("report")
    assert table == report(capsys, source, "--format", "csv", "--machines", "include")


def test_an_unknown_value_is_named(capsys: pytest.CaptureFixture[str], source: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["report", source, "--machines", "some"])
    assert ended.value.code == 2
    assert "--machines" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("basis", "share", "whole"),
    [
        ("default", 6 / 8, "Sent"),
        ("sent", 6 / 8, "Sent"),
        ("delivered", 1.0, "Delivered"),
        ("decided", 6 / 7, "Delivered + bounces"),
        ("targeted", 6 / 10, "Targeted"),
    ],
)
def test_shares_divide_by_the_basis(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, basis: str, share: float, whole: str
) -> None:
    counts = {"sent": 8, "delivered": 6, "bounce": 1, "excluded": 2}
    common = {"campaign_id": "c", "message_id": "m", "channel": "email", "profile_id": "p"}
    common |= {"timestamp": "2026-11-20T12:00:00Z"}
    path = tmp_path / "events.ndjson"
    lines = [
        json.dumps({**common, "event_id": f"{kind}-{n}", "event_type": kind})
        for kind, count in counts.items()
        for n in range(count)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    printed = json.loads(report(capsys, str(path), "--format", "json", "--basis", basis))
    first, *_ = printed["widgets"]["email.sending_statistics"]["rows"]
    assert first == ["delivered", 6, pytest.approx(share)]
    assert printed.get("basis", "default") == basis
    assert not list(broken(printed)), "verify knows the divisor"
    text = report(capsys, str(path), "--basis", basis)
    assert f"{share:.1%}".removesuffix(".0%").removesuffix("%") in text
    assert f"of {whole.lower()}" in text
    table = report(capsys, str(path), "--format", "csv", "--basis", basis)
    assert table.startswith("report") == (basis != "default")
    assert (f"Share ÷ {whole}" in table) == (basis not in ("default", "sent"))
    of = printed["widgets"]["email.sending_statistics"]["of"]
    assert of == {"share": whole}


def test_domains_of_few_people_share_a_row(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    people = {"large.example": 12, "small.example": 4, "tiny.example": 9}
    common = {"campaign_id": "c", "message_id": "m", "channel": "email", "event_type": "open"}
    common |= {"timestamp": "2026-11-20T12:00:00Z"}
    path = tmp_path / "events.ndjson"
    lines = [
        json.dumps({**common, "event_id": f"{d}-{n}", "profile_id": f"{d}-{n}", "domain": d})
        for d, count in people.items()
        for n in range(count)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    printed = json.loads(report(capsys, str(path), "--format", "json", "--small-cells", "10"))
    assert printed["small_cells"] == 10
    rows = printed["widgets"]["email.recipient_domains"]["rows"]
    assert [row[:2] for row in rows] == [["large.example", 12], ["other domains", 13]]
    assert not list(broken(printed))
    text = report(capsys, str(path), "--small-cells", "10", "--locale", "fr")
    assert "Autres domaines" in text
    assert "domaines et liens de moins de 10 personnes sur une ligne" in text
    for form in ("text", "json", "csv"):
        printed = report(capsys, str(path), "--format", form, "--small-cells", "10")
        assert "small.example" not in printed
        assert "tiny.example" not in printed
        assert "small.example" in report(capsys, str(path), "--format", form)
