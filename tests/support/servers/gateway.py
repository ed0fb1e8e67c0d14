"""A gateway as Query Service is one: PostgreSQL's protocol in front of a real Spark.

It follows Adobe's documentation of the service: TLS only, a clear-text password inside it,
statements by the simple query protocol, at most 50,000 rows unless ``LIMIT 0`` is added, system
columns only if a session requests them, error codes as listed. Spark runs the statements.
"""

from __future__ import annotations

import contextlib
import logging
import re
import socket
import socketserver
import ssl
import struct
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final

import trustme

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

USER: Final = "0123456789ABCDEF@AdobeOrg"
CREDENTIAL: Final = "tech-account:cr3dential/of tests"
_SSL, _PROTOCOL = 80877103, 196608
_READING: Final = re.compile(r"\s*(select|with)\b", re.IGNORECASE)
_LIFTED: Final = re.compile(r"\s+LIMIT\s+0\s*;?\s*$", re.IGNORECASE)
_SYSTEM: Final = "_acp_system_metadata"
_OIDS: Final = {
    "bool": (16, lambda value: "t" if value else "f"),
    "int64": (20, str),
    "int32": (23, str),
    "string": (25, str),
    "timestamp[us, tz=UTC]": (1114, lambda value: value.strftime("%Y-%m-%d %H:%M:%S.%f")),
    "timestamp[us]": (1114, lambda value: value.strftime("%Y-%m-%d %H:%M:%S.%f")),
}
_ANY: Final = (2277, str)
"""Structs, maps and lists: of the service's own types, which its clients do not know."""


@dataclass
class Rules:
    """What the gateway allows, which a test may change, and the requests it received.

    Attributes
    ----------
    most : int
        Maximum rows of an answer without ``LIMIT 0``.
    lifts : bool
        ``LIMIT 0`` lifts that; else it is Spark's own, and gives no row.
    fails : tuple of str, optional
        Code and message of an error that every statement raises.
    kinds : set
        The messages that clients have sent.
    """

    most: int = 50_000
    lifts: bool = True
    fails: tuple[str, str] | None = None
    statements: list[str] = field(default_factory=list)
    kinds: set[bytes] = field(default_factory=set)
    sockets: list[Any] = field(default_factory=list)

    def again(self) -> None:
        """Forget the requests, and allow what the service allows."""
        self.most, self.lifts, self.fails = 50_000, True, None
        self.statements.clear()
        self.kinds.clear()


class RefusedError(Exception):
    """What the gateway answers with, in place of a result."""

    def __init__(self, code: str, message: str, severity: str = "ERROR") -> None:
        super().__init__(message)
        self.code, self.severity = code, severity


class _Client(socketserver.BaseRequestHandler):
    tls: ClassVar[ssl.SSLContext]
    session_of: ClassVar[Callable[[], Any]]
    rules: ClassVar[Rules]

    def handle(self) -> None:
        with contextlib.suppress(OSError, EOFError):
            try:
                self._begin()
            except RefusedError as refused:
                self._refuse(refused)
                return
            self.rules.sockets.append(self.request)
            self._session, self._system = self.session_of(), False
            self._serve()

    def _serve(self) -> None:
        while (kind := self._read(1)) != b"X":
            payload = self._read(self._int() - 4)
            self.rules.kinds.add(kind)
            try:
                self._run(kind, payload.rstrip(b"\0").decode(errors="replace"))
            except RefusedError as refused:
                self._refuse(refused)
            self._send(b"Z", b"I")

    def _begin(self) -> None:
        length, code = self._int(), self._int()
        if code != _SSL:
            raise RefusedError("08004", "TLS is required", "FATAL")
        self.request.sendall(b"S")
        self.request = self.tls.wrap_socket(self.request, server_side=True)
        length, code = self._int(), self._int()
        assert code == _PROTOCOL
        words = self._read(length - 8).decode().split("\0")
        startup = dict(zip(words[::2], words[1::2], strict=False))
        self._send(b"R", struct.pack("!i", 3))
        assert self._read(1) == b"p"
        password = self._read(self._int() - 4).rstrip(b"\0").decode()
        if (startup.get("user"), password) != (USER, CREDENTIAL):
            raise RefusedError("28P01", "invalid authentication token", "FATAL")
        self._send(b"R", struct.pack("!i", 0))
        for name, value in (
            ("server_version", "9.5.0"),
            ("client_encoding", "UTF8"),
            ("DateStyle", "ISO, MDY"),
            ("integer_datetimes", "on"),
        ):
            self._send(b"S", f"{name}\0{value}\0".encode())
        self._send(b"Z", b"I")

    def _run(self, kind: bytes, statement: str) -> None:
        if kind != b"Q":
            raise RefusedError("08P01", f"unsupported message type {kind!r}")
        self.rules.statements.append(statement)
        if statement.lower().replace(" ", "").startswith("setdrop_system_columns="):
            self._system = statement.lower().endswith("false")
            self._send(b"C", b"SET\0")
            return
        if not _READING.match(statement):
            raise RefusedError("0A000", "not supported")
        if _SYSTEM in statement and not self._system:
            raise RefusedError("42601", f"column or field {_SYSTEM} cannot be resolved")
        if self.rules.fails:
            raise RefusedError(*self.rules.fails)
        lifted = bool(self.rules.lifts and _LIFTED.search(statement))
        text = _LIFTED.sub("", statement) if lifted else statement
        try:
            table = self._session.sql(text).toArrow()
        except Exception as error:
            message = " ".join(str(error).split())
            raise RefusedError(
                "42P01" if "TABLE_OR_VIEW_NOT" in message else "42601", message
            ) from error
        if not lifted:
            table = table.slice(0, self.rules.most)
        self._answer(table)

    def _answer(self, table: Any) -> None:  # noqa: ANN401 - of Arrow
        kinds = [_OIDS.get(str(column.type), _ANY) for column in table.schema]
        described = b"".join(
            name.encode() + b"\0" + struct.pack("!ihihih", 0, 0, oid, -1, -1, 0)
            for name, (oid, _) in zip(table.column_names, kinds, strict=True)
        )
        self._send(b"T", struct.pack("!h", len(kinds)) + described)
        rows = []
        for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
            cells = [
                struct.pack("!i", -1)
                if value is None
                else struct.pack("!i", len(text := write(value).encode())) + text
                for value, (_, write) in zip(row, kinds, strict=True)
            ]
            body = struct.pack("!h", len(cells)) + b"".join(cells)
            rows.append(b"D" + struct.pack("!i", len(body) + 4) + body)
        self.request.sendall(b"".join(rows))
        self._send(b"C", f"SELECT {len(rows)}\0".encode())

    def _refuse(self, refused: RefusedError) -> None:
        fields = {"S": refused.severity, "C": refused.code, "M": f"ErrorCode: {refused}"}
        body = b"".join(f"{key}{value}\0".encode() for key, value in fields.items())
        self._send(b"E", body + b"\0")

    def _send(self, kind: bytes, body: bytes) -> None:
        self.request.sendall(kind + struct.pack("!i", len(body) + 4) + body)

    def _int(self) -> int:
        return int(struct.unpack("!i", self._read(4))[0])

    def _read(self, size: int) -> bytes:
        got = b""
        while len(got) < size:
            some = self.request.recv(size - len(got))
            if not some:
                raise EOFError
            got += some
        return got


class Gateway:
    """A running gateway."""

    def __init__(self, port: int, authority: Path, rules: Rules) -> None:
        self.port, self.authority, self.rules = port, authority, rules

    def url(
        self, *tables: str, prefix: str = "", variable: str = "CREDENTIAL", **options: str
    ) -> str:
        query = {"sslmode": "verify-full", "sslrootcert": str(self.authority), **options}
        words = "".join(f"&{key}={value}" for key, value in query.items())
        place = f"localhost:{self.port}/prod:all?table={','.join(tables)}"
        return f"{prefix}queryservice://{USER}:env:{variable}@{place}{words}"

    def cut(self) -> None:
        """Break off all connections."""
        while self.rules.sockets:
            with contextlib.suppress(OSError):
                self.rules.sockets.pop().shutdown(socket.SHUT_RDWR)


@contextmanager
def running(session_of: Callable[[], Any], folder: Path) -> Iterator[Gateway]:
    """Start a gateway in front of Spark: *session_of* returns the session that runs statements."""
    logging.getLogger("SQLQueryContextLogger").disabled = True  # what is refused is answered
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    root = folder / "authority.pem"
    authority.cert_pem.write_to_path(root)
    rules = Rules()
    handler = type(
        "Client",
        (_Client,),
        {"tls": context, "session_of": staticmethod(session_of), "rules": rules},
    )
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as listening:
        listening.daemon_threads = True
        listening.block_on_close = False
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        try:
            yield Gateway(listening.server_address[1], root, rules)
        finally:
            listening.shutdown()
            thread.join()
