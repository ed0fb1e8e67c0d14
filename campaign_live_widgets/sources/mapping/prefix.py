"""A mapping in the address of a source: ``crm.toml:exports/`` is exports/ as crm.toml reads it.

So everything that passes a source on passes its mapping on: other processes, notebooks, servers.
"""

from __future__ import annotations

import os

from campaign_live_widgets.errors import UsageError
from campaign_live_widgets.sources.mapping.load import KEEP, SUFFIX


def split_mapping(source: str) -> tuple[str | None, str]:
    """Return the mapping file that a source names, if it does, and the rest of the address.

    :data:`.KEEP` is part of the mapping, and may be all of it.
    """
    if source.startswith(KEEP):
        mapping, rest = split_mapping(source.removeprefix(KEEP))
        return f"{KEEP}{mapping or ''}", rest
    end = source.lower().find(f"{SUFFIX}:")
    if end < 0 or "://" in source[:end] or os.path.exists(source):
        return None, source
    end += len(SUFFIX)
    return source[:end], source[end + 1 :]


def with_mapping(source: str, mapping: str | os.PathLike[str] | None) -> str:
    """Return a source with the mapping that reads it; raise :class:`UsageError` if it has one."""
    if not mapping:
        return source
    path = os.fspath(mapping)
    if path == KEEP:
        return source if source.startswith(KEEP) else f"{KEEP}{source}"
    if not path.lower().endswith(SUFFIX):
        message = f"mapping {path}: the name of a mapping file ends with {SUFFIX}"
        raise UsageError(message)
    if split_mapping(source)[0] is not None:
        message = f"mapping {path}: the source names a mapping itself; give one of them"
        raise UsageError(message)
    return f"{path}:{source}"


def absolute_path(mapping: str) -> str:
    """Return the path of a mapping file as processes in other folders need it."""
    file = mapping.removeprefix(KEEP)
    path = os.path.abspath(os.path.expanduser(file)) if file else ""
    return f"{KEEP}{path}" if mapping.startswith(KEEP) else path


def with_no_campaign(mapping: str | os.PathLike[str] | None, no_campaign: str) -> str | None:
    """Return a mapping that keeps rows without a campaign, if *no_campaign* is ``keep``."""
    path = None if mapping is None else os.fspath(mapping)
    if no_campaign not in ("keep", "reject"):
        message = f"no_campaign={no_campaign!r}; give keep or reject"
        raise UsageError(message)
    return f"{KEEP}{path or ''}" if no_campaign == "keep" else path
