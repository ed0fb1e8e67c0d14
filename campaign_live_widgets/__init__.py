"""A live report of e-mail and push campaigns, as Jupyter widgets."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from campaign_live_widgets.app.comparison import Comparison
    from campaign_live_widgets.app.parameters import check_parameters
    from campaign_live_widgets.app.report import CampaignReport
    from campaign_live_widgets.app.stills import StillReport

__all__ = ["CampaignReport", "Comparison", "StillReport", "check_parameters"]
__version__ = "0.1.0"

_HOMES: Final = {
    "CampaignReport": "report",
    "Comparison": "comparison",
    "StillReport": "stills",
    "check_parameters": "parameters",
}


def __getattr__(name: str) -> object:
    """Import what is first asked for: the command line does without widgets."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.app.{_HOMES[name]}"), name)
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
