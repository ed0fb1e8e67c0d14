"""The package's errors in a notebook and at an IPython prompt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbclient import NotebookClient

from campaign_live_widgets import CampaignReport
from campaign_live_widgets.app.notebook.error_card import DEBUG, card, render
from campaign_live_widgets.errors import CampaignLiveError, SourceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "campaign_live_report.ipynb"
MISSING = "from campaign_live_widgets import CampaignReport\nCampaignReport('no-such-folder')"


@pytest.fixture
def shell() -> Iterator[InteractiveShell]:
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


@pytest.fixture
def error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> SourceError:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError) as caught:
        CampaignReport("no-such-folder")
    return caught.value


def test_the_card_names_the_error_the_folder_and_the_remedy(
    error: SourceError, tmp_path: Path
) -> None:
    html = card(error)
    assert "The source cannot be read" in html
    assert "no-such-folder" in html
    assert f"looked for in {tmp_path}" in html
    assert "run the report again" in html


def test_the_card_escapes_text_from_outside() -> None:
    html = card(UsageError("<script>alert(1)</script>"))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_every_error_class_has_a_card() -> None:
    def classes(parent: type[CampaignLiveError]) -> list[type[CampaignLiveError]]:
        return [parent, *(c for child in parent.__subclasses__() for c in classes(child))]

    for kind in classes(CampaignLiveError):
        error = kind.__new__(kind)
        Exception.__init__(error, "it failed")
        error.__dict__.setdefault("message", "it failed")
        assert "<strong>" in card(error), kind


def test_an_error_at_a_prompt_is_one_line(
    shell: InteractiveShell, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    shell.run_cell(f"import os; os.chdir({str(tmp_path)!r})")
    done = shell.run_cell(MISSING)
    assert isinstance(done.error_in_exec, SourceError)
    (line,) = capsys.readouterr().out.strip().splitlines()
    assert line.startswith("SourceError: no-such-folder")
    assert line.endswith(f"looked for in {tmp_path}.")
    assert shell.InteractiveTB.tb is done.error_in_exec.__traceback__  # what %debug opens


def test_the_debug_variable_shows_the_traceback(
    error: SourceError, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(render(error)) == 1
    monkeypatch.setenv(DEBUG, "1")
    lines = "".join(render(error))
    assert "Traceback (most recent call last)" in lines
    assert "location.py" in lines


@pytest.mark.usefixtures("kernels")
def test_in_a_notebook_the_cell_fails_and_shows_the_card(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(MISSING)])
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, allow_errors=True, resources=resources).execute()
    card_output, failed = (o for o in notebook.cells[0].outputs if o.output_type != "stream")
    assert "clw-error-card" in card_output.data["text/html"]
    assert (failed.output_type, failed.ename) == ("error", "SourceError")
    assert len(failed.traceback) == 1


@pytest.mark.usefixtures("kernels")
def test_run_all_without_a_source_shows_the_samples_and_a_note(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("CAMPAIGN_LIVE_SOURCE", raising=False)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, resources={"metadata": {"path": str(tmp_path)}}).execute()
    (output,) = (o for o in notebook.cells[-1].outputs if o.output_type == "execute_result")
    assert "This is the bundled sample campaign." in output.data["text/plain"]
    assert "autumn-sale-2026" in output.data["text/plain"]


def test_a_campaign_without_a_source_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CAMPAIGN_LIVE_SOURCE", raising=False)
    with pytest.raises(UsageError, match="no source"):
        CampaignReport(campaign="autumn-sale-2026")
