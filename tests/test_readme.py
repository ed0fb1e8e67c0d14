"""README, ARCHITECTURE, CHANGELOG and the version agree with the repository."""

import re
from pathlib import Path

import campaign_live_widgets

ROOT = Path(__file__).parent.parent
SET_BY_THE_PACKAGE = {
    "CAMPAIGN_LIVE_CAMPAIGN_FILE",
    "CAMPAIGN_LIVE_SERVER_FOLDER",
    "CAMPAIGN_LIVE_SHOWN_VIEW",
    "CAMPAIGN_LIVE_SNAPSHOTS_ADDRESS",
    "CAMPAIGN_LIVE_SNAPSHOT_FOLDER",
}
"""Variables with which processes of the package pass values on."""
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_file_linked_in_the_readme_exists() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_path_in_the_architecture_document_exists() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    names = {
        name
        for name in re.findall(r"`([\w./]+(?:\.(?:py|js|ipynb|toml)|/))`", text)
        if "NAME" not in name
    }
    package = Path(campaign_live_widgets.__file__).parent
    known = {path.name for path in package.rglob("*")}
    missing = [
        name
        for name in names
        if not any((place / name).exists() for place in (ROOT, package)) and name not in known
    ]
    assert names
    assert missing == []


def test_every_environment_variable_is_documented() -> None:
    package = Path(campaign_live_widgets.__file__).parent
    code = "".join(path.read_text(encoding="utf-8") for path in package.rglob("*.py"))
    names = set(re.findall(r"CAMPAIGN_LIVE_[A-Z_]+", code)) - SET_BY_THE_PACKAGE
    pages = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))
    assert names
    assert sorted(name for name in names if f"`{name}`" not in pages) == []


def test_readme_marks_the_commands_for_demo_and_tests() -> None:
    for name in ("demo", "tests"):
        assert re.search(rf"<!-- {name} -->\n```sh\n.+\n```", README)


def test_newest_changelog_version_is_the_package_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (\d+\.\d+\.\d+)", changelog, re.MULTILINE)
    assert newest
    assert newest[1] == campaign_live_widgets.__version__
    assert f'version = "{newest[1]}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
