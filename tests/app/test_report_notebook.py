"""The notebook that Voilà serves, run by Papermill as a scheduler would."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
import papermill
import pytest

from campaign_live_widgets.app.demo.demo import EventWriter
from campaign_live_widgets.app.demo.simulation import CAMPAIGN_ID, Simulation

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "campaign_live_report.ipynb"
START = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.mark.usefixtures("kernels")
def test_papermill_runs_the_notebook_to_the_end(tmp_path: Path) -> None:
    end = START + timedelta(minutes=3)
    EventWriter(tmp_path, Simulation(7, START), clock=lambda: end).write()
    executed = papermill.execute_notebook(
        NOTEBOOK,
        tmp_path / "done.ipynb",
        {"source": str(tmp_path), "campaign": CAMPAIGN_ID, "at": end.isoformat(), "live": False},
        progress_bar=False,
        execution_timeout=60,
    )
    outputs = executed.cells[-1].outputs
    assert [output.output_type for output in outputs] == ["execute_result"]
    view = outputs[0].data["application/vnd.jupyter.widget-view+json"]
    states = executed.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    assert view["model_id"] in states


def test_papermill_infers_each_parameter_and_its_help() -> None:
    parameters = papermill.inspect_notebook(NOTEBOOK)
    assert list(parameters) == [
        *("source", "mapping", "sends", "campaign", "window", "at", "messages", "executions"),
        "locale",
        *(
            "include_tests",
            "machines",
            "basis",
            "providers",
            "small_cells",
            "time_zone",
            "every",
            "tab",
            "live",
        ),
    ]
    assert all(parameter["inferred_type_name"] != "None" for parameter in parameters.values())
    assert all(parameter["help"] for parameter in parameters.values())


def test_the_notebook_is_stored_without_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert notebook.metadata.title
