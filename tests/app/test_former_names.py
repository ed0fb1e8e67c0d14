"""Names of earlier versions that notebooks, scripts and configurations use."""

from importlib import import_module

import pytest


@pytest.mark.parametrize(
    ("former", "name", "module"),
    [
        ("app.kernels", "ReportKernels", "app.server.kernels"),
        ("app.runs", "snapshot", "app.jobs.snapshot_run"),
        ("drawing.places", "Place", "layouts.places"),
    ],
)
def test_a_former_name_still_works(former: str, name: str, module: str) -> None:
    old, new = (import_module(f"campaign_live_widgets.{path}") for path in (former, module))
    assert getattr(old, name) is getattr(new, name)


def test_the_former_name_of_the_static_report_still_works() -> None:
    package = import_module("campaign_live_widgets")
    assert package.StillReport is package.StaticReport
