"""A Spark cluster of the tests' own: a master, two workers and a Spark Connect server.

Each is a separate process, on the loopback alone, with its files in one new folder. Spark itself
is in ``SPARK_HOME``, else in the package ``pyspark`` where that is installed (the thin
client has no Spark in it), else where ``python -m tests`` has put it.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

BROUGHT = Path(__file__).parents[2] / "databases" / ".spark" / "pyspark"
HOST = "localhost"
"""Only to this name a client gives a token without TLS."""
TOKEN = "s3cret-t0ken"  # noqa: S105 - of a server that lives as long as the tests
WORKERS = 2
PATIENCE = 240
"""Seconds a process may take to begin: other work may have the machine."""
_JVM = "-Xss4m -XX:+UseSerialGC"


@dataclass(frozen=True)
class Size:
    """What a cluster is made for.

    Attributes
    ----------
    heap : int
        Megabytes of each executor and of the driver.
    partitions : int
        Parts of what is put in order or grouped.
    quick_start : bool
        The virtual machine compiles soon and not well.
    """

    heap: int
    partitions: int
    quick_start: bool

    @property
    def jvm(self) -> str:
        return f"{_JVM} -XX:TieredStopAtLevel=1" if self.quick_start else _JVM


SMALL = Size(heap=600, partitions=WORKERS, quick_start=True)
"""For tests: thousands of rows, many statements."""
LARGE = Size(heap=4000, partitions=64, quick_start=False)
"""For millions of rows."""


def installed_home() -> Path | None:
    """Return the folder of Spark's distribution, if there is one."""
    package = find_spec("pyspark")
    installed = Path(package.origin).parent if package and package.origin else BROUGHT
    places = (Path(os.environ.get("SPARK_HOME", installed)), installed, BROUGHT)
    return next((place for place in places if (place / "jars").is_dir()), None)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Cluster:
    """A running cluster.

    Attributes
    ----------
    folder : Path
        Where its files are; ``folder / "data"`` is for tables of the tests.
    """

    def __init__(self, folder: Path, size: Size = SMALL) -> None:
        home = installed_home()
        assert home, "the database tests need Spark's distribution: python -m tests brings it"
        self.home, self.folder, self._size = home, folder, size
        self.data = folder / "data"
        self.data.mkdir()
        self.port, self._master, self._ui = free_port(), free_port(), free_port()
        self._pages = free_port()
        self._server: subprocess.Popen[bytes] | None = None
        self._session: Any = None

    def url(self, table: str, database: str = "", *, user: str = "reader", **options: str) -> str:
        query = "".join(f"&{key}={value}" for key, value in options.items())
        place = f"{HOST}:{self.port}/{database}"
        return f"spark://{user}:env:CLW_TEST_TOKEN@{place}?table={table}{query}"

    def sql(self, text: str) -> list[dict[str, Any]]:
        """Run one statement and return its rows."""
        rows: list[dict[str, Any]] = self.session.sql(text).toArrow().to_pylist()
        return rows

    def append(self, table: str, rows: pa.Table) -> None:
        """Insert rows, columns by name."""
        made = self.session.createDataFrame(rows).coalesce(1)
        self.session.sql(f"INSERT INTO {table} BY NAME SELECT * FROM {{made}}", made=made)

    @property
    def session(self) -> Any:  # noqa: ANN401 - Spark's client has no types that can be had
        """Return a session of the one who fills the tables."""
        if self._session is None:
            from pyspark.sql.connect.session import SparkSession  # noqa: PLC0415 - late, with tests

            address = f"sc://{HOST}:{self.port}/;token={TOKEN};user_id=writer"
            self._session = SparkSession(connection=address)
            self._session.conf.set("spark.sql.session.timeZone", "UTC")
            self._session.conf.set("spark.sql.variable.substitute", "false")
        return self._session

    def tasks(self) -> dict[str, int]:
        """Return how many tasks each executor has finished."""
        executors = self._monitor("executors")
        return {
            one["hostPort"]: one["completedTasks"] for one in executors if one["id"] != "driver"
        }

    def statements(self) -> int:
        """Return the number of the last statement so far."""
        return max((one["id"] for one in self._finished()), default=-1)

    def scans(self, after: int) -> list[list[int]]:
        """Return of each later statement that has read files how many rows each scan gave."""
        later = [one for one in self._finished() if one["id"] > after]
        in_order = sorted(later, key=lambda one: int(one["id"]))
        return [rows for one in in_order if (rows := _rows_of_scans(one))]

    def _finished(self) -> list[Any]:
        """Return the statements of which the server knows yet, once all have ended."""
        statements: list[Any] = []

        def ended() -> bool:
            statements[:] = self._monitor(
                "sql?details=true&planDescription=false&offset=0&length=100000"
            )
            return all(one["status"] != "RUNNING" for one in statements)

        self._wait(ended, "the end of the statements")
        return statements

    def _monitor(self, what: str) -> Any:  # noqa: ANN401 - JSON
        """Return a page of the driver's monitoring API."""
        (here,) = self._asked(self._pages, "/api/v1/applications")
        return self._asked(self._pages, f"/api/v1/applications/{here['id']}/{what}")

    def start_cluster(self, stack: ExitStack) -> None:
        """Start master and workers, and wait until these are known to it."""
        master = f"spark://127.0.0.1:{self._master}"
        daemon = {"SPARK_DAEMON_MEMORY": "256m", "SPARK_DAEMON_JAVA_OPTS": SMALL.jvm}
        place = ("--host", "127.0.0.1")
        self._start(
            *(stack, "master", "org.apache.spark.deploy.master.Master", *place),
            *("--port", str(self._master), "--webui-port", str(self._ui)),
            **daemon,
        )
        for number in range(WORKERS):
            self._start(
                *(stack, f"worker-{number}", "org.apache.spark.deploy.worker.Worker", *place),
                *("--webui-port", "0", "--cores", "1", "--memory", f"{self._size.heap + 100}m"),
                *("--work-dir", str(self.folder / f"work-{number}"), master),
                **daemon,
            )

        def known() -> bool:
            workers = self._asked(self._ui, "/json/")["workers"]
            return sum(worker["state"] == "ALIVE" for worker in workers) == WORKERS

        self._wait(known, "the workers")

    def start_server(self) -> None:
        """Start the Connect server, which runs statements on both workers."""
        settings = {
            "spark.master": f"spark://127.0.0.1:{self._master}",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.executor.memory": f"{self._size.heap}m",
            "spark.executor.extraJavaOptions": self._size.jvm,
            "spark.driver.extraJavaOptions": f"{self._size.jvm} -Dderby.system.home={self.folder}",
            "spark.scheduler.minRegisteredResourcesRatio": "1.0",
            "spark.scheduler.maxRegisteredResourcesWaitingTime": "120s",
            "spark.ui.port": str(self._pages),
            "spark.ui.showConsoleProgress": "false",
            "spark.connect.grpc.binding.address": "127.0.0.1",
            "spark.connect.grpc.binding.port": str(self.port),
            "spark.connect.authenticate.token": TOKEN,
            "spark.sql.warehouse.dir": str(self.folder / "warehouse"),
            "spark.sql.catalogImplementation": "in-memory",
            "spark.sql.session.timeZone": "Asia/Kathmandu",  # clients set their own
            "spark.sql.shuffle.partitions": str(self._size.partitions),
            "spark.local.dir": str(self.folder / "scratch"),
        }
        properties = self.folder / "spark.properties"
        lines = (f"{name}={value}\n" for name, value in settings.items())
        properties.write_text("".join(lines), encoding="utf-8")
        self._server = self._process(
            *("connect", "org.apache.spark.deploy.SparkSubmit"),
            *("--properties-file", str(properties), "--driver-memory", f"{self._size.heap + 168}m"),
            *("--class", "org.apache.spark.sql.connect.service.SparkConnectServer"),
            "spark-internal",
        )

        def answers() -> bool:
            assert self._server is not None
            if self._server.poll() is not None:
                raise AssertionError(self.log_of("connect"))
            with socket.create_connection((HOST, self.port), timeout=5):
                return len(self.tasks()) == WORKERS

        self._wait(answers, "the Connect server")

    def stop_server(self) -> None:
        """Stop the Connect server at once; what its catalog held is forgotten."""
        if self._session is not None:
            self._session.release_session_on_close = False
            self._session.stop()
            self._session = None
        if self._server is not None:
            _end(self._server)
            self._server = None

    def log_of(self, name: str) -> str:
        """Return the end of a process's log."""
        return (self.folder / f"{name}.log").read_text(encoding="utf-8", errors="replace")[-4000:]

    def _start(self, stack: ExitStack, name: str, *words: str, **variables: str) -> None:
        stack.callback(_end, self._process(name, *words, **variables))

    def _process(self, name: str, *words: str, **variables: str) -> subprocess.Popen[bytes]:
        inherited = {
            key: os.environ[key] for key in ("PATH", "HOME", "JAVA_HOME") if key in os.environ
        }
        environment = {
            **inherited,
            "SPARK_HOME": str(self.home),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_CONF_DIR": str(self.folder),
            **variables,
        }
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - Spark's own program
                [str(self.home / "bin" / "spark-class"), *words],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _asked(self, port: int, path: str) -> Any:  # noqa: ANN401 - JSON
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
            return json.load(answer)

    def _wait(self, done: Callable[[], bool], what: str) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            # A page of what has only begun may be there and empty.
            with suppress(OSError, HTTPException, LookupError, ValueError):
                if done():
                    return
            time.sleep(0.3)
        logs = "\n".join(self.log_of(path.stem) for path in sorted(self.folder.glob("*.log")))
        message = f"{what} did not begin\n{logs}"
        raise AssertionError(message)


def _rows_of_scans(statement: dict[str, Any]) -> list[int]:
    return [
        int(metric["value"].replace(",", ""))
        for node in statement.get("nodes", ())
        if node["nodeName"].startswith("Scan parquet")
        for metric in node["metrics"]
        if metric["name"] == "number of output rows"
    ]


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and those that it started: they are one group."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=20)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=20)


@contextmanager
def running(folder: Path | None = None, size: Size = SMALL) -> Iterator[Cluster]:
    """Start a cluster in a folder and end it, whether or not all of it had begun."""
    with ExitStack() as stack:
        if folder is None:
            made = tempfile.TemporaryDirectory(prefix="clw-spark-", ignore_cleanup_errors=True)
            folder = Path(stack.enter_context(made))
        cluster = Cluster(folder, size)
        cluster.start_cluster(stack)
        stack.callback(cluster.stop_server)
        cluster.start_server()
        yield cluster
