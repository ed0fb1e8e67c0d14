"""A reader in a thread of the test, and clients of it."""

from __future__ import annotations

import os
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from campaign_live_widgets.app.reader.connection import ReaderConnection
from campaign_live_widgets.app.reader.serve_reader import run_reader
from campaign_live_widgets.app.reader.shared_feed import SharedFeed
from campaign_live_widgets.app.settings.query import Query

if TYPE_CHECKING:
    from collections.abc import Iterator


class RunningReader:
    """A reader that serves, and what connects to it."""

    def __init__(self, socket_path: Path) -> None:
        self.socket_path = socket_path
        self.connection = ReaderConnection(socket_path)

    def feed(self, **query: Any) -> SharedFeed:  # noqa: ANN401 - the fields of a query
        """Return a feed of the test's one connection."""
        clock = {"clock": query.pop("clock")} if "clock" in query else {}
        return SharedFeed(self.connection, Query(**query), **clock)


@contextmanager
def running(source: str | os.PathLike[str], **options: Any) -> Iterator[RunningReader]:  # noqa: ANN401
    """Run a reader in a thread; no state is saved unless *options* say it."""
    # The paths of pytest's folders may be too long for a socket.
    with tempfile.TemporaryDirectory(prefix="clw-") as folder:
        Path(folder).chmod(0o700)
        path, listens = Path(folder) / "reader.sock", threading.Event()
        end, alive = os.pipe()
        errors: list[BaseException] = []

        def run() -> None:
            try:
                run_reader(
                    os.fspath(source),
                    path,
                    until=end,
                    ready=listens.set,
                    **{"use_cache": False, **options},
                )
            except BaseException as error:  # noqa: BLE001 - raised in the test
                errors.append(error)
                listens.set()

        thread = threading.Thread(target=run)
        thread.start()
        assert listens.wait(30)
        reader = RunningReader(path)
        try:
            yield reader
        finally:
            reader.connection.close()
            os.close(alive)
            thread.join(30)
            os.close(end)
            assert not thread.is_alive()
            assert not path.exists()
            if errors:
                raise errors[0]
