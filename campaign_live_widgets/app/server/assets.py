"""The page's scripts in a few requests instead of a hundred, cached permanently by browsers.

Voilà's front end and each extension come as an entry script and dozens of small chunks.
webpack's runtime also accepts chunks that are before it in the same file; it fetches a missing
chunk separately, as usual. The addresses contain a digest of the scripts: a browser never has
to revalidate them, and never uses what an upgrade has replaced.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from jupyter_server.base.handlers import FileFindHandler
from jupyter_server.utils import url_path_join
from tornado.web import HTTPError, RequestHandler

from campaign_live_widgets.app.server.routes import route

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_CHUNK: Final = re.compile(rb"(?:web|rs)packChunk\w+ *=")
_HEAD: Final = 400
"""Bytes at the beginning of a chunk that identify it."""
_DIGITS: Final = 16
_LARGEST: Final = 400_000
"""Bytes of a chunk; the larger ones are for formulas and file lists, which no report shows."""
_FOREVER: Final = "public, max-age=31536000, immutable"


def bundle(entry: Path) -> bytes:
    """Return an entry script with the chunks of its folder before it that the report uses."""
    last = entry.read_bytes()
    unused = unused_chunks(last)
    parts = [in_bundle(path) for path in chunks(entry) if path.name not in unused]
    return b"".join((*parts, last))


def chunks(entry: Path) -> list[Path]:
    """Return the chunks beside an entry script, without the largest ones."""
    return [
        path
        for path in sorted(entry.parent.glob("[0-9]*.js"))
        if path.stat().st_size <= _LARGEST and _CHUNK.search(path.read_bytes(), 0, _HEAD)
    ]


def in_bundle(chunk: Path) -> bytes:
    """Return a chunk in its own function: "use strict" must not apply to the next one."""
    return b"(()=>{" + chunk.read_bytes() + b"\n})();\n"


def unused_chunks(entry: bytes) -> frozenset[str]:
    """Return the files that a report runs nothing of, beside an entry script of a known version.

    ``python -m tests.support.browser.chunks`` finds them in a browser.
    """
    file = files(__package__).joinpath("unused_chunks.json")
    known: dict[str, list[str]] = json.loads(file.read_text(encoding="utf-8"))
    return frozenset(known.get(hashlib.sha256(entry).hexdigest()[:_DIGITS], ()))


class Assets:
    """The scripts of one server's page.

    Parameters
    ----------
    static : sequence of str
        The folders of the template's static files, the first one that has a file wins.
    extensions : sequence of str
        The folders of the front end's extensions.
    """

    def __init__(self, static: Sequence[str], extensions: Sequence[str]) -> None:
        self._static, self._extensions = list(static), list(extensions)
        self._bundles: dict[str, bytes] = {}
        self._digest = ""

    def page_config(self, config: dict[str, Any], *, base_url: str, **_: object) -> dict[str, Any]:
        """Return the page's settings with the addresses of the bundles in them."""
        for extension in config["federated_extensions"]:
            extension["load"] = str(PurePosixPath(extension["load"]))
        entries = [f"{e['name']}/{e['load']}" for e in config["federated_extensions"]]
        if not self._bundles:
            self._make(entries)
        root = url_path_join(base_url, "voila/assets", self._digest)
        return config | {
            "fullStaticUrl": url_path_join(root, "static"),
            "fullLabextensionsUrl": url_path_join(root, "labextensions"),
        }

    def _make(self, entries: Iterable[str]) -> None:
        sources = {"static/voila.js": _first(self._static, "voila.js")} | {
            f"labextensions/{entry}": _first(self._extensions, entry) for entry in entries
        }
        self._bundles = {name: bundle(path) for name, path in sources.items() if path}
        digest = hashlib.sha256()
        for name, script in sorted(self._bundles.items()):
            digest.update(name.encode() + script)
        self._digest = digest.hexdigest()[:_DIGITS]

    def script(self, name: str) -> bytes | None:
        """Return a bundle by its address below the digest."""
        return self._bundles.get(name)

    def handlers(self, server_url: str) -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
        """Return the handlers of the addresses given out."""
        root = url_path_join(route(server_url), r"/voila/assets/[0-9a-f]+")
        here = {"assets": self}
        return [
            (rf"{root}/(static/voila\.js)", _BundleHandler, here),
            (rf"{root}/(labextensions/.+/remoteEntry\.[^/]+\.js)", _BundleHandler, here),
            (rf"{root}/static/(.*)", _FileHandler, {"path": self._static}),
            (rf"{root}/labextensions/(.*)", _FileHandler, {"path": self._extensions}),
        ]


def _first(folders: Iterable[str], name: str) -> Path | None:
    return next((p for folder in folders if (p := Path(folder, name)).is_file()), None)


@cache
def _zipped(script: bytes) -> bytes:
    return gzip.compress(script, compresslevel=5)


class _BundleHandler(RequestHandler):
    def initialize(self, assets: Assets) -> None:
        self._assets = assets

    def get(self, name: str) -> None:
        script = self._assets.script(name)
        if script is None:
            raise HTTPError(HTTPStatus.NOT_FOUND)
        _finish(self, script, "text/javascript")


def shared_rows(
    files: Mapping[str, str], server_url: str
) -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    """Return the handler of files by name; a name has a digest of what is in the file."""
    address = url_path_join(route(server_url), r"/voila/assets/shared/([\w.]+)")
    return [(address, _SharedHandler, {"files": files})]


class _SharedHandler(RequestHandler):
    def initialize(self, files: Mapping[str, str]) -> None:
        self._files = files

    def get(self, name: str) -> None:
        if name not in self._files:
            raise HTTPError(HTTPStatus.NOT_FOUND)
        kind = "text/css" if name.endswith(".css") else "application/json"
        _finish(self, self._files[name].encode(), kind)


def _finish(handler: RequestHandler, data: bytes, kind: str) -> None:
    """Answer with a file that a browser may keep."""
    handler.set_header("Content-Type", f"{kind}; charset=utf-8")
    handler.set_header("Cache-Control", _FOREVER)
    handler.set_header("Vary", "Accept-Encoding")
    # On one machine, packing and unpacking would take longer than the way.
    is_far = handler.request.remote_ip not in {"127.0.0.1", "::1"}
    if is_far and "gzip" in handler.request.headers.get("Accept-Encoding", ""):
        handler.set_header("Content-Encoding", "gzip")
        data = _zipped(data)
    handler.finish(data)


class _FileHandler(FileFindHandler):
    def set_headers(self) -> None:
        super().set_headers()
        self.set_header("Cache-Control", _FOREVER)
