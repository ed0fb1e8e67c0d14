"""Read a mapping file."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from campaign_live_widgets.errors import MappingError
from campaign_live_widgets.io.user_files import read_user_file
from campaign_live_widgets.sources.mapping.rules import MappingFile

SUFFIX: Final = ".toml"
"""What the names of mapping files end with."""
KEEP: Final = "no-campaign=keep:"
"""What is before a mapping, also before none, that keeps rows without a campaign."""
_LARGEST: Final = 1 << 20


def load_mapping(path: str) -> MappingFile:
    """Return the mapping in a file; :data:`KEEP` before its name keeps rows without a campaign.

    Raises
    ------
    MappingError
        If it cannot be read or is invalid; the message has one line for each mistake.
    """
    if path.startswith(KEEP):
        file = path.removeprefix(KEEP)
        mapping = load_mapping(file) if file else MappingFile("", (), "")
        return replace(mapping, digest=f"{mapping.digest}+all", keeps_all=True)
    content = read_user_file(path, _LARGEST, "the mapping", MappingError)
    # Most sources have no mapping: what reads one is imported only then.
    from campaign_live_widgets.sources.mapping.parse import parsed  # noqa: PLC0415

    return parsed(path, content)
