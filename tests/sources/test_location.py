"""Sources as people write them."""

from pathlib import Path

import pytest

from campaign_live_widgets.errors import SourceError
from campaign_live_widgets.sources import Location, Tail


def names(location: Location) -> list[str]:
    return [Path(f.path).name for f in location.files()]


def test_a_source_is_a_file_a_folder_or_a_glob_with_or_without_a_prefix(tmp_path: Path) -> None:
    for name in ("a.ndjson", "b.csv.gz", "c.parquet"):
        (tmp_path / name).write_bytes(b"")
    assert names(Location.parse(tmp_path)) == ["a.ndjson", "b.csv.gz", "c.parquet"]
    assert names(Location.parse(tmp_path / "b.csv.gz")) == ["b.csv.gz"]
    assert names(Location.parse(f"{tmp_path}/*.parquet")) == ["c.parquet"]
    prefixed = Location.parse(f"ajo:{tmp_path}")
    assert (prefixed.format, names(prefixed)) == ("ajo", ["a.ndjson", "b.csv.gz", "c.parquet"])
    for vendor in ("sendgrid", "ses", "mailgun", "postmark", "sparkpost"):
        assert Location.parse(f"{vendor}:{tmp_path}").format == vendor


def test_a_glob_is_watched_in_its_first_folder_without_a_wildcard(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    assert Location.parse(f"{tmp_path}/x/**/*.ndjson").watched == tmp_path / "x"
    assert Location.parse(tmp_path / "x").watched == tmp_path / "x"


def test_an_existing_folder_with_brackets_is_not_a_glob(tmp_path: Path) -> None:
    folder = tmp_path / "events [old]"
    folder.mkdir()
    (folder / "a.csv").write_bytes(b"")
    assert names(Location.parse(folder)) == ["a.csv"]


def test_a_file_with_an_unknown_extension_is_recognised_by_its_first_bytes(tmp_path: Path) -> None:
    for name, head, kind in (
        ("a.dat", b"PAR1....", "parquet"),
        ("b.log", b'  {"a":1}\n', "ndjson"),
        ("d.log", b'[{"a":1}]\n', "json"),
        ("c.txt", b"x,y\n", "csv"),
    ):
        (tmp_path / name).write_bytes(head)
        tail = Tail(Location.parse(tmp_path / name))
        tail.poll()
        (state,) = tail.files.values()
        assert state.detected is not None
        assert state.detected.kind == kind


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("nowhere/at/all", "no such file or folder"),
        ("nowhere/*.csv", "folder nowhere not found"),
        ("postgresql://user:secret@host/db", "only files can be read here"),
        ("", "the source is empty"),
    ],
)
def test_an_unreadable_source_is_an_error_with_its_cause(source: str, message: str) -> None:
    with pytest.raises(SourceError, match=message.replace("*", r"\*")) as caught:
        Location.parse(source).files()
    assert "secret" not in str(caught.value)
