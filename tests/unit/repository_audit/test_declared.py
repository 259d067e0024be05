"""Declared dependencies are found wherever they are written, and nothing is run to find them."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_journey.repository_audit.declared import Declared, Unreadable, declared_in, is_manifest

PYPROJECT = """
[project]
name = "River"
dependencies = ["Httpx>=0.28", "pydantic"]
[project.optional-dependencies]
all = ["river[fast]", "numpy==2.1.0"]
[dependency-groups]
dev = ["pytest>=9", {include-group = "other"}]
[tool.poetry.dependencies]
python = "^3.11"
rich = "^14"
typer = {version = "*"}
"""


def found(path: str, text: str) -> list[tuple[str, str]]:
    return [(one.name, one.place) for one in declared_in(PurePosixPath(path), text) if isinstance(one, Declared)]


def test_a_pyproject_tells_of_every_table_but_not_of_the_project_itself() -> None:
    assert found("pyproject.toml", PYPROJECT) == [
        ("httpx", "pyproject.toml:project.dependencies"),
        ("pydantic", "pyproject.toml:project.dependencies"),
        ("numpy", "pyproject.toml:project.optional-dependencies.all"),
        ("pytest", "pyproject.toml:dependency-groups.dev"),
        ("rich", "pyproject.toml:tool.poetry.dependencies"),
        ("typer", "pyproject.toml:tool.poetry.dependencies"),
    ]


def test_a_requirements_file_is_read_line_by_line_without_hashes_options_and_comments() -> None:
    text = (
        "# all\n-r other.txt\nhttpx==0.28.1 \\\n    --hash=sha256:abc \\\n    --hash=sha256:def\nrich>=14 # colours\n"
    )
    assert found("requirements.txt", text) == [("httpx", "requirements.txt:3"), ("rich", "requirements.txt:6")]


def test_a_setup_cfg_tells_of_its_requirements_and_extras() -> None:
    text = "[options]\ninstall_requires =\n    httpx>=0.28\n[options.extras_require]\ndev = pytest\n"
    assert [name for name, _ in found("setup.cfg", text)] == ["httpx", "pytest"]


@pytest.mark.parametrize(
    ("path", "text"),
    [("pyproject.toml", "[project"), ("setup.cfg", "no section"), ("requirements.txt", "./local/thing\n")],
)
def test_what_cannot_be_read_is_told_with_its_place(path: str, text: str) -> None:
    (wrong,) = declared_in(PurePosixPath(path), text)
    assert isinstance(wrong, Unreadable)
    assert wrong.place.startswith(path)


@pytest.mark.parametrize("path", ["requirements-dev.txt", "dev_requirements.txt", "requirements/base.txt", "setup.cfg"])
def test_these_files_may_declare_dependencies(path: str) -> None:
    assert is_manifest(PurePosixPath(path))


def test_a_program_is_no_manifest() -> None:
    assert not is_manifest(PurePosixPath("setup.py"))


@given(st.text(max_size=400), st.sampled_from(["pyproject.toml", "setup.cfg", "requirements.txt"]))
def test_any_text_is_read_or_told_to_be_unreadable(text: str, path: str) -> None:
    assert all(isinstance(one, Declared | Unreadable) for one in declared_in(PurePosixPath(path), text))
