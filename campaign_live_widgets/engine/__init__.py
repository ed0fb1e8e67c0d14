"""How events are counted: one pass over what is new, merged into small additive cubes."""

from campaign_live_widgets.engine.rollup import Rollup, open_rollup

__all__ = ["Rollup", "open_rollup"]
