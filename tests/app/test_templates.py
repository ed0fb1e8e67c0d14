"""The notebooks, run by Papermill on the sample export as a scheduler would."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pytest

from campaign_live_widgets import Comparison, StaticReport
from campaign_live_widgets.app.jobs.parameters import TEMPLATES

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
SAMPLES = NOTEBOOKS / "samples"
SCOPE: dict[str, Any] = {
    "source": f"{SAMPLES}/ajo_*",
    "campaign": "autumn-sale-2026",
    "at": "2026-11-20T12:12:00Z",
}
GIVEN: dict[str, dict[str, Any]] = {
    "campaign_live_report": {"live": False},
    "campaign_snapshot": {},
    "email_detail": {"message": "email-autumn-offer"},
    "push_detail": {"message": "push-doors-open", "locale": "fr", "time_zone": "Europe/Paris"},
    "first_tour": {},
    "compare_campaigns": {"other": "autumn-sale-2026", "other_at": "2026-11-20T10:00:00Z"},
}
Run = Callable[[str], nbformat.NotebookNode]
templates = pytest.mark.parametrize("name", list(TEMPLATES))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("done")


@pytest.fixture(scope="module")
def run(folder: Path, kernels: None) -> Run:  # noqa: ARG001
    @cache
    def execute(name: str) -> nbformat.NotebookNode:
        return papermill.execute_notebook(
            NOTEBOOKS / f"{name}.ipynb",
            folder / f"{name}.ipynb",
            SCOPE | GIVEN[name],
            progress_bar=False,
            execution_timeout=120,
        )

    return execute


def outputs(notebook: nbformat.NotebookNode, cell_id: str) -> dict[str, str]:
    """Return the outputs of the cell's last value by MIME type."""
    (cell,) = (c for c in notebook.cells if c.get("id") == cell_id)
    (result,) = (o for o in cell.outputs if o.output_type == "execute_result")
    return dict(result.data)


def text_of(notebook: nbformat.NotebookNode) -> str:
    return json.dumps(notebook, ensure_ascii=False)


def static_report(**more: list[str]) -> StaticReport:
    return StaticReport(SCOPE["source"], SCOPE["campaign"], at=SCOPE["at"], **more)


@templates
def test_papermill_runs_each_notebook_to_the_end(run: Run, name: str) -> None:
    notebook = run(name)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    streams = [o for cell in code for o in cell.outputs if o.output_type in {"stream", "error"}]
    assert not streams, streams


@templates
def test_each_notebook_is_stored_without_outputs(name: str) -> None:
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert notebook.metadata.title == TEMPLATES[name].title


@templates
def test_no_notebook_contains_a_profile(run: Run, name: str) -> None:
    # The samples' profiles are profile-0000 to profile-0599.
    assert not re.search(r"profile-\d{4}", text_of(run(name)))


@pytest.mark.parametrize(
    "name", ["campaign_snapshot", "email_detail", "push_detail", "compare_campaigns"]
)
def test_static_notebooks_need_no_widgets(run: Run, name: str) -> None:
    notebook = run(name)
    assert "widgets" not in notebook.metadata
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "execute_result":
                assert set(output.data) <= {"text/plain", "text/html"}
                assert "<script" not in output.data.get("text/html", "").lower()


def test_the_snapshot_shows_every_tab(run: Run) -> None:
    notebook = run("campaign_snapshot")
    report = static_report()
    for tab, tile_id in (
        ("campaign", "campaign.statistics"),
        ("email", "email.sending_statistics"),
        ("push", "push.sending_performance"),
    ):
        values = outputs(notebook, f"{tab}-tab")
        for row in report.frame(tile_id).to_dict("records"):
            assert re.search(rf"\b{row['count']}\b", values["text/plain"])
            assert re.search(rf"\b{row['count']}\b", values["text/html"])


@pytest.mark.parametrize(("name", "channel"), [("email_detail", "email"), ("push_detail", "push")])
def test_a_detail_counts_only_its_message(run: Run, name: str, channel: str) -> None:
    message = GIVEN[name]["message"]
    tile_id = f"{channel}.metrics_by_message"
    table = static_report().frame(tile_id).set_index("message_id")
    only_message = static_report(messages=[message]).frame(tile_id).set_index("message_id")
    assert list(only_message.index) == [message]
    assert (only_message.loc[message] == table.loc[message]).all()
    values = outputs(run(name), "rates-frame")["text/plain"]
    for metric, count in table.loc[message].items():
        assert re.search(rf"\b{metric} +{count}\b", values), (metric, count)


@pytest.mark.usefixtures("kernels")
def test_a_detail_of_the_wrong_channel_is_an_error(folder: Path) -> None:
    with pytest.raises(papermill.PapermillExecutionError, match="push, not email"):
        papermill.execute_notebook(
            NOTEBOOKS / "email_detail.ipynb",
            folder / "wrong.ipynb",
            SCOPE | {"message": "push-doors-open"},
            progress_bar=False,
        )


def test_a_tour_shows_a_widget_a_frame_and_layouts(run: Run) -> None:
    notebook = run("first_tour")
    states = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    for cell_id in ("report", "one-widget", "own-layout", "own-places"):
        view = outputs(notebook, cell_id)["application/vnd.jupyter.widget-view+json"]
        assert view["model_id"] in states
    frame = outputs(notebook, "one-frame")["text/plain"]
    for row in static_report().frame("email.bounce_reasons").to_dict("records"):
        assert re.search(rf"\b{row['reason']} +{row['bounces']}\b", frame)


def test_a_comparison_shows_both_reports_and_a_chart(run: Run) -> None:
    notebook = run("compare_campaigns")
    later, earlier = (
        static_report(),
        StaticReport(SCOPE["source"], SCOPE["campaign"], at=GIVEN["compare_campaigns"]["other_at"]),
    )
    lines = outputs(notebook, "read")["text/plain"].splitlines()
    assert lines == later.lines() + earlier.lines()
    values = outputs(notebook, "email-frame")["text/plain"]
    first, second = (r.frame("email.sending_statistics")["count"] for r in (later, earlier))
    assert first[0] > second[0] > 0
    assert re.search(rf"\bdelivered +sent +{first[0]} +{second[0]}\b", values)
    image = outputs(notebook, "email-chart")["text/html"]
    match = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', image)
    assert match
    svg = base64.b64decode(match[1]).decode()
    assert svg.startswith("<svg")
    assert "Delivered, of sent" in svg
    messages = outputs(notebook, "messages-frame")["text/plain"]
    assert re.search(r"\bfirst +autumn-sale-2026 +email\b", messages)
    assert re.search(r"\bsecond +autumn-sale-2026 +email\b", messages)


def test_rates_divide_by_the_named_metric() -> None:
    report = static_report()
    for channel, tile_id in (("email", "email.metrics_by_message"), ("push", "push.summary")):
        sums = report.frame(tile_id).sum(numeric_only=True)
        for row in report.rates(channel).to_dict("records"):
            assert row["count"] == sums[row["metric"]]
            if row["rate_of"] is None:
                assert row["rate"] != row["rate"]
            else:
                assert row["rate"] == row["count"] / sums[row["rate_of"]]


def test_points_are_the_second_rate_minus_the_first() -> None:
    later, earlier = static_report(), StaticReport(SCOPE["source"], at="2026-11-20T10:00:00Z")
    table = Comparison(later, earlier).frame("email").set_index("metric")
    opens = table.loc["opens"]
    assert opens["points"] == opens["second_rate"] - opens["first_rate"] != 0
    assert opens["first_rate"] == opens["first"] / table.loc["delivered", "first"]
    assert not table.loc["sent", ["first_rate", "second_rate", "points"]].notna().any()
