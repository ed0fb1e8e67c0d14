"""What a server's log leaves out."""

from __future__ import annotations

import logging

from tornado.websocket import WebSocketClosedError


def quiet_logs() -> None:
    """Remove messages from the log that need no action.

    Tornado reads Jupyter's milliseconds between two pings as seconds and warns; Jupyter pings
    on its own. A page that has just been closed may still be sent a message or two. The errors
    of requests are reported by their handlers.
    """
    logging.getLogger("tornado.general").setLevel(logging.ERROR)
    logging.getLogger("tornado.access").setLevel(logging.CRITICAL)
    # A page may outlive its kernel, and ask for it.
    logging.getLogger("tornado.application").addFilter(
        lambda r: not str(r.msg).startswith(("wrote error", "Uncaught exception in write_error"))
    )
    logging.getLogger("asyncio").addFilter(
        lambda r: (
            not (r.exc_info and isinstance(r.exc_info[1], WebSocketClosedError))
            and not str(r.msg).startswith("Task was destroyed")
        )
    )
