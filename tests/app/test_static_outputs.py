"""The outputs of a notebook without a kernel and without a widget manager."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
import papermill
import pytest
from nbconvert import HTMLExporter

from campaign_live_widgets import CampaignReport
from campaign_live_widgets.app.demo.demo import EventWriter
from campaign_live_widgets.app.demo.simulation import CAMPAIGN_ID, Simulation
from campaign_live_widgets.catalog import TILES
from campaign_live_widgets.rendering.language.numbers import format_number
from tests.support.reports.elements import parse

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "campaign_live_report.ipynb"
START = datetime(2026, 11, 23, 9, tzinfo=UTC)
END = START + timedelta(minutes=3)
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("events")
    EventWriter(folder, Simulation(7, START), clock=lambda: END).write()
    return folder


@pytest.fixture(scope="module")
def report(events: Path) -> CampaignReport:
    return CampaignReport(str(events), CAMPAIGN_ID, at=END, live=False)


def test_a_static_report_has_outputs_without_a_kernel(report: CampaignReport) -> None:
    forms = report._repr_mimebundle_()
    assert set(forms) == {"text/plain", "text/html", WIDGET}
    sent = format_number(int(report.frame("email.metrics_by_message")["sent"].sum()))
    assert sent in str(forms["text/plain"])
    assert sent in parse(str(forms["text/html"])).text


def test_a_live_report_has_a_caption_as_text(events: Path) -> None:
    report = CampaignReport(str(events), CAMPAIGN_ID, at=END)
    try:
        forms = report._repr_mimebundle_()
        tile = report.widget("email.bounce_reasons")._repr_mimebundle_()
    finally:
        report.stop()
    assert set(forms) == set(tile) == {"text/plain", WIDGET}
    assert str(forms["text/plain"]).startswith("Winter sale · 22 Nov 2026")
    assert "children" not in str(tile["text/plain"])


def test_a_tile_is_drawn_with_its_current_view(report: CampaignReport) -> None:
    tile = report.widget("email.bounce_reasons")
    assert parse(str(tile._repr_mimebundle_()["text/html"])).one("img").attributes["alt"]
    tile.view = "table"
    page = parse(str(tile._repr_mimebundle_()["text/html"]))
    assert not page.all("img")
    expected = [format_number(n) for n in report.frame("email.bounce_reasons")["bounces"]]
    assert [cell.text for cell in page.one("table").all("td")][1:] == expected
    assert "Winter sale" in page.text


@pytest.mark.usefixtures("kernels")
def test_nbconvert_shows_the_report_without_a_widget_manager(events: Path, tmp_path: Path) -> None:
    given = {"source": str(events), "campaign": CAMPAIGN_ID, "at": END.isoformat(), "live": False}
    papermill.execute_notebook(NOTEBOOK, tmp_path / "done.ipynb", given, progress_bar=False)
    notebook = nbformat.read(tmp_path / "done.ipynb", as_version=4)
    (output,) = notebook.cells[-1].outputs
    assert TILES["push.failures"].title("en") in output.data["text/plain"]
    del notebook.metadata["widgets"]
    html, _ = HTMLExporter().from_notebook_node(notebook)
    for tile in TILES.values():
        assert (f">{tile.title('en')}</h4>" in html) is tile.starts_shown
    assert html.count("data:image/svg+xml;base64,") >= 10
