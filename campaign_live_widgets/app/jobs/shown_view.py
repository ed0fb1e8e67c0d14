"""The view that a page shows, passed to the kernel of a run: it is saved as it is, not read again.

It is pickled to its own file in a temporary folder that only this user can read, and the
kernel is this Python: nothing from outside is ever unpickled.
"""

from __future__ import annotations

import os
import pickle
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from campaign_live_widgets.io.environment import SHOWN_VIEW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from campaign_live_widgets.rendering.model.report_view import ReportView


@contextmanager
def passed_to_kernel(view: ReportView | None) -> Iterator[dict[str, str]]:
    """Give the environment of a kernel that shows *view*; without one, it reads the source."""
    if view is None:
        yield {}
        return
    with TemporaryDirectory(prefix="campaign-live-view-", ignore_cleanup_errors=True) as folder:
        file = Path(folder, "view")
        file.write_bytes(pickle.dumps(view))
        yield {SHOWN_VIEW: str(file)}


def passed_view() -> ReportView | None:
    """Return the view that this kernel was started to show; ``None`` if it reads the source."""
    file = os.environ.get(SHOWN_VIEW)
    if not file:
        return None
    view: ReportView = pickle.loads(Path(file).read_bytes())  # noqa: S301 - written above
    return view
