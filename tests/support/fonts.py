"""The system fonts of common machines, each as the only font that a process can use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

PACKAGES: Final = {
    "DejaVu Sans": "fonts-dejavu-core",
    "Noto Sans": "fonts-noto-core",
    "Liberation Sans": "fonts-liberation2",
}
"""Family → the Debian package that has it."""
_FOLDERS: Final = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"))
_CONFIG: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{folder}/fonts</dir>
  <cachedir>{folder}/cache</cachedir>
  <match target="pattern">
    <edit name="family" mode="append_last" binding="strong"><string>{family}</string></edit>
  </match>
</fontconfig>
"""


def font_files(family: str) -> list[Path]:
    """Return the installed files of a family: its regular, bold and italic fonts."""
    stem = family.replace(" ", "")
    files = {
        path.name: path
        for folder in _FOLDERS
        for path in folder.rglob(f"{stem}*.ttf")
        if path.stem.partition("-")[0] == stem
    }
    return [path for _, path in sorted(files.items())]


@dataclass(frozen=True)
class Font:
    """A family, and the environment of a process on a system with no other."""

    family: str
    environment: dict[str, str]


def install(family: str, folder: Path) -> Font:
    """Set up a system with one font family in a folder."""
    files = font_files(family)
    assert files, f"these tests need {family} ({PACKAGES[family]})"
    (folder / "fonts").mkdir(parents=True)
    for path in files:
        (folder / "fonts" / path.name).symlink_to(path)
    config = folder / "fonts.conf"
    config.write_text(_CONFIG.format(folder=folder, family=family), encoding="utf-8")
    return Font(family, {"FONTCONFIG_FILE": str(config)})
