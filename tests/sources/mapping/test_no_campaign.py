"""Rows without a campaign: rejected with what would give them one, or kept if that is asked."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any
from zlib import crc32

import pytest

from campaign_live_widgets.app.cli.main import main
from campaign_live_widgets.engine import new_rollup
from campaign_live_widgets.report import to_json
from campaign_live_widgets.sources.mapping.load import KEEP
from campaign_live_widgets.store import Store
from tests import oracle
from tests.conformance.every_source import SOURCES, Place, Source
from tests.conformance.test_every_source import AT, SPANS, meant
from tests.sources.mapping.test_mapped_files import COLUMNS, ROWS, STATUSES, counts_of, write
from tests.support.events.stream import events

if TYPE_CHECKING:
    from pathlib import Path

NAME = "(no campaign)"
KINDS = ("ndjson", "csv", "parquet", "a file that grows", "xdm, nested", "sendgrid", "postmark")
WITH_CAMPAIGN = [source for source in SOURCES if source.name in KINDS]
RAW = {"sg_event_id": "1", "sg_message_id": "m", "event": "processed", "email": "p@x.example"}
RAW |= {"timestamp": 1795176000}


def test_the_line_names_the_vendor_and_the_mapping(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.ndjson"
    path.write_text(json.dumps(RAW) + "\n", encoding="utf-8")
    for arguments, line in (
        ((), "1 row of sendgrid without a campaign"),
        (("--no-campaign", "keep"), ""),
    ):
        with pytest.raises(SystemExit):
            main(["campaigns", str(path), "--format", "csv", *arguments])
        out, err = capsys.readouterr()
        assert line in err
        assert ('campaign_id = [{ own = true }, { path = "name" }]' in err) is bool(line)
        assert (NAME in out) is not bool(line)


@pytest.mark.usefixtures("matrix")
@pytest.mark.parametrize("source", WITH_CAMPAIGN, ids=[source.name for source in WITH_CAMPAIGN])
def test_kept_rows_are_counted_as_those_of_a_campaign(tmp_path: Path, source: Source) -> None:
    """The oracle counts the same rows with the campaign in them, read in two looks."""
    rows = [row for row in events(1) if source.expresses(row)]
    bare: list[dict[str, Any]] = []
    for row in rows:
        is_cut = crc32(str(row["event_id"]).encode()) % 3 == 0  # copies of an event are alike
        cut = row | {"campaign_id": None} if is_cut else row
        bare.append(cut if source.expresses(cut) else row)
    named = [row | {"campaign_id": row["campaign_id"] or NAME} for row in bare]
    named = [
        row | {"campaign_id": row["campaign_id"] if row["campaign_id"].strip() else NAME}
        for row in named
    ]
    assert any(row["campaign_id"] == NAME for row in named)
    put = source.new(Place(tmp_path, lambda _: None))
    half = len(bare) // 2
    with closing(new_rollup(f"{KEEP}{put(bare[:half])}", NAME)) as rollup:
        rollup.refresh()
        put(bare[half:])
        rollup.refresh()
        report = to_json(rollup.snapshot(at=AT, window=SPANS["all"]))
    report.pop("rejects", None)
    wanted = oracle.report(meant(source, named), NAME, AT, SPANS["all"], include_tests=False)
    assert report["health"] == wanted["health"]
    assert report["widgets"] == wanted["widgets"]


@pytest.mark.usefixtures("matrix")
def test_a_mapping_and_a_store_keep_them_too(tmp_path: Path) -> None:
    mapping = COLUMNS.replace('{ path = "name" }', '"campaign"') + STATUSES
    source = write(tmp_path, mapping, {"a.csv": ROWS})
    assert counts_of(f"{KEEP}{source}")["events"] == 6
    assert counts_of(f"{KEEP}{source}")["campaign"] == NAME
    with Store.open(tmp_path / "store") as store:
        assert store.ingest(source).rejected == 6
        assert store.ingest(f"{KEEP}{source}").events == 6
    assert counts_of(str(tmp_path / "store"))["campaign"] == NAME
