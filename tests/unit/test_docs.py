"""The documentation keeps up: every setting is named with its default, and links lead somewhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from pydantic import AliasChoices, SecretStr

from vivavoce.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
_ROW = re.compile(r"^\| `(VIVAVOCE_[A-Z0-9_]+)` \| (?:`([^`]*)`|–) \| (.+) \|$", re.MULTILINE)
_FENCED = re.compile(r"^(```+).*?^\1\s*$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)")
_HEADING = re.compile(r"^#{1,6} (.+?)\s*$", re.MULTILINE)


def _pages() -> list[Path]:
    """The Markdown files of the repository, committed or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    paths = [ROOT / line for line in listed.stdout.splitlines()] or [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
    return sorted(path for path in paths if path.exists())


def _shown(default: object) -> str:
    """A default as the table shows it; nothing for what is empty."""
    if isinstance(default, SecretStr):
        default = default.get_secret_value()
    return "" if default is None or default == () else str(default)


def _rows() -> dict[str, tuple[str, str]]:
    text = (ROOT / "docs/reference/settings.md").read_text()
    return {name: (default, meaning) for name, default, meaning in _ROW.findall(text)}


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_named_with_its_default(name: str) -> None:
    rows = _rows()
    field = Settings.model_fields[name]
    assert f"{PREFIX}{name.upper()}" in rows, f"docs/reference/settings.md does not name {PREFIX}{name.upper()}"
    default, meaning = rows[f"{PREFIX}{name.upper()}"]
    assert default == _shown(field.get_default())
    if isinstance(field.validation_alias, AliasChoices):
        for alias in map(str, field.validation_alias.choices):
            assert alias.startswith(PREFIX) or f"`{alias}`" in meaning, f"{alias} is taken too"


def test_no_setting_is_named_that_does_not_exist() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    assert set(_rows()) <= known


def test_the_example_environment_names_settings_only() -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    named = set(re.findall(r"^#? ?(VIVAVOCE_[A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert named and {name.removesuffix("_FILE") for name in named} <= known


def _anchor(heading: str) -> str:
    """The anchor that a heading gets where Markdown is shown."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)|[`*_]", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


def _anchors(page: Path) -> set[str]:
    return {_anchor(heading) for heading in _HEADING.findall(_FENCED.sub("", page.read_text()))}


def _broken_links(page: Path) -> list[str]:
    text = _CODE.sub("", _FENCED.sub("", page.read_text()))
    broken = []
    for target in _LINK.findall(text):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        path, _, anchor = target.partition("#")
        found = (page.parent / path).resolve() if path else page
        if not found.exists() or (anchor and found.suffix == ".md" and anchor not in _anchors(found)):
            broken.append(target)
    return broken


def test_relative_links_lead_somewhere() -> None:
    pages = _pages()
    assert ROOT / "README.md" in pages
    assert {str(page.relative_to(ROOT)): _broken_links(page) for page in pages if _broken_links(page)} == {}


def test_the_pictures_of_the_documentation_are_small() -> None:
    """They are loaded by everybody who looks at the front page."""
    pictures = list((ROOT / "docs/images").glob("*.png"))
    assert pictures
    assert all(picture.stat().st_size < 300 * 1024 for picture in pictures)
