"""The pinned template: what was found out the hard way stays so."""

import json
import re

from wrenchai_journey.portfolio.site_directory import TEMPLATE

MANIFEST = json.loads((TEMPLATE / "package.json").read_text(encoding="utf-8"))
LOCK = (TEMPLATE / "package-lock.json").read_text(encoding="utf-8")
SETTINGS = (TEMPLATE / "docusaurus.config.js").read_text(encoding="utf-8")
SWC_PLATFORMS = 12


def test_every_dependency_is_pinned_to_one_version() -> None:
    pinned = {**MANIFEST["dependencies"], **MANIFEST["devDependencies"], **MANIFEST["overrides"]}
    assert [name for name, version in pinned.items() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []


def test_the_lock_fits_the_manifest_and_names_no_address() -> None:
    root = json.loads(LOCK)["packages"][""]
    assert root["dependencies"] == MANIFEST["dependencies"]
    assert root["devDependencies"] == MANIFEST["devDependencies"]
    assert '"resolved"' not in LOCK


def test_the_lock_has_the_compiler_for_every_platform_so_that_npm_ci_is_content() -> None:
    for package in ("core", "html"):
        assert MANIFEST["overrides"][f"@swc/{package}"] == "1.15.41"
        assert len(re.findall(rf'"node_modules/@swc/{package}-', LOCK)) == SWC_PLATFORMS


def test_browsers_without_cascade_layers_are_left_out_so_that_the_palette_is_not_overruled() -> None:
    assert MANIFEST["browserslist"]["production"] == [">0.5%", "not dead", "not op_mini all"]


def test_anything_broken_stops_the_build() -> None:
    for hook in ("Links", "Anchors", "MarkdownLinks", "MarkdownImages"):
        assert f"onBroken{hook}: 'throw'" in SETTINGS
    assert "onDuplicateRoutes: 'throw'" in SETTINGS


def test_the_light_code_theme_is_the_one_with_enough_contrast() -> None:
    assert "theme: codeThemes.light" in SETTINGS
    assert "readable(themes.vsLight)" in (TEMPLATE / "src" / "code-themes.js").read_text(encoding="utf-8")


def test_nothing_is_fetched_from_elsewhere() -> None:
    for file in (TEMPLATE / "src").rglob("*.*"):
        assert not re.search(r"(?:src|href|url)\(?=?[\"'( ]*https?://", file.read_text(encoding="utf-8")), file
