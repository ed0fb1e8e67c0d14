"""JSON that is not in lines: when it is read, what of it, and the place of a rejected row."""

from __future__ import annotations

import gzip
import json
import os
from typing import TYPE_CHECKING, Any

import pytest
import zstandard

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources import Location, Tail

if TYPE_CHECKING:
    from pathlib import Path

    from campaign_live_widgets.engine import Rollup

Row = dict[str, Any]


def event(number: int, **more: object) -> Row:
    return {
        "email": f"p{number}@example.com",
        "timestamp": 1763640000 + number,
        "event": "processed",
        "sg_event_id": f"e{number}",
        "campaign_id": "c1",
        **more,
    }


def counts_of(rollup: Rollup) -> tuple[int, int, int, int]:
    health = rollup.health
    return health.events, health.duplicates, health.rejected, health.ignored


def once(path: Path) -> tuple[int, int, int, int]:
    return counts_of(open_rollup(path, "c1", follow=False))


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ('[{"a": 1}, {"a": 2}]', True),
        ('  [\n{"a": 1},\n{"a": 2}\n]\n', True),
        ('[{"a": 1}\n,{"a": 2}]\n', True),
        ('{\n  "a": 1\n}\n', True),
        ('{"a": {\n"b": 1}}', True),
        ('{"a": 1}{"a": 2}', True),
        ('\ufeff[{"a": 1}]', True),
        ('{"a": 1}\n{"a": 2}\n', False),
        ('{"a": 1}', False),
        ('[{"a": 1}]\n[{"a": 2}]\n', False),
        ('{"a": \n{"a": 2}\n', False),
        ('\n\n{"a": 1}\n', False),
        ('"text"\n{"a": 1}\n', False),
    ],
)
def test_first_lines_distinguish_documents(tmp_path: Path, text: str, document: bool) -> None:  # noqa: FBT001
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    (file_slice,) = Tail(Location.parse(tmp_path / "a.json"), follow=False).poll()
    assert (file_slice.file.kind == "json") is document


def test_an_incomplete_document_is_read_once_it_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    text = json.dumps([event(n) for n in range(4)])
    path.write_text(text[:-40], encoding="utf-8")
    rollup = open_rollup(tmp_path, "c1", follow=True)
    assert counts_of(rollup) == (0, 0, 0, 0)
    assert rollup.health.notes == ("a.json: incomplete JSON document: its end is missing (yet)",)
    path.write_text(text, encoding="utf-8")
    rollup.refresh()
    assert counts_of(rollup) == (4, 0, 0, 0)
    assert rollup.health.notes == ()


def test_an_incomplete_document_alone_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([event(1)])[:-3], encoding="utf-8")
    with pytest.raises(SourceError, match="its end is missing"):
        open_rollup(path, "c1", follow=False)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([event(1)]), encoding="utf-8")
    path.chmod(0)
    with pytest.raises(SourceError, match="Permission denied"):
        open_rollup(path, "c1", follow=False)


@pytest.mark.parametrize("ending", ["gz", "zst"])
def test_a_compressed_document_is_counted_once_it_is_complete(tmp_path: Path, ending: str) -> None:
    raw = json.dumps([event(n, note=str(n) * 40) for n in range(2000)]).encode()
    packed = gzip.compress(raw) if ending == "gz" else zstandard.compress(raw)
    path = tmp_path / f"a.json.{ending}"
    (tmp_path / "b.ndjson").write_text(json.dumps(event(9999)) + "\n", encoding="utf-8")
    rollup = open_rollup(tmp_path, "c1", follow=True)
    for size in (5, len(packed) // 2):
        path.write_bytes(packed[:size])
        rollup.refresh()
        assert rollup.health.events == 1
        assert len(rollup.health.notes) == 1
    path.write_bytes(packed)
    rollup.refresh()
    assert counts_of(rollup) == (2001, 0, 0, 0)
    assert rollup.health.notes == ()


def test_a_document_that_is_replaced_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([event(1), event(2)]), encoding="utf-8")
    rollup = open_rollup(tmp_path, "c1", follow=True)
    new = tmp_path / ".new"
    new.write_text(json.dumps([event(2), event(3), {"event": "x"}]), encoding="utf-8")
    os.replace(new, path)
    rollup.refresh()
    assert counts_of(rollup) == (2, 0, 1, 0)
    assert rollup.health.gone == 1


def test_a_document_that_grows_into_json_lines_is_read_as_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps([event(1)]), encoding="utf-8")
    rollup = open_rollup(tmp_path, "c1", follow=True)
    for number in (2, 3):
        with path.open("a", encoding="utf-8") as out:
            out.write("\n" + json.dumps([event(number), {"event": "x"}]))
            out.write("\n" if number == 3 else "")
        rollup.refresh()
    assert counts_of(rollup) == (3, 0, 2, 0)
    assert [reject.row for reject in rollup.health.rejects] == [2, 3]


def test_the_valid_elements_of_a_damaged_document_are_counted(tmp_path: Path) -> None:
    rows = [event(n) for n in range(6)]
    rows[2]["useragent"] = "\ud800"
    (tmp_path / "surrogate.json").write_text(json.dumps(rows), encoding="ascii")
    cut = json.dumps([event(n) for n in range(10, 14)], indent=1)
    (tmp_path / "cut.json").write_text(cut[: cut.rindex("{") + 30] + "]", encoding="utf-8")
    rollup = open_rollup(tmp_path, "c1", follow=False)
    assert counts_of(rollup) == (6 + 3, 0, 1, 0)
    assert [(r.file, r.row, r.cause) for r in rollup.health.rejects] == [
        ("cut.json", 4, "is not valid JSON")
    ]


def test_a_rejected_row_is_reported_by_its_place(tmp_path: Path) -> None:
    bad = event(0, timestamp="noon")
    pretty = json.dumps([event(1), event(2), bad], indent=2)
    (tmp_path / "a.json").write_text(pretty, encoding="utf-8")
    log = [[event(3), event(4)], [], [event(5), bad], [bad]]
    (tmp_path / "b.ndjson").write_text("".join(json.dumps(r) + "\n" for r in log), "utf-8")
    lines = [event(6), bad]
    (tmp_path / "c.ndjson").write_text("\n".join(map(json.dumps, lines)) + "\n", "utf-8")
    for follow in (True, False):
        rollup = open_rollup(tmp_path, "c1", follow=follow)
        assert counts_of(rollup) == (6, 0, 4, 1)
        assert [(r.file, r.row) for r in rollup.health.rejects] == [
            ("a.json", 3),
            ("b.ndjson", 3),
            ("b.ndjson", 4),
            ("c.ndjson", 2),
        ]


@pytest.mark.parametrize("text", ["[]", "[\n]\n", "[[], []]", "[{}]", "[1, null, [2]]", "{\n}"])
def test_documents_without_an_event_change_no_count(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    (tmp_path / "b.ndjson").write_text(json.dumps(event(1)) + "\n", encoding="utf-8")
    events, duplicates, rejected, ignored = once(tmp_path)
    assert (events, duplicates) == (1, 0)
    assert rejected + ignored == len(json.loads(text) or ([] if "[" in text else [0]))


def test_arrays_of_canonical_and_journey_optimizer_events_are_read(tmp_path: Path) -> None:
    row = {
        "event_id": "1",
        "timestamp": "2025-11-20T12:00:00Z",
        "campaign_id": "c1",
        "message_id": "m",
        "channel": "push",
        "profile_id": "p",
        "event_type": "sent",
    }
    (tmp_path / "a.json").write_text(json.dumps([row], indent=1), encoding="utf-8")
    log = json.dumps([row | {"event_id": "2"}]) + "\n" + json.dumps(row | {"event_id": "3"}) + "\n"
    (tmp_path / "b.json").write_text(log, encoding="utf-8")
    upper = {name.upper(): value for name, value in row.items()} | {"EVENT_ID": "4"}
    (tmp_path / "c.json").write_text(json.dumps([upper]), encoding="utf-8")
    inner = {
        "messageExecution": {"campaignID": "c1", "messageID": "m"},
        "messageProfile": {
            "messageProfileID": "p",
            "channel": {"_id": "https://ns.adobe.com/xdm/channels/push"},
        },
        "messageDeliveryfeedback": {"feedbackStatus": "sent"},
    }
    adobe = {
        "_id": "5",
        "timestamp": "2025-11-20T12:00:00Z",
        "_experience": {"customerJourneyManagement": inner},
    }
    (tmp_path / "d.json").write_text(json.dumps([adobe]), encoding="utf-8")
    assert once(tmp_path) == (6, 0, 0, 0)
