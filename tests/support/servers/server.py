"""A PostgreSQL server of the tests' own: in a new folder, on a free port of the loopback."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from tests.support.servers.spark_cluster import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "s3cret/p@ss"  # noqa: S105 - of a server that lives as long as the tests
_OWNER = "postgres"
_SETTINGS = (
    *("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_wal_size=512MB"),
    "track_activity_query_size=64kB",
)


def programs() -> Path:
    """Return the folder of the server's programs."""
    initdb = shutil.which("initdb")
    if initdb and shutil.which("pg_ctl"):
        return Path(initdb).resolve().parent if Path(initdb).is_symlink() else Path(initdb).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    assert versions, "the database tests need PostgreSQL's server"
    return versions[-1]


class Postgres:
    """A running server."""

    def __init__(self, port: int) -> None:
        self.port = port

    def url(
        self, table: str, database: str = "events", *, user: str = "reader", **options: str
    ) -> str:
        query = "".join(f"&{key}={value}" for key, value in options.items())
        place = f"127.0.0.1:{self.port}/{database}"
        return f"postgresql://{user}:env:CLW_TEST_PASSWORD@{place}?table={table}{query}"

    def connect(self, database: str = "events", *, autocommit: bool = True) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=_OWNER,
            password=PASSWORD,
            dbname=database,
            autocommit=autocommit,
        )


@contextmanager
def running() -> Iterator[Postgres]:
    """Start a server and stop it in the end; PostgreSQL refuses to run as root."""
    folder = Path(tempfile.mkdtemp(prefix="clw-pg-"))
    root = os.geteuid() == 0
    if root:
        owner = pwd.getpwnam(_OWNER)
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    prefix = ["runuser", "-u", _OWNER, "--"] if root else []
    bin_, data, port = programs(), folder / "data", free_port()
    secret = folder / "password"
    secret.write_text(PASSWORD, encoding="utf-8")
    if root:
        os.chown(secret, owner.pw_uid, owner.pw_gid)

    def run(*words: str) -> None:
        done = subprocess.run(  # noqa: S603 - the server's own programs
            [*prefix, *words],
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    run(
        *(str(bin_ / "initdb"), "-D", str(data), "-U", _OWNER, "-E", "UTF8", "--locale=C.UTF-8"),
        *("-A", "scram-sha-256", f"--pwfile={secret}", "--no-sync"),
    )
    settings = " ".join(f"-c {setting}" for setting in _SETTINGS)
    address = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder}"
    control = str(bin_ / "pg_ctl")
    log = str(folder / "log")
    run(control, "-D", str(data), "-l", log, "-w", "-o", f"{address} {settings}", "start")
    try:
        server = Postgres(port)
        with server.connect(_OWNER) as admin:
            admin.execute("CREATE DATABASE events")
            admin.execute(f"CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'")
        with server.connect() as admin:
            admin.execute("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader")
        yield server
    finally:
        run(control, "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
