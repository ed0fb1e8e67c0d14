"""Drafts of snapshots: complete or absent, also with concurrent and killed writers."""

import json
import os
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from campaign_live_widgets.errors import ArchiveError
from campaign_live_widgets.snapshots import Draft, Manifest
from campaign_live_widgets.snapshots.draft import sweep
from campaign_live_widgets.snapshots.manifest import written

WHEN = datetime(2026, 11, 23, 15, 5, tzinfo=UTC)
REPORT = {
    "campaign_id": "spring",
    "campaign_name": None,
    "window": {
        "start": "2026-11-22T15:05:00Z",
        "end": "2026-11-23T15:05:00Z",
        "bucket_seconds": 900,
    },
    "newest_event": None,
    "health": {"events": 0, "duplicates": 0, "rejected": 0, "ignored": 0},
    "widgets": {"email.summary": {"columns": ["bucket", "sent"], "rows": [["a", 1], ["b", 2]]}},
}
MANIFEST = Manifest.of(
    REPORT,
    parameters={"source": "env:EVENTS"},
    made_at=WHEN,
    locale="en",
    time_zone="UTC",
    formats=("csv",),
)


def names(out: Path) -> list[str]:
    return sorted(path.name for path in out.iterdir() if path.name != ".lock")


def make(out: Path, text: str = "1\r\n") -> Path:
    with Draft(out, "spring") as draft:
        (draft.folder / "widgets").mkdir()
        (draft.folder / "widgets" / "a.csv").write_text(text)
        return draft.publish(MANIFEST)


def test_a_draft_is_hidden_until_it_is_published(tmp_path: Path) -> None:
    out = tmp_path / "deep" / "snapshots"
    with Draft(out, "spring") as draft:
        (draft.folder / "a.csv").write_text("1")
        assert draft.folder.parent == out
        assert [name[:15] for name in names(out)] == [".making-spring-"]
        made = draft.publish(MANIFEST)
    assert made == draft.folder == out / "spring"
    assert names(out) == ["spring"]
    assert names(made) == ["a.csv", "manifest.json"]
    assert Manifest.read(made).files == written(made)
    assert Manifest.read(made).rows == {"email.summary": 2}


def test_existing_files_are_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "spring-2").mkdir()
    (tmp_path / "spring-3").write_text("a file")
    folders = [make(tmp_path, str(number)).name for number in range(3)]
    assert folders == ["spring", "spring-4", "spring-5"]
    assert (tmp_path / "spring" / "widgets" / "a.csv").read_text() == "0"
    assert not list((tmp_path / "spring-2").iterdir())


def test_an_unpublished_draft_is_deleted(tmp_path: Path) -> None:
    with Draft(tmp_path, "spring") as draft:
        (draft.folder / "a.csv").write_text("1")
    assert names(tmp_path) == []


def test_a_failed_run_keeps_its_notebook_and_the_reason(tmp_path: Path) -> None:
    draft = Draft(tmp_path, "spring", parameters={"source": "env:EVENTS"}, clock=lambda: WHEN)
    (draft.folder / "notebook.ipynb").write_text("{}")
    (draft.folder / "report.html").write_text("half")
    (draft.folder / "widgets").mkdir()
    (draft.folder / "widgets" / "a.csv").write_text("half")
    made = draft.fail("a cell\nraised:   ValueError")
    assert made == tmp_path / "spring.failed"
    assert names(made) == ["failed.json", "notebook.ipynb"]
    assert json.loads((made / "failed.json").read_text()) == {
        "schema_version": 1,
        "failed_at": "2026-11-23T15:05:00Z",
        "reason": "a cell raised: ValueError",
        "parameters": {"source": "env:EVENTS"},
    }
    assert Draft(tmp_path, "spring").fail("again").name == "spring.failed-2"


def test_an_error_inside_a_draft_marks_it_as_failed(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Draft(tmp_path, "spring"):
        _ = 1 / 0
    with pytest.raises(KeyboardInterrupt), Draft(tmp_path, "spring"):
        raise KeyboardInterrupt
    assert names(tmp_path) == ["spring.failed", "spring.failed-2"]
    failures = [
        json.loads((tmp_path / name / "failed.json").read_text()) for name in names(tmp_path)
    ]
    assert [one["reason"] for one in failures] == [
        "ZeroDivisionError: division by zero",
        "interrupted",
    ]


def test_the_draft_of_an_active_run_is_not_deleted(tmp_path: Path) -> None:
    with Draft(tmp_path, "spring") as draft, Draft(tmp_path, "spring") as other:
        assert sweep(tmp_path) == []
        assert draft.folder.is_dir()
        assert other.folder.is_dir()
        (other.folder / "a.csv").write_text("1")
        assert draft.publish(MANIFEST).name == "spring"
        assert other.publish(MANIFEST).name == "spring-2"


def test_an_unwritable_folder_is_a_one_line_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArchiveError, match=r"file: no snapshot can be written there: "):
        Draft(tmp_path / "file", "spring")
    with pytest.raises(ArchiveError, match=r"/dev/null/x: no snapshot"):
        Draft(Path("/dev/null/x"), "spring")


def test_an_invalid_manifest_is_a_one_line_error(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    with pytest.raises(ArchiveError, match=r"is not a snapshot: manifest\.json: No such file"):
        Manifest.read(tmp_path)
    whole = MANIFEST.to_json()
    for text, message in (
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("\udcff", "is not JSON"),
        ("[]", "is not the manifest"),
        ('{"name": "a web page", "icons": []}', "is not the manifest"),
        (json.dumps(whole | {"schema_version": 3}), "schema version 3; this version"),
        (json.dumps(whole | {"rows": 3}), "'rows' is not as expected"),
        (json.dumps(whole | {"files": {"a": 3}}), "a part of it is not"),
        (json.dumps(whole | {"window": {}}), "a part of it is not"),
        (json.dumps(whole | {"as_of": "soon"}), "a part of it is not"),
        (json.dumps(whole | {"figures": {"email": 3}}), "a part of it is not"),
    ):
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        with pytest.raises(ArchiveError, match=message) as caught:
            Manifest.read(tmp_path)
        assert "\n" not in str(caught.value)
    path.write_text(json.dumps(whole | {"later": "fields are left aside"}))
    assert Manifest.read(tmp_path) == MANIFEST


def test_threads_that_publish_concurrently_get_separate_folders(tmp_path: Path) -> None:
    together = threading.Barrier(6)
    made: list[Path] = []

    def run(number: int) -> None:
        together.wait()
        made.extend(make(tmp_path, f"{number} {turn}") for turn in range(4))

    threads = [threading.Thread(target=run, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == len(set(made)) == 24
    texts = {(path / "widgets" / "a.csv").read_text() for path in made}
    assert texts == {f"{n} {t}" for n in range(6) for t in range(4)}
    assert sorted(path.name for path in made) == names(tmp_path)


WRITER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.snapshots.test_draft import make
print("ready", flush=True)
for turn in range(int(sys.argv[3])):
    make(Path(sys.argv[1]), sys.argv[4] + " " + str(turn))
    print(turn, flush=True)
"""


def writer(out: Path, turns: int, name: str) -> "subprocess.Popen[bytes]":
    code = [sys.executable, "-c", WRITER, str(out), str(Path(__file__).parent), str(turns), name]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen(code, stdout=subprocess.PIPE, env=environment)  # noqa: S603


@pytest.mark.usefixtures("processes")
def test_processes_can_publish_concurrently(tmp_path: Path) -> None:
    running = [writer(tmp_path, 5, f"p{n}") for n in range(3)]
    for process in running:
        process.communicate(timeout=120)
        assert process.returncode == 0
    assert len(names(tmp_path)) == 15
    for name in names(tmp_path):
        assert Manifest.read(tmp_path / name).files == written(tmp_path / name)


@pytest.mark.usefixtures("processes")
def test_killed_writers_leave_only_complete_snapshots(tmp_path: Path) -> None:
    process = writer(tmp_path, 1_000_000, "k0")
    for kill in range(20):
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        after = writer(tmp_path, 1_000_000, f"k{kill + 1}")
        # Kill each writer a little later than the one before it.
        threading.Event().wait(0.001 * kill**1.5)
        process.kill()
        process.wait()
        process.stdout.close()
        for name in names(tmp_path):
            if not name.startswith("."):
                folder = tmp_path / name
                assert Manifest.read(folder).files == written(folder)
                assert names(folder) == ["manifest.json", "widgets"]
        process = after
    process.kill()
    process.communicate()
    make(tmp_path, "next")
    assert not [name for name in names(tmp_path) if name.startswith(".")]


FULL = """
import resource, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.snapshots.test_draft import MANIFEST
from campaign_live_widgets.snapshots import Draft
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
try:
    with Draft(Path(sys.argv[1]), "spring", parameters={"campaign": "spring"}) as draft:
        (draft.folder / "notebook.ipynb").write_text("{}")
        draft.publish(MANIFEST)
except OSError as error:
    print(error.strerror)
"""


@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize(
    ("room", "expected"), [(300, ["failed.json", "notebook.ipynb"]), (10, None)]
)
def test_a_full_disk_marks_the_run_as_failed(
    tmp_path: Path, room: int, expected: list[str] | None
) -> None:
    code = [sys.executable, "-c", FULL, str(tmp_path), str(Path(__file__).parent), str(room)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(  # noqa: S603 - our own code
        code, capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout == "File too large\n"
    assert names(tmp_path) == ["spring.failed"]
    files = names(tmp_path / "spring.failed")
    assert "manifest.json" not in files
    if expected is not None:
        assert files == expected
        failure = json.loads((tmp_path / "spring.failed" / "failed.json").read_text())
        assert failure["reason"] == "OSError: [Errno 27] File too large"
