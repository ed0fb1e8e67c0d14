"""A secret given as ``env:NAME`` is in no file, log or traceback; its reference is."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import papermill
import pytest

from campaign_live_widgets import CampaignReport, StaticReport
from campaign_live_widgets.app.settings.secret_reference import redact, redact_health, resolve
from campaign_live_widgets.errors import CampaignLiveError, UsageError
from campaign_live_widgets.snapshot import Health, Reject
from campaign_live_widgets.sources.files.location import Location
from tests.support.cli import Run, call
from tests.support.events import files, generate
from tests.support.events.generate import AT

if TYPE_CHECKING:
    from collections.abc import Iterable

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SECRET = "hunter2-5d41402abc"  # noqa: S105 - searched for in all outputs
VARIABLE = "MY_EVENTS"
REFERENCE = f"env:{VARIABLE}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the secret in its path and in a file's name, and rows to reject."""
    inside = tmp_path_factory.mktemp("source") / SECRET
    inside.mkdir()
    rows = generate.events(21, 300)
    first, second = files.split(rows, 2, seed=21)
    files.write(first, inside / "first.parquet")
    files.write(second, inside / f"{SECRET}.csv")
    return inside


def sources(folder: Path) -> dict[str, str]:
    """Return the forms in which a source can be given."""
    return {
        "folder": str(folder),
        "file": str(folder / f"{SECRET}.csv"),
        "glob": f"{folder}/{SECRET[:9]}*.csv",
        "glob of folders": f"{folder.parent}/{SECRET[:9]}*/*",
        "format": f"canonical:{folder}",
    }


ways = pytest.mark.parametrize("way", ["folder", "file", "glob", "glob of folders", "format"])


def command(value: str, *arguments: str) -> Run:
    """Call the command with the variable's *value*."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, value)
        return call(*arguments)


def assert_no_secret(texts: Iterable[str | bytes]) -> None:
    """Check that no text contains the start of the secret."""
    for text in texts:
        data = text.encode() if isinstance(text, str) else text
        assert SECRET[:9].encode() not in data, data[:500]


def names_and_contents(out: Path) -> list[bytes]:
    contents = [path.read_bytes() for path in out.rglob("*") if path.is_file()]
    return [*contents, *(str(path.relative_to(out)).encode() for path in out.rglob("*"))]


@pytest.mark.usefixtures("kernels", "renderers")
def test_a_snapshot_contains_only_the_reference(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = command(
        str(folder),
        *("--debug", "snapshot", REFERENCE, "--campaign", "c1", "--at", AT.isoformat()),
        *("--out", str(out), "--formats", "html,csv,parquet,svg,png,pdf"),
    )
    assert done.code == 0, done.err
    # Names of files in the folder are allowed; the name of the folder is not.
    allowed = (f"{SECRET}.csv",)
    (made,) = (path for path in out.iterdir() if path.is_dir())
    rejects = json.loads((made / "report.json").read_text(encoding="utf-8"))["rejects"]
    assert {r["file"] for r in rejects} <= {"first.parquet", *allowed}
    for text in [*names_and_contents(out), done.err.encode(), done.out.encode()]:
        assert SECRET.encode() not in text.replace(allowed[0].encode(), b"")
    (manifest,) = out.glob("*/manifest.json")
    assert json.loads(manifest.read_text(encoding="utf-8"))["parameters"]["source"] == REFERENCE
    assert REFERENCE in (manifest.parent / "notebook.ipynb").read_text(encoding="utf-8")


@ways
def test_a_text_about_a_source_contains_only_the_reference(folder: Path, way: str) -> None:
    location = Location.parse(sources(folder)[way])
    paths = [str(path) for path in (folder, folder / "first.parquet", folder / f"{SECRET}.csv")]
    for text in (location.text, *(paths if way in {"folder", "format"} else paths[2:])):
        redacted = redact(f"{text}: cannot be read", REFERENCE, location)
        assert redacted.startswith(REFERENCE)
        assert SECRET[:9] not in redacted.replace(f"{SECRET}.csv", "")


@ways
def test_a_rejected_row_contains_only_the_reference(folder: Path, way: str) -> None:
    location = Location.parse(sources(folder)[way])
    names = [os.path.relpath(file.path, location.watched) for file in location.files()]
    cause = f"cut short in {location.text}"
    health = Health(rejects=tuple(Reject(name, 1, cause) for name in names), notes=(cause,))
    redacted = redact_health(health, REFERENCE, location)
    assert_no_secret([*redacted.notes, *(reject.cause for reject in redacted.rejects)])
    if way in {"folder", "format"}:  # names of files in it are allowed
        assert [reject.file for reject in redacted.rejects] == names
    else:
        assert {reject.file for reject in redacted.rejects} == {REFERENCE}


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("way", ["folder", "glob of folders"])
def test_the_error_of_an_unknown_campaign_contains_no_secret(
    folder: Path, tmp_path: Path, way: str
) -> None:
    done = command(
        sources(folder)[way],
        *(
            "--debug",
            "snapshot",
            REFERENCE,
            "--campaign",
            "no-such-campaign",
            "--out",
            str(tmp_path),
        ),
    )
    assert (done.code, done.out) == (2, "")
    assert "Traceback" in done.err
    assert_no_secret([*names_and_contents(tmp_path), done.err])


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("what", ["nothing", "broken", "empty", "no folder"])
def test_the_error_of_an_unreadable_source_contains_no_secret(tmp_path: Path, what: str) -> None:
    place, out = tmp_path / SECRET, tmp_path / "out"
    if what != "no folder":
        place.mkdir()
    if what == "broken":
        (place / "events.parquet").write_text("PAR1 no Parquet PAR1", encoding="utf-8")
    value = str(place / f"{SECRET}.parquet") if what == "nothing" else str(place)
    done = command(value, "--debug", "snapshot", REFERENCE, "--campaign", "c1", "--out", str(out))
    assert (done.code, done.out) == (3, "")
    assert REFERENCE in done.err.splitlines()[-1]
    assert_no_secret([done.err, *(names_and_contents(out) if out.exists() else ())])


@ways
def test_the_output_of_commands_contains_only_the_reference(folder: Path, way: str) -> None:
    report_call = (
        "report",
        REFERENCE,
        "--campaign",
        "c1",
        "--at",
        AT.isoformat(),
        "--format",
        "json",
    )
    for arguments in (report_call, ("campaigns", REFERENCE)):
        done = command(sources(folder)[way], "--debug", *arguments)
        assert done.code == 0, done.err
        if way in {"folder", "format"}:  # names of files in it are allowed
            assert SECRET not in (done.out + done.err).replace(f"{SECRET}.csv", "")
        else:
            assert_no_secret([done.out, done.err])
    plain = command("", *(sources(folder)[way] if a == REFERENCE else a for a in report_call))
    result = command(sources(folder)[way], *report_call)
    assert json.loads(result.out)["widgets"] == json.loads(plain.out)["widgets"]


@pytest.mark.parametrize("arguments", [("report", "--campaign", "c1"), ("campaigns",), ("serve",)])
def test_the_error_of_a_missing_source_contains_no_secret(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    name, *more = arguments
    done = command(str(tmp_path / SECRET), "--debug", name, REFERENCE, *more)
    assert (done.code, done.out) == (3, "")
    assert REFERENCE in done.err.splitlines()[-1]
    assert_no_secret([done.err])


def test_a_missing_variable_is_one_clear_line(tmp_path: Path) -> None:
    done = command("", "snapshot", REFERENCE, "--campaign", "c1", "--out", str(tmp_path / "out"))
    assert (done.code, done.out) == (2, "")
    (line,) = done.err.splitlines()
    assert f"variable {VARIABLE}" in line
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("name", ["campaign_snapshot", "campaign_live_report"])
def test_plain_papermill_and_its_tracebacks_contain_no_secret(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    given = {"source": REFERENCE, "campaign": "c1"}
    given |= {"live": False} if name == "campaign_live_report" else {}
    notebook, target = NOTEBOOKS / f"{name}.ipynb", tmp_path / "done.ipynb"
    monkeypatch.setenv(VARIABLE, str(folder / f"{SECRET}.csv"))
    papermill.execute_notebook(notebook, target, given, progress_bar=False)
    assert_no_secret([target.read_bytes()])
    monkeypatch.setenv(VARIABLE, str(folder / f"{SECRET}.parquet"))
    with pytest.raises(papermill.PapermillExecutionError, match=REFERENCE) as caught:
        papermill.execute_notebook(notebook, target, given, progress_bar=False)
    assert caught.value.ename == "SourceError"
    assert_no_secret([str(caught.value), target.read_bytes()])


def test_errors_of_reports_in_python_contain_no_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / SECRET))
    for make in (CampaignReport, StaticReport):
        with pytest.raises(CampaignLiveError, match=REFERENCE) as caught:
            make(REFERENCE, "c1")
        assert caught.value.__suppress_context__ or caught.value.__context__ is None
        assert_no_secret([str(caught.value)])


@pytest.mark.parametrize(
    ("value", "message"), [("", "is not set"), ("env:OTHER", "contains another reference")]
)
def test_a_reference_without_a_value_is_an_error(
    monkeypatch: pytest.MonkeyPatch, value: str, message: str
) -> None:
    monkeypatch.setenv(VARIABLE, value)
    with pytest.raises(UsageError, match=message):
        resolve(REFERENCE)
