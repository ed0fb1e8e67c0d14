"""Files of any bytes, under any name: one clear line each, and the file beside them is counted."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from campaign_live_widgets.engine import open_rollup
from campaign_live_widgets.errors import CampaignLiveError
from tests.fuzz.budget import budget

pytestmark = pytest.mark.usefixtures("matrix")

EVENT: Final = {
    "event_id": "1",
    "timestamp": "2026-01-01T00:00:00Z",
    "campaign_id": "c1",
    "message_id": "m",
    "channel": "email",
    "profile_id": "p",
    "event_type": "sent",
}
LINE: Final = json.dumps(EVENT).encode() + b"\n"
ENGINES: Final = ("Error:", "duckdb", "Invalid Input", "Conversion", "read_csv", "Traceback")
"""Words of the engine and of Python, which mean nothing to the reader of a report."""
NAMES: Final = (
    *("a.csv", "a.ndjson", "a.json", "a.parquet", "a.csv.gz", "a.ndjson.zst", "a", "a.bz2", "a.xz"),
    *("a.avro", "a.tsv", "a.txt", "channel=email/a.parquet", "two\nlines.csv"),
)
HEADS: Final = (
    *(b"", b"PAR1", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"\xff\xfe", b"{", b"[", b"Obj\x01", b"BZh9"),
    *(b"\xfd7zXZ\x00", b"sep=;\n", b"\xef\xbb\xbf", b"\0\0\0\0", b"event_id,event_type\n", LINE),
)
PIECES: Final = (
    *(b'"', b",", b"\n", b"\r", b"{", b"}", b'\\"', b"a", b"\xe9", b"\0", b";", b"event_id"),
    b"event_type",
)


def _parquet() -> bytes:
    out = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist([EVENT]), out)
    return bytes(out.getvalue())


WHOLE: Final = (_parquet(), gzip.compress(LINE * 50), zstandard.compress(LINE * 50), LINE * 20)


@st.composite
def contents(draw: st.DrawFn) -> bytes:
    kind = draw(st.sampled_from(("bytes", "bent", "cut", "pieces")))
    if kind == "bytes":
        return draw(st.sampled_from(HEADS)) + draw(st.binary(max_size=300))
    if kind == "pieces":
        return b"".join(draw(st.lists(st.sampled_from(PIECES), max_size=80)))
    raw = bytearray(draw(st.sampled_from(WHOLE)))
    if kind == "cut":
        return bytes(raw[: draw(st.integers(0, len(raw) - 1))])
    for _ in range(draw(st.integers(1, 3))):
        raw[draw(st.integers(0, len(raw) - 1))] = draw(st.integers(0, 255))
    return bytes(raw)


@budget(40)
@given(name=st.sampled_from(NAMES), raw=contents())
def test_any_file_is_one_clear_line_and_costs_nothing_else(name: str, raw: bytes) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(raw)
        Path(folder, "good.ndjson").write_bytes(LINE)
        texts: list[str] = []
        for follow in (False, True):
            with_good = open_rollup(folder, "c1", follow=follow)
            with_good.close()
            assert with_good.health.events >= 1
            texts += [*with_good.health.notes, *(r.cause for r in with_good.health.rejects)]
        try:
            alone = open_rollup(path, "c1", follow=False)
            alone.close()
            texts += [*alone.health.notes, *(r.cause for r in alone.health.rejects)]
        except CampaignLiveError as error:
            texts.append(str(error))
        assert not [text for text in texts if any(word in text for word in ENGINES)]
