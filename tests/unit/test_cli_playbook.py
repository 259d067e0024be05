"""The commands about one playbook, on a machine where nothing runs."""

import json
from pathlib import Path
from typing import Any, get_args

import jsonschema_rs
import pytest
from wrenchai_language.playbook_yaml import read_playbook
from wrenchai_language.yaml_reading import read_yaml

from wrenchai.cli import main
from wrenchai.cli.template_names import Template

LEGACY = Path(__file__).parents[1] / "fixtures" / "legacy_playbooks" / "every_step_type.yaml"
HELLO = "name: hello\nsteps:\n  - {id: greet, tool: noop, with: {value: hi}}\n"


class Ended:
    """How a command ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def told(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def wrenchai(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WRENCHAI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("WRENCHAI_URL", raising=False)

    def run(*words: str) -> Ended:
        with pytest.raises(SystemExit) as left:
            main(words)
        captured = capsys.readouterr()
        return Ended(int(left.value.code or 0), captured.out, captured.err)

    return run


@pytest.mark.parametrize("template", get_args(Template))
def test_a_new_playbook_of_any_template_is_right_and_fits_the_schema_that_its_first_line_names(
    template: str, wrenchai: Any, tmp_path: Path
) -> None:
    assert wrenchai("playbook", "new", "mine", "--template", template).code == 0
    text = (tmp_path / "mine.yaml").read_text()
    assert text.splitlines()[0] == "# yaml-language-server: $schema=./playbook.schema.json"
    schema = json.loads((tmp_path / "playbook.schema.json").read_text())
    assert jsonschema_rs.validator_for(schema).is_valid(read_yaml(text.encode()).value)
    assert read_playbook(text.encode(), file="mine.yaml").name == "mine"
    checked = wrenchai("playbook", "check", "mine.yaml", "--json")
    assert (checked.code, checked.told["problems"], checked.told["notes"]) == (0, [], [])


def test_a_new_playbook_replaces_nothing_unless_it_is_told_to(wrenchai: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("precious\n")
    refused = wrenchai("playbook", "new", "mine")
    assert (refused.code, (tmp_path / "mine.yaml").read_text()) == (2, "precious\n")
    assert "is there already; --force replaces it" in refused.err
    assert wrenchai("playbook", "new", "mine", "--force").code == 0
    assert "precious" not in (tmp_path / "mine.yaml").read_text()


@pytest.mark.parametrize("name", ["Mine", "../mine", "a b", ""])
def test_a_name_that_is_none_is_a_usage_error(name: str, wrenchai: Any, tmp_path: Path) -> None:
    assert wrenchai("playbook", "new", name).code == 2
    assert list(tmp_path.glob("**/*.yaml")) == []


def test_all_that_is_wrong_is_told_at_once_by_file_line_and_column(wrenchai: Any, tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text(
        "name: wrong\nsteps:\n- {id: a, tool: nop}\n- {id: b, tool: noop, needs: [c]}\n"
    )
    ended = wrenchai("playbook", "check", "wrong.yaml")
    assert ended.code == 1
    assert ended.out.splitlines() == [
        "wrong.yaml:3:11: steps.0.tool: no tool is called 'nop'; did you mean 'noop'?",
        "wrong.yaml:4:31: steps.1.needs.0: no step is called 'c' here; known are: a, b",
        "wrong.yaml: 2 things are wrong",
    ]


def test_however_narrow_a_terminal_is_each_thing_stays_on_its_line(wrenchai: Any, tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_text("name: wrong\nsteps: [{id: a, tool: noop, needs: [" + "c" * 40 + "]}]\n")
    assert len(wrenchai("playbook", "check", "wrong.yaml").out.splitlines()) == 2


def test_programs_are_told_the_same_as_json(wrenchai: Any, tmp_path: Path) -> None:
    (tmp_path / "wrong.yaml").write_bytes(b"name: \xff\n")
    ended = wrenchai("playbook", "check", "wrong.yaml", "--json")
    assert ended.code == 1
    assert ended.told["problems"] == [{"field": "", "reason": "byte 6 is no UTF-8", "line": 1, "column": 7}]


def test_the_plan_of_an_old_file_is_shown_with_what_it_was_mapped_to(wrenchai: Any) -> None:
    ended = wrenchai("playbook", "show", str(LEGACY))
    assert ended.code == 0
    assert "written in the layout of the first WrenchAI, and mapped to:" in ended.out
    assert "work_in_parallel" in ended.out


def test_a_plan_is_shown_as_a_tree_as_a_chart_and_as_data_with_its_digest(wrenchai: Any, tmp_path: Path) -> None:
    (tmp_path / "hello.yaml").write_text(HELLO)
    assert "greet  standard  noop  by worker" in wrenchai("playbook", "show", "hello.yaml").out
    assert wrenchai("playbook", "show", "hello.yaml", "--mermaid").out.startswith("flowchart TD\n")
    data = wrenchai("playbook", "show", "hello.yaml", "--plan").told
    assert data["plan"]["nodes"][0]["steps"][0]["id"] == "greet"
    assert len(data["digest"]) == 64


def test_who_judges_a_step_and_from_where_on_accepting_pays_is_shown(wrenchai: Any, tmp_path: Path) -> None:
    gated = HELLO.replace("value: hi}}", "value: hi}, quality: {judges: [{name: style, use: noop}]}}")
    (tmp_path / "judged.yaml").write_text(f"{gated}quality: {{costs: {{human: 2.5}}}}\n")
    shown = wrenchai("playbook", "show", "judged.yaml").out
    assert "accepted from 0.75" in shown
    assert "asked about its result if it is worth it" in shown
    assert wrenchai("playbook", "run", "judged.yaml", "--dry-run").code == 0


def test_our_own_playbooks_are_shown_by_name_where_nothing_runs(wrenchai: Any) -> None:
    assert "csv.judge" in wrenchai("playbook", "show", "csv-quality").out
    assert wrenchai("playbook", "show", "nobody-s").code == 3


def test_a_playbook_beside_the_file_may_be_a_step_of_it(wrenchai: Any, tmp_path: Path) -> None:
    (tmp_path / "inner.yaml").write_text(HELLO.replace("hello", "inner"))
    (tmp_path / "outer.yaml").write_text("name: outer\nsteps: [{id: a, playbook: inner}]\n")
    assert "inner@1, pinned as" in wrenchai("playbook", "show", "outer.yaml").out


def test_a_dry_run_says_what_a_run_would_take_and_runs_nothing(wrenchai: Any, tmp_path: Path) -> None:
    (tmp_path / "hello.yaml").write_text(HELLO)
    ended = wrenchai("run", "hello.yaml", "--dry-run")
    assert ended.code == 0
    assert "unknown: no run to go by of noop" in ended.out
    assert ended.out.rstrip().endswith("nothing was executed")
    data = wrenchai("playbook", "run", "hello.yaml", "--dry-run", "--json").told
    assert data["roles"] == {"worker": ["noop"]}
    assert data["estimate"]["calls"] == {"least": 1.0, "most": 3.0}
    assert (data["estimate"]["usual_seconds"], data["estimate"]["longest_way"]) == (None, ["greet"])


def test_a_dry_run_counts_the_items_that_it_is_given(wrenchai: Any) -> None:
    given = wrenchai("run", "hello", "--dry-run", "--json", "--set", "names=[a, b, c]")
    assert given.told["estimate"]["calls"]["least"] == 4.0


def test_a_dry_run_refuses_inputs_as_the_run_would(wrenchai: Any) -> None:
    ended = wrenchai("run", "hello", "--dry-run", "--set", "names=5")
    assert ended.code == 4
    assert "inputs.names" in ended.err


def test_a_dry_run_of_what_nobody_does_says_so_and_what_the_role_can_do(wrenchai: Any, tmp_path: Path) -> None:
    text = "name: old\nroles: {cook: {tools: [noop]}}\nsteps: [{id: a, role: cook, operation: Bake.}]\n"
    (tmp_path / "old.yaml").write_text(text)
    ended = wrenchai("run", "old.yaml", "--dry-run")
    assert ended.code == 4
    assert "a run would be refused before it starts" in ended.out
    assert "the role cook can do: noop" in " ".join(ended.out.split())


def test_the_schema_is_printed_or_written_with_the_line_that_names_it(wrenchai: Any, tmp_path: Path) -> None:
    assert wrenchai("playbook", "schema").told["title"] == "WrenchAI playbook"
    written = wrenchai("playbook", "schema", "--output", "s.json")
    assert "# yaml-language-server: $schema=s.json" in written.out
    assert json.loads((tmp_path / "s.json").read_text())["title"] == "WrenchAI playbook"
