"""The folder of saved states, and what a state must have in common with this process."""

from __future__ import annotations

import os
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb
from platformdirs import user_cache_path

from campaign_live_widgets.engine.saved_state.state_file import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT: Final = 1
"""The version of the content of a state."""
_COUNTING: Final = ("engine", "sources", "catalog", "snapshot.py")
"""The parts of the package that decide what is counted, and how it is stored."""
_PRIVATE: Final = 0o700


def state_folder() -> Path:
    """Return the folder of the user's states."""
    return user_cache_path("campaign-live", appauthor=False) / "state"


def state_path(folder: Path, source: str, mapping: str = "") -> Path:
    """Return the file of the state of one source; its name does not show the source's."""
    return folder / f"{_digest(source)}{mapping[:16]}{SUFFIX}"


def make_private(folder: Path) -> None:
    """Create the folder of states; only its owner may enter it.

    Raises
    ------
    OSError
        If it cannot be created, or belongs to another user.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=_PRIVATE)
    if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
        message = "the folder belongs to another user"
        raise OSError(message)
    folder.chmod(_PRIVATE)


def guard(con: duckdb.DuckDBPyConnection, source: str, mapping: str = "") -> dict[str, object]:
    """Return what must be equal, so that a saved state can be used.

    *mapping* is the digest of what maps the source's rows, if anything does.
    """
    (probe,) = con.execute("SELECT hash('probe')").fetchone() or (0,)
    return {
        "format": FORMAT,
        "counting": _code_digest(),
        "duckdb": duckdb.__version__,
        "probe": str(probe),
        "source": _digest(source),
        "mapping": mapping,
    }


def fits(head: Mapping[str, object], expected: Mapping[str, object]) -> bool:
    """Return whether a saved state is of this source, this package and this DuckDB."""
    return head.get("guard") == expected


def _digest(source: str) -> str:
    return sha256(os.path.abspath(source).encode(errors="surrogatepass")).hexdigest()[:32]


@cache
def _code_digest() -> str:
    """Return a digest of the code that counts: a changed package reads sources from the start."""
    digest = sha256()
    root = Path(__file__).parents[2]
    for part in _COUNTING:
        path = root / part
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            digest.update(file.read_bytes())
    return digest.hexdigest()
