"""A live report of e-mail and push campaigns, as Jupyter widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaign_live_widgets.app.report import CampaignReport

__all__ = ["CampaignReport"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """Import the report when it is first asked for: the command line does without widgets."""
    if name == "CampaignReport":
        from campaign_live_widgets.app.report import CampaignReport  # noqa: PLC0415

        return CampaignReport
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)
