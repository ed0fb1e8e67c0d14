"""The former place of ``ReportKernels``, which configurations of Voilà name."""

from campaign_live_widgets.app.server.kernels import ReportKernels

__all__ = ["ReportKernels"]
