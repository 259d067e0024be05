"""New playbooks from templates, and the schema by which editors complete and mark them."""

import re
from pathlib import Path

from rich.text import Text
from wrenchai_language.editor_schema import editor_schema

from wrenchai.cli.input_files import InputFileWrong
from wrenchai.cli.playbook_reading import local_tools
from wrenchai.cli.screen import Screen, json_text
from wrenchai.cli.template_names import Template

SCHEMA_FILE = "playbook.schema.json"
"""Beside the playbooks; their first line names it."""

_NAME = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
_PLACEHOLDER = "name: new-playbook"


def template_file(template: Template) -> Path:
    """Where a template lies."""
    return Path(__file__).parent / "templates" / f"{template}.yaml"


def new_playbook(name: str, template: Template, directory: Path, *, force: bool, as_json: bool) -> None:
    """Write `NAME.yaml`, and the editors' schema beside it; nothing is replaced unless it is said."""
    if not _NAME.fullmatch(name):
        reason = "a playbook's name is lower case: letters, digits, `-`, `_`, `.`; it begins with a letter"
        raise InputFileWrong(name, reason)
    file, schema = directory / f"{name}.yaml", directory / SCHEMA_FILE
    text = template_file(template).read_text(encoding="utf-8").replace(_PLACEHOLDER, f"name: {name}", 1)
    _write(file, text, force=force)
    if force or not schema.exists():
        _write(schema, schema_text(), force=True)
    written = {"file": str(file), "schema": str(schema), "template": template}
    shown = Text.assemble(("wrote ", "green"), str(file), (f", and {schema} for editors\n", "dim"))
    shown.append(f"next: wrenchai playbook check {file}\n      wrenchai playbook show {file}", "dim")
    Screen(as_json=as_json).result(written, shown)


def write_schema(file: Path | None, *, as_json: bool) -> None:
    """`wrenchai playbook schema`: to a file, or where it is read from."""
    if file is None:
        Screen(as_json=True).line(editor_schema(_summaries()))
        return
    _write(file, schema_text(), force=True)
    line = f"# yaml-language-server: $schema={file.name}"
    shown = Text.assemble(("wrote ", "green"), f"{file}\n", ("first line of each playbook beside it: ", "dim"), line)
    Screen(as_json=as_json).result({"schema": str(file), "modeline": line}, shown)


def schema_text() -> str:
    """The schema with the tools of this machine."""
    return json_text(editor_schema(_summaries())) + "\n"


def _summaries() -> dict[str, str]:
    return {name: tool.summary for name, tool in local_tools().items()}


def _write(file: Path, text: str, *, force: bool) -> None:
    try:
        with file.open("w" if force else "x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError:
        raise InputFileWrong(str(file), "is there already; --force replaces it") from None
    except OSError as problem:
        raise InputFileWrong(str(file), problem.strerror or str(problem)) from problem
