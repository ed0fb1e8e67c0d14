"""How events are counted: one pass over what is new, merged into small additive cubes."""

from campaign_live_widgets.engine.opening import new_rollup, open_rollup
from campaign_live_widgets.engine.rollup import Rollup

__all__ = ["Rollup", "new_rollup", "open_rollup"]
