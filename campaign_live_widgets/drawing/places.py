"""The former place of ``Place``, which notebooks of earlier versions import."""

from campaign_live_widgets.layouts.places import Place, places

__all__ = ["Place", "places"]
