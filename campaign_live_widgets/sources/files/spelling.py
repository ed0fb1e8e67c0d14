"""The names in objects, as a format spells them: for files that spell them in another way."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign_live_widgets.sources.formats.base import Format

IDENTITY_MAP: Final = "identitymap"
"""Its names are values: those of namespaces."""


def spelling(known: Format) -> dict[str, str]:
    """Return the names of a format's objects: lower case → as the vendor spells them."""
    paths = (part for paths in known.fields.values() for path in paths for part in path.split("."))
    names = (*(name.removesuffix(".*") for name in known.inside or ()), *known.names, *paths)
    return {name.lower(): name for name in names}


def spelled_line(line: bytes, known: Format) -> bytes:
    """Return one line of NDJSON with names as a format spells them; a bad line stays as it is.

    They are in lower case where events have no wrapper, see :attr:`Format.inside`.
    """
    names = None if known.inside is None else spelling(known)
    try:
        return json.dumps(_spelled(json.loads(line), names)).encode()
    except (ValueError, RecursionError):
        return line


def _spelled(value: Any, names: Mapping[str, str] | None) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        respelled = {}
        for name, inner in value.items():
            lower = name.lower()
            is_map = lower.startswith(IDENTITY_MAP)
            spelled = lower if names is None else names.get(lower, name)
            respelled[spelled] = inner if is_map else _spelled(inner, names)
        return respelled
    if isinstance(value, list):
        return [_spelled(inner, names) for inner in value]
    return value
