"""A live report of e-mail and push campaigns, as Jupyter widgets."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from campaign_live_widgets.app.jobs.parameters import check_parameters
    from campaign_live_widgets.app.notebook.comparison import Comparison
    from campaign_live_widgets.app.notebook.live_report import CampaignReport
    from campaign_live_widgets.app.notebook.static_report import StaticReport, StillReport

__all__ = ["CampaignReport", "Comparison", "StaticReport", "StillReport", "check_parameters"]
__version__ = "0.1.0"

_HOMES: Final = {
    "CampaignReport": "notebook.live_report",
    "Comparison": "notebook.comparison",
    "StaticReport": "notebook.static_report",
    "StillReport": "notebook.static_report",
    "check_parameters": "jobs.parameters",
}


def __getattr__(name: str) -> object:
    """Import what is first asked for: the command line does without widgets."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.app.{_HOMES[name]}"), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
