"""What the documents say is there: files, functions, events, fault points."""

import ast
import re
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command
from wrenchai_chassis.fault import FAULT_POINTS
from wrenchai_contracts.events import EVENT_TYPES

from wrenchai.cli.app import app

ROOT = Path(__file__).parents[2]
DOCUMENTS = [
    *sorted((ROOT / "docs").rglob("*.md")),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "chassis/migrations/README.md")),
]
PATH = ROOT / "docs" / "path-of-an-event.md"
PLAYBOOKS = ROOT / "docs" / "playbooks.md"
PAGES = sorted((ROOT / "docs" / "steps").glob("*.md"))
CHART = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CAMEL = r"[A-Z][a-z]+(?:[A-Z][a-z]+)+"
NO_EVENTS = {"SecretStr"}
LINK = re.compile(r"\[(?P<text>[^\]]+)\]\((?P<target>[^)#\s]+)(?:#[^)]*)?\)")
ANCHOR = re.compile(r"\]\((?P<file>[^)#\s]*)#(?P<part>[^)\s]+)\)")
NAMED = re.compile(r"\[`(?P<name>[\w.]+)`\]\((?P<file>[^)]+\.py)\)")
TYPED = re.compile(r"(?:^|[`$ (])wrenchai ((?:[a-z]+|--[a-z]).*?)(?: {2,}| or: |[`;|)]|$)", re.MULTILINE)
SENTENCE = re.compile(r"^\d+\. .*$", re.MULTILINE)
SECTIONS = ("Context", "Decision", "Figures", "Consequences", "Would change it")


def names_in(file: Path) -> set[str]:
    """Everything that a module defines: `name`, `Class.name`, and each of them behind the module's own name."""
    defined: set[str] = set()
    for node in ast.parse(file.read_text()).body:
        defined |= _names_of(node)
        if isinstance(node, ast.ClassDef):
            defined |= {f"{node.name}.{name}" for inner in node.body for name in _names_of(inner)}
    return defined | {f"{file.stem}.{name}" for name in defined}


def _names_of(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_link_leads_to_a_file(document: Path) -> None:
    targets = [found["target"] for found in LINK.finditer(document.read_text())]
    assert [t for t in targets if "://" not in t and not (document.parent / t).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_link_to_a_part_of_a_document_leads_to_a_heading(document: Path) -> None:
    targets = [(found["file"], found["part"]) for found in ANCHOR.finditer(document.read_text())]
    named = [(document.parent / file if file else document, part) for file, part in targets if "://" not in file]
    assert [part for file, part in named if part not in headings_of(file)] == []


def headings_of(document: Path) -> set[str]:
    """As they are written in an address: small letters, no punctuation, dashes between."""
    titles = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_function_that_is_named_is_where_the_link_leads(document: Path) -> None:
    named = [
        (found["name"], document.parent / found["file"])
        for found in NAMED.finditer(document.read_text())
        if not found["name"].endswith(".py")
    ]
    modules = {file.parent.name if file.stem == "__init__" else file.stem for _, file in named}
    assert [name for name, file in named if name not in names_in(file) | modules] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_command_that_is_typed_is_one_and_has_those_options(document: Path) -> None:
    assert [line for line in TYPED.findall(document.read_text()) if not is_command(line.split())] == []


def is_command(words: list[str]) -> bool:
    """Whether the command line knows the command, or the group of commands, and each option behind it."""
    command = get_command(app)
    while isinstance(command, TyperGroup) and words and not words[0].startswith("-"):
        if words[0] not in command.commands:
            return False
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    return {word for word in words if re.fullmatch("--?[a-z-]+", word)} <= known


def test_the_path_of_an_event_names_the_functions_of_each_of_its_eleven_sentences() -> None:
    sentences = SENTENCE.findall(PATH.read_text())
    assert len(sentences) == 11
    assert [sentence for sentence in sentences if not NAMED.search(sentence)] == []


@pytest.mark.parametrize("document", [PATH, PLAYBOOKS, *PAGES], ids=lambda file: file.name)
def test_the_events_that_are_named_are_events(document: Path) -> None:
    text = document.read_text()
    charts = "".join(CHART.findall(text))
    said = re.findall(rf"(?<!\[)`({CAMEL})`", text) + re.findall(rf"\b{CAMEL}\b", charts)
    assert said
    assert [name for name in said if name not in EVENT_TYPES and name not in NO_EVENTS] == []


@pytest.mark.parametrize("document", PAGES, ids=lambda file: file.name)
def test_the_page_of_a_step_shows_its_states_and_what_it_leaves(document: Path) -> None:
    text = document.read_text()
    assert CHART.findall(text)
    titles = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert [
        part for part in ("Fields", "What comes out", "What happens when", "Take another") if part not in titles
    ] == []


def test_the_path_says_of_every_fault_point_what_happens_then() -> None:
    rows = re.findall(r"^\| (`.*?) \|", PATH.read_text(), re.MULTILINE)
    assert sorted(name for row in rows for name in re.findall(r"`(\w+)`", row)) == sorted(FAULT_POINTS)


def test_every_decision_is_listed_and_has_all_its_parts() -> None:
    directory = ROOT / "docs" / "decisions"
    listed = {found["target"] for found in LINK.finditer((directory / "README.md").read_text())}
    records = sorted(directory.glob("[0-9]*.md"))
    assert listed == {record.name for record in records}
    assert [record.name[:4] for record in records] == [f"{n:04}" for n in range(1, len(records) + 1)]
    for record in records:
        parts = re.findall(r"^\*\*([A-Z][\w ]+?)\.?\*\*", record.read_text(), re.MULTILINE)
        assert [part for part in parts if part in SECTIONS] == list(SECTIONS), record.name


def test_the_glossary_explains_each_word_once() -> None:
    words = re.findall(r"^\| ([^|]+?) \|", (ROOT / "docs" / "glossary.md").read_text(), re.MULTILINE)[2:]
    each = [word for row in words for word in row.split(", ")]
    assert len(each) == len(set(each)) > 30
