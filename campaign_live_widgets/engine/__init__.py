"""How events are counted: one pass over what is new, merged into small additive cubes."""

from campaign_live_widgets.engine.base import Answers
from campaign_live_widgets.engine.duckdb.file_rollup import Rollup
from campaign_live_widgets.engine.open import new_rollup, open_rollup, require_readable

__all__ = ["Answers", "Rollup", "new_rollup", "open_rollup", "require_readable"]
