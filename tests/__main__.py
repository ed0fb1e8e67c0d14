"""Everything that must pass: ``python -m tests``.

Style, types and layers, then the quick tests, the slow ones, those of a real database server and
those in a real browser. What is missing of Chromium, PostgreSQL, Java and npm comes from Debian's
packages, the checks of JavaScript and of accessibility from npm, Spark's distribution from pip.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from tests.databases import spark_cluster
from tests.js import check as javascript

ROOT = Path(__file__).parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SIDE_BY_SIDE = ("-n", "auto", "--dist", "loadfile")
"""As many processes as there are cores, each a file of tests at a time."""
CHECKS = (
    ("style", ("-m", "ruff", "check", "--no-cache", ".")),
    ("format", ("-m", "ruff", "format", "--no-cache", "--check", ".")),
    ("types", ("-m", "mypy")),
    ("language", (str(ROOT / "tests" / "language.py"),)),
    ("docs", (str(ROOT / "docs" / "build.py"),)),
    ("javascript", (str(ROOT / "tests" / "js" / "check.py"),)),
    ("tests", ("-m", "pytest", *SIDE_BY_SIDE)),
    ("slow tests", ("-m", "pytest", *SIDE_BY_SIDE, "-m", "slow and not database and not browser")),
    ("database tests", ("-m", "pytest", "-m", "database and not browser")),
    ("browser tests", ("-m", "pytest", "-m", "browser")),
)


def main() -> int:
    """Run all checks, also after one has failed; return how many did."""
    bring(BROWSERS, "chromium")
    if not any(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        bring(("initdb",), "postgresql")
    bring(("java",), "default-jre-headless")
    bring_spark()
    bring(("npm",), "npm")
    javascript.install()
    failed = []
    for name, command in CHECKS:
        print(f"\n== {name}", flush=True)
        done = subprocess.run([sys.executable, *command], cwd=ROOT, check=False)  # noqa: S603
        if done.returncode:
            failed.append(name)
    print(f"\nfailed: {', '.join(failed)}" if failed else "\nall checks passed", flush=True)
    return len(failed)


def bring(programs: tuple[str, ...], package: str) -> None:
    """Install a package where none of *programs* is there; one line where that cannot be."""
    if any(map(shutil.which, programs)):
        return
    apt, sudo = shutil.which("apt-get"), shutil.which("sudo")
    if apt is None or (os.geteuid() != 0 and sudo is None):
        sys.exit(f"The tests need {package}: install it, then run this again.")
    prefix = [] if os.geteuid() == 0 else [str(sudo)]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (
        ("update", "-qq"),
        ("install", "-y", "-qq", "--no-install-recommends", package),
    ):
        done = subprocess.run([*prefix, apt, *words], env=environment, check=False)  # noqa: S603
        if done.returncode:
            sys.exit(f"{package} cannot be installed (apt-get {words[0]} failed); see above.")


def bring_spark() -> None:
    """Put Spark beside its tests, in the version of its thin client, which has no Spark in it."""
    if spark_cluster.found():
        return
    place = str(spark_cluster.BROUGHT.parent)
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", place]
    wanted = f"pyspark=={metadata.version('pyspark-client')}"
    if subprocess.run([*command, wanted], check=False).returncode:  # noqa: S603
        sys.exit(f"{wanted} cannot be installed; see above.")


if __name__ == "__main__":
    sys.exit(main())
