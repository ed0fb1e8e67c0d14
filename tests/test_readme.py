"""README, CHANGELOG and version say the same, and what README shows is there."""

import re
from pathlib import Path

import campaign_live_widgets

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_file_that_the_readme_names_exists() -> None:
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


def test_the_two_commands_can_be_found_by_machines() -> None:
    for name in ("demo", "tests"):
        assert re.search(rf"<!-- {name} -->\n```sh\n.+\n```", README)


def test_the_version_is_the_changelogs_newest() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(r"^## (\d+\.\d+\.\d+)", changelog, re.MULTILINE)
    assert found
    assert found[1] == campaign_live_widgets.__version__
    assert f'version = "{found[1]}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
