"""Everything that must pass: ``python -m tests``.

Style, types and layers, then the quick tests, then those in a real browser. Brings Chromium
from Debian's packages where it is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHECKS = (
    ("style", ("-m", "ruff", "check", "--no-cache", ".")),
    ("format", ("-m", "ruff", "format", "--no-cache", "--check", ".")),
    ("types", ("-m", "mypy")),
    ("tests", ("-m", "pytest")),
    ("browser tests", ("-m", "pytest", "-m", "browser")),
)


def main() -> int:
    """Run all checks, also after one has failed; return how many did."""
    bring_browser()
    failed = []
    for name, command in CHECKS:
        print(f"\n== {name}", flush=True)
        done = subprocess.run([sys.executable, *command], cwd=ROOT, check=False)  # noqa: S603
        if done.returncode:
            failed.append(name)
    print(f"\nfailed: {', '.join(failed)}" if failed else "\nall checks passed", flush=True)
    return len(failed)


def bring_browser() -> None:
    """Install Chromium where there is no browser; say so in one line where that cannot be."""
    if any(map(shutil.which, BROWSERS)):
        return
    apt, sudo = shutil.which("apt-get"), shutil.which("sudo")
    if apt is None or (os.geteuid() != 0 and sudo is None):
        sys.exit("The browser tests need Chromium: install it, then run this again.")
    prefix = [] if os.geteuid() == 0 else [str(sudo)]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for words in (
        ("update", "-qq"),
        ("install", "-y", "-qq", "--no-install-recommends", "chromium"),
    ):
        done = subprocess.run([*prefix, apt, *words], env=environment, check=False)  # noqa: S603
        if done.returncode:
            sys.exit(f"Chromium cannot be installed (apt-get {words[0]} failed); see above.")


if __name__ == "__main__":
    sys.exit(main())
