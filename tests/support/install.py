"""Install the programs that the tests need and that pip does not bring."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from glob import glob
from importlib import metadata
from pathlib import Path

from tests.js import check as javascript
from tests.support import fonts
from tests.support.servers import spark_cluster

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OTHER_BROWSERS = {
    "firefox-esr": ("/usr/bin/firefox-esr", "/usr/bin/firefox"),
    "webkit2gtk-driver": ("/usr/bin/WebKitWebDriver",),
    "gir1.2-webkit2-4.1": ("/usr/lib/*/girepository-1.0/WebKit2-4.1.typelib",),
    "python3-gi": ("/usr/lib/python3/dist-packages/gi",),
    "xvfb": ("/usr/bin/Xvfb",),
}
"""Debian packages with Firefox and WebKit, and where there is what they bring."""


def browser() -> None:
    """Install the browsers, fonts, and what checks accessibility and JavaScript."""
    package(BROWSERS, "chromium")
    for name, places in OTHER_BROWSERS.items():
        if not any(glob(place) for place in places):
            debian(name)
    system_fonts()
    node()


def system_fonts() -> None:
    """Install the fonts with which layout is tested."""
    for family, name in fonts.PACKAGES.items():
        if not fonts.font_files(family):
            debian(name)


def node() -> None:
    """Install npm and the packages that check JavaScript and accessibility."""
    package(("npm",), "npm")
    javascript.install()


def databases() -> None:
    """Install PostgreSQL, Java and Spark."""
    if not any(Path("/usr/lib/postgresql").glob("*/bin/initdb")):
        package(("initdb",), "postgresql")
    package(("java",), "default-jre-headless")
    spark()


def package(programs: tuple[str, ...], name: str) -> None:
    """Install a Debian package if none of *programs* is found; exit with one line on failure."""
    if not any(map(shutil.which, programs)):
        debian(name)


def debian(name: str) -> None:
    """Install a Debian package; exit with one line on failure."""
    apt, sudo = shutil.which("apt-get"), shutil.which("sudo")
    if apt is None or (os.geteuid() != 0 and sudo is None):
        sys.exit(f"The tests need {name}: install it, then run them again.")
    prefix = [] if os.geteuid() == 0 else [str(sudo)]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (
        ("update", "-qq"),
        ("install", "-y", "-qq", "--no-install-recommends", name),
    ):
        done = subprocess.run([*prefix, apt, *words], env=environment, check=False)  # noqa: S603
        if done.returncode:
            sys.exit(f"{name} cannot be installed (apt-get {words[0]} failed); see above.")


def spark() -> None:
    """Install Spark beside its tests: the thin client, whose version it has, contains none."""
    if spark_cluster.installed_home():
        return
    place = str(spark_cluster.BROUGHT.parent)
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", place]
    wanted = f"pyspark=={metadata.version('pyspark-client')}"
    if subprocess.run([*command, wanted], check=False).returncode:  # noqa: S603
        sys.exit(f"{wanted} cannot be installed; see above.")
