"""What a user gives on the command line becomes the playbook's inputs, or a sentence that names file and line."""

from pathlib import Path

import pytest

from wrenchai.cli.input_files import InputFileWrong, as_inputs, labels, read_inputs, with_settings


def written(directory: Path, text: str, name: str = "form.yaml") -> Path:
    file = directory / name
    file.write_text(text)
    return file


def test_yaml_and_json_say_the_same(tmp_path: Path) -> None:
    yaml = written(tmp_path, "title: Mine\ncount: 2\n")
    json = written(tmp_path, '{"title": "Mine", "count": 2}', "form.json")
    assert read_inputs(yaml) == read_inputs(json) == {"title": "Mine", "count": 2}


def test_dates_become_text_as_json_has_none(tmp_path: Path) -> None:
    assert read_inputs(written(tmp_path, "date: 2026-03-01\n")) == {"date": "2026-03-01"}


def test_a_mistake_in_a_file_names_file_and_line(tmp_path: Path) -> None:
    with pytest.raises(InputFileWrong, match=r"form\.yaml, line 3: "):
        read_inputs(written(tmp_path, "title: Mine\nname: [open\n"))


@pytest.mark.parametrize("text", ["- a\n- b\n", "just words", ""])
def test_a_file_without_names_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputFileWrong, match="names with values"):
        read_inputs(written(tmp_path, text))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputFileWrong, match=r"nowhere\.yaml: No such file"):
        read_inputs(tmp_path / "nowhere.yaml")


def test_settings_lie_over_the_file_and_may_go_deeper() -> None:
    inputs = with_settings({"site": {"palette": "fjord", "language": "en"}}, ["site.palette=dusk", "mode=full", "n=3"])
    assert inputs == {"site": {"palette": "dusk", "language": "en"}, "mode": "full", "n": 3}


@pytest.mark.parametrize("setting", ["mode", "=full", "title.deeper=1"])
def test_a_setting_that_cannot_be_meant_is_refused(setting: str) -> None:
    with pytest.raises(InputFileWrong):
        with_settings({"title": "Mine"}, [setting])


def test_labels_are_text_as_it_stands_there() -> None:
    assert labels("--metadata", ["team=docs", "count=3", "made=", "rule=a=b"]) == {
        "team": "docs", "count": "3", "made": "", "rule": "a=b",
    }  # fmt: skip


HERE = Path("/here")
SCHEMA: dict[str, object] = {"properties": {"form": {}, "mode": {}}}


def test_a_file_that_is_the_form_itself_becomes_the_form() -> None:
    assert as_inputs({"title": "Mine"}, SCHEMA, HERE) == {"form": {"title": "Mine"}}


@pytest.mark.parametrize("given", [{"form": {}}, {"mode": "full", "other": 1}, {}])
def test_a_file_that_names_inputs_stays_as_it_is(given: dict[str, object]) -> None:
    assert as_inputs(given, SCHEMA, HERE) == given


def test_a_playbook_without_a_form_gets_the_file_as_it_is() -> None:
    assert as_inputs({"title": "Mine"}, {"properties": {"title": {}}}, HERE) == {"title": "Mine"}


def test_a_playbook_that_asks_is_told_where_the_files_paths_begin() -> None:
    schema: dict[str, object] = {"properties": {"form": {}, "base_directory": {}}}
    assert as_inputs({"title": "Mine"}, schema, HERE) == {"form": {"title": "Mine"}, "base_directory": "/here"}
    assert as_inputs({"base_directory": "/there"}, schema, HERE) == {"base_directory": "/there"}
