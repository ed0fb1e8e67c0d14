"""Small files that a user names, such as a mapping."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from campaign_live_widgets.errors import CampaignLiveError


def read_user_file(name: str, largest: int, what: str, error: type[CampaignLiveError]) -> bytes:
    """Return the content of a file of at most *largest* bytes; *what* it has is for messages.

    Raises
    ------
    error
        If it cannot be read, or is larger; the message names the file.
    """
    try:
        with open(os.path.expanduser(name), "rb") as file:
            content = file.read(largest + 1)
    except (OSError, ValueError) as cause:
        reason = cause.strerror if isinstance(cause, OSError) else "is not the name of a file"
        message = f"{name}: {what} cannot be read: {reason}"
        raise error(message) from None
    if len(content) > largest:
        message = f"{name}: {what} cannot be read: larger than {largest >> 20} MB"
        raise error(message)
    return content
