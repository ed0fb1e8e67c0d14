"""The former place of ``snapshot``, which scripts import."""

from campaign_live_widgets.app.jobs.snapshot_run import snapshot

__all__ = ["snapshot"]
