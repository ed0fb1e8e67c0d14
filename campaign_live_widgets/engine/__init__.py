"""How events are counted: one pass over what is new, merged into small additive cubes."""

from campaign_live_widgets.engine.answers import Answers
from campaign_live_widgets.engine.opening import new_rollup, open_rollup, require_readable
from campaign_live_widgets.engine.rollup import Rollup

__all__ = ["Answers", "Rollup", "new_rollup", "open_rollup", "require_readable"]
