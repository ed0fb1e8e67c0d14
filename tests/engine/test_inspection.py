"""``inspect``: what it shows of a source, what it never shows, and the mapping it writes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from campaign_live_widgets.app.cli.main import main
from campaign_live_widgets.engine.inspection.shapes import examples, forms_of, kind_of, masked
from campaign_live_widgets.sources.mapping.load import load_mapping
from tests.conformance.every_source import SOURCES, Place, Source
from tests.sources.mapping.test_documented_examples import written
from tests.sources.mapping.test_mapped_files import counts_of
from tests.support.events import mapped
from tests.support.events.stream import events

if TYPE_CHECKING:
    from pathlib import Path


def inspected(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["inspect", *arguments])
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


def test_shapes_show_no_letter_and_no_digit_of_a_value() -> None:
    assert masked("Ann O'Neil <ann@x.example>") == "xxx x'xxxx <xxx@x.xxxxxx…"
    assert masked("20/11/2026 13:01") == "99/99/9999 99:99"
    assert examples(["ann", "bob", "ann", "zoé"]) == ("xxx",)
    assert examples(["Opened", "Hard Bounce", "Odd"]) == ("Opened", "Hard Bounce", "Odd")
    assert examples(["opened by 123456", "open"]) == ("xxxxxx xx 999999", "xxxx")


def test_kinds_and_forms() -> None:
    assert kind_of(["a@x.example", "B <b@x.example>"]) == "address"
    assert (kind_of(["1", "2.5"]), kind_of(["true"]), kind_of([])) == ("number", "flag", "empty")
    assert forms_of(["2026-11-20T12:00:00Z", "2026-11-20"]) == ()
    assert forms_of(["1795176000000"]) == ("epoch_ms",)
    assert forms_of(["20/11/2026 13:01", "01/02/2026 13:01"]) == ("%d/%m/%Y %H:%M",)
    assert forms_of(["1/2/2026"]) == ("%d/%m/%Y", "%m/%d/%Y")
    assert forms_of(["12", "13"]) is None


def test_a_mapping_that_is_written_reports_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(tmp_path, "A CSV of your own")
    written(tmp_path, "A campaign export of Mailchimp")
    target = tmp_path / "new.toml"
    code, out, err = inspected(capsys, str(tmp_path), "--write-mapping", str(target))
    assert code == 0
    assert "exports/spring-sale.csv" in out
    assert "99/99/9999 99:99" in out
    assert "ann@" not in out + err
    assert "unknown user" not in out + err
    source = f"{target}:{tmp_path}"
    text = target.read_text(encoding="utf-8").replace('zone = "UTC"', 'zone = "Europe/Paris"')
    target.write_text(text, encoding="utf-8")
    counted = counts_of(source, "spring-sale")
    wanted = {"sent": 2, "delivered": 1, "bounces": 1, "opens": 3, "clicks": 1, "rejected": 0}
    assert counted | wanted == counted
    code, _, err = inspected(capsys, str(tmp_path), "--write-mapping", str(target))
    assert (code, "exists already" in err) == (2, True)


PUT = [source for source in SOURCES if source.mark is None and "store" not in source.name]


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("source", PUT, ids=[source.name for source in PUT])
def test_nothing_of_a_person_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], source: Source
) -> None:
    """Addresses, ids of people, and replies of servers: not in text, JSON, causes or notes."""
    rows = [
        row | {"profile_id": f"zq{number}qz", "reason": row["reason"]}
        for number, row in enumerate(events(1))
        if source.expresses(row)
    ]
    address = source.new(Place(tmp_path, lambda _: None))(rows).rpartition(".toml:")[2]
    printed = ""
    for form in ("text", "json"):
        code, out, err = inspected(capsys, address, "--format", form)
        assert code == 0, err
        printed += out + err
    assert json.loads(out)["groups"]
    for private in ("zq", "qz", "over quota", "user unknown", "not now", "5.1.1", "5.2.2"):
        assert private not in printed.lower(), private


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("form", ["csv", "ndjson", "parquet"])
def test_every_mapping_that_is_written_is_valid(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    source = next(one for one in SOURCES if one.name == f"mapped {form}")
    rows = [row for row in events(1) if source.expresses(row)]
    address = source.new(Place(tmp_path, lambda _: None))(rows).rpartition(".toml:")[2]
    target = tmp_path / "new.toml"
    code, _, _ = inspected(capsys, address, "--write-mapping", str(target))
    assert code == 0
    (rule,) = load_mapping(str(target)).rules
    assert rule.outcomes is not None
    assert {*mapped.KINDS.values()} & {*rule.outcomes.values}
