"""The snapshots of a folder, shown beside the live report: their list, and their files.

Only files in the manifest of a finished snapshot are served. Hidden, unfinished, failed and
linked files are not found, whatever the address.
"""

from __future__ import annotations

import os
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado.web import HTTPError, RedirectHandler, StaticFileHandler, authenticated

from campaign_live_widgets.app.notebook.save_snapshot import PATH
from campaign_live_widgets.app.server.routes import route
from campaign_live_widgets.catalog import LOCALES
from campaign_live_widgets.errors import ArchiveError
from campaign_live_widgets.snapshots import Manifest, snapshots
from campaign_live_widgets.snapshots.index.index import index
from campaign_live_widgets.snapshots.paths import FAILURE, MANIFEST

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from tornado.web import RequestHandler

_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".pdf": "application/pdf",
    ".ipynb": "application/x-ipynb+json",
    ".parquet": "application/vnd.apache.parquet",
}
_OTHER: Final = "application/octet-stream"
_SHOWN: Final = frozenset({".html", ".json", ".png", ".svg", ".pdf"})
"""Files that a browser opens; it saves the others."""

_CLOSED: Final = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
_INLINE: Final = f"{_CLOSED}; style-src 'unsafe-inline'; img-src data: blob:; font-src data:"
_POLICIES: Final = {
    # A page of the archive is no part of the live one: it cannot reach its kernels.
    ".html": f"{_INLINE}; script-src 'unsafe-inline' blob:; "
    "sandbox allow-scripts allow-downloads allow-modals allow-popups",
    ".svg": f"{_INLINE}; sandbox",
    # Browsers show no PDF in a sandbox.
    ".pdf": f"{_CLOSED}; style-src 'unsafe-inline'; object-src 'self'; img-src 'self'",
}
_LIST_POLICY: Final = f"{_INLINE}; sandbox allow-popups allow-downloads"


def handlers(out: Path, server_url: str) -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    """Return the handlers of the list of *out* and of its snapshots' files."""
    root = url_path_join(route(server_url), PATH)
    here = {"url": url_path_join(server_url, PATH), "permanent": False}
    return [
        (root.rstrip("/"), RedirectHandler, here),
        (root, _ListHandler, {"out": out}),
        (f"{root}(.+)", _FileHandler, {"path": str(out)}),
    ]


def published(out: Path, path: str) -> Path | None:
    """Return the file of an address below the list; ``None`` if there is none.

    Parameters
    ----------
    out : Path
        The folder of snapshots.
    path : str
        ``<snapshot>/<file of it>``, already unquoted.
    """
    parts = path.split("/")
    if len(parts) < 2 or any(  # noqa: PLR2004 - a snapshot and a file
        not part or part.startswith(".") or "\\" in part or "\0" in part for part in parts
    ):
        return None
    folder, name = out / parts[0], "/".join(parts[1:])
    try:
        if folder.is_symlink() or (folder / FAILURE).exists():
            return None
        listed = Manifest.read(folder).files
        file = (folder / name).resolve(strict=True)
        file.relative_to(folder.resolve(strict=True))
    except (ArchiveError, OSError, ValueError):
        return None
    return file if (name in listed or name == MANIFEST) and file.is_file() else None


class _ListHandler(JupyterHandler):
    """The list of snapshots at this moment, without failed runs."""

    def initialize(self, out: Path) -> None:
        self._out = out

    @property
    def content_security_policy(self) -> str:
        return _LIST_POLICY

    @authenticated
    def get(self) -> None:
        locale = self.get_argument("locale", "")
        if locale not in LOCALES:
            locale = preferred_locale(self.request.headers)
        try:
            listed = snapshots(self._out)
        except ArchiveError:
            listed = []  # the folder does not exist yet
        self.set_header("Content-Type", _TYPES[".html"])
        self.set_header("Cache-Control", "no-cache")
        self.finish(index(listed, (), locale))


class _FileHandler(JupyterHandler, StaticFileHandler):
    """One file of one snapshot."""

    @property
    def content_security_policy(self) -> str:
        return _POLICIES.get(_ending(self.request.path), f"{_CLOSED}; sandbox")

    @authenticated
    def get(self, path: str, include_body: bool = True) -> Awaitable[None]:  # type: ignore[override] # noqa: FBT001, FBT002 - as in the base class
        return StaticFileHandler.get(self, path, include_body)

    @authenticated
    def head(self, path: str) -> Awaitable[None]:  # type: ignore[override]
        return StaticFileHandler.get(self, path, include_body=False)

    def parse_url_path(self, url_path: str) -> str:
        return url_path

    @classmethod
    def get_absolute_path(cls, root: str, path: str) -> str:
        """Return the path; :meth:`validate_absolute_path` checks it."""
        return os.path.join(root, path)

    def validate_absolute_path(self, root: str, absolute_path: str) -> str:
        file = published(Path(root), os.path.relpath(absolute_path, root))
        if file is None or os.path.join(root, self.path_args[0]) != absolute_path:
            raise HTTPError(HTTPStatus.NOT_FOUND)
        return str(file)

    def get_content_type(self) -> str:
        return str(_TYPES.get(_ending(self.absolute_path or ""), _OTHER))

    def set_extra_headers(self, path: str) -> None:
        self.set_header("Cache-Control", "no-cache")
        if _ending(path) not in _SHOWN:
            self.set_header("Content-Disposition", "attachment")


def _ending(path: str) -> str:
    return os.path.splitext(unquote(path))[1].lower()


def preferred_locale(headers: Any) -> str:  # noqa: ANN401 - tornado's
    """Return the first language of the browser that the report supports."""
    for one in str(headers.get("Accept-Language", "")).split(","):
        if (short := one.strip()[:2].lower()) in LOCALES:
            return short
    return LOCALES[0]
