"""Check and test the JavaScript, and lint the CSS: ``python tests/js/check.py``.

The tools are in ``package.json``, at exact versions; npm installs what is missing.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
BIN = ROOT / "node_modules" / ".bin"


def install() -> None:
    """Install the packages of ``package.json`` that are missing or of another version."""
    packages = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    if all(_installed(name) == version for name, version in packages.items()):
        return
    command = [str(shutil.which("npm")), "install", "--no-package-lock", "--no-audit", "--no-fund"]
    if subprocess.run(command, cwd=ROOT, check=False).returncode:  # noqa: S603
        sys.exit(
            "The packages of package.json cannot be installed (npm install failed); see above."
        )


def _installed(name: str) -> str | None:
    package = ROOT / "node_modules" / name / "package.json"
    return json.loads(package.read_text(encoding="utf-8"))["version"] if package.is_file() else None


def main() -> int:
    """Run all checks, also after one has failed; return how many did."""
    install()
    tests = sorted(map(str, Path(__file__).parent.glob("*.test.js")))
    commands = (
        (str(BIN / "biome"), "check", "--error-on-warnings"),
        (str(BIN / "tsc"),),
        (str(shutil.which("node")), "--test", "--test-reporter=dot", *tests),
    )
    return sum(
        subprocess.run(command, cwd=ROOT, check=False).returncode != 0  # noqa: S603
        for command in commands
    )


if __name__ == "__main__":
    sys.exit(main())
