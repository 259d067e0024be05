"""Anybody's own labels: how they are read, and what is found out."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.inspector.crowd import labels, scored, show_labels
from benchmarks.inspector.label_file import LabelsRejected, read


def written(path: Path, text: str) -> Path:
    file = path / "labels.csv"
    file.write_text(text, encoding="utf-8")
    return file


def crowd(path: Path, *, gold_of: int, tasks: int = 200) -> Path:
    chance = np.random.default_rng(1)
    lines = ["task,judge,level,gold"]
    for task in range(tasks):
        true = int(chance.integers(0, 2))
        for judge, reliable in enumerate((0.95, 0.9, 0.55, 0.55, 0.55)):
            said = true if chance.random() < reliable else 1 - true
            lines.append(f"t{task},j{judge},{said},{true if task < gold_of else ''}")
    return written(path, "\n".join(lines) + "\n")


def test_vote_and_model_are_scored_on_gold_that_nothing_was_learnt_from(tmp_path: Path) -> None:
    found = labels(crowd(tmp_path, gold_of=100))
    assert (found["tasks"], found["judges"], found["reports"]) == (200, 5, 1000)
    assert found["gold"] == {"learnt_from": 10, "scored_on": 90}
    assert found["judge model"]["accuracy"] > found["majority vote"]["accuracy"]
    assert found["judge model"]["log_loss"] < found["majority vote"]["log_loss"]
    assert set(found["judge model with gold"]) == {"accuracy", "log_loss", "ece", "temperature"}


def test_the_same_file_and_seed_tell_the_same(tmp_path: Path) -> None:
    file = crowd(tmp_path, gold_of=100)
    assert labels(file) == labels(file)
    assert labels(file, seed=2) != labels(file)


def test_a_handful_of_gold_is_scored_on_but_not_learnt_from(tmp_path: Path) -> None:
    found = labels(crowd(tmp_path, gold_of=9))
    assert found["gold"] == {"learnt_from": 0, "scored_on": 9}
    assert "judge model" in found
    assert "judge model with gold" not in found


def test_without_gold_no_accuracy_is_claimed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = labels(crowd(tmp_path, gold_of=0))
    assert found["gold"] == {"learnt_from": 0, "scored_on": 0}
    assert "majority vote" not in found
    assert found["levels"] == pytest.approx({"0": 0.5, "1": 0.5}, abs=0.15)
    assert 0.5 < found["agreement"] < 1.0
    show_labels(found)
    assert "nothing can be scored" in capsys.readouterr().out


def test_the_table_names_who_was_scored_how(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show_labels(labels(crowd(tmp_path, gold_of=100)))
    said = capsys.readouterr().out
    for words in ("majority vote", "judge model with gold", "accuracy", "log loss", "ece"):
        assert words in said


def test_equal_favourites_share_what_is_right() -> None:
    assert scored(np.array([[0.5, 0.5], [0.9, 0.1]]), {0: 1, 1: 0}).accuracy == 0.75


def test_levels_are_categories_of_any_kind_numbers_by_value(tmp_path: Path) -> None:
    file = read(written(tmp_path, "task,judge,level\na,x,10\na,y,2.5\nb,x,poor\nb,y,2.5\n"))
    assert file.levels == ("2.5", "10", "poor")
    assert file.labels.level.tolist() == [1, 0, 2, 0]
    assert (file.tasks, file.judges, file.gold) == (("a", "b"), ("x", "y"), {})


def test_gold_may_stand_in_one_row_of_a_task_only_and_name_a_level_that_nobody_said(tmp_path: Path) -> None:
    file = read(written(tmp_path, "task,judge,level,gold\na,x,1,\na,y,1,3\nb,x,2\n"))
    assert file.gold == {0: 2}
    assert file.labels.levels == 3


def test_columns_in_another_order_more_of_them_blank_lines_and_a_byte_order_mark_are_taken(tmp_path: Path) -> None:
    file = read(written(tmp_path, "\ufefflevel, note ,judge,task\n1,hm,x,a\n\n2,,x,b\n"))
    assert file.labels.tasks == 2


@pytest.mark.parametrize(
    ("text", "line", "column", "reason"),
    [
        ("", 1, "", "the file is empty; its first line must name task, judge, level"),
        ("task,level\na,1\n", 1, "judge", "is missing; the header names task, level"),
        ("task;judge;level\na;x;1\n", 1, "task", "is missing; the header names task;judge;level"),
        ("task,judge,level,task\n", 1, "task", "is named twice"),
        ("task,judge,level\n", 1, "level", "there is no report"),
        ("task,judge,level\na,x,1\nb,x,1\n", 3, "level", "only the level 1 occurs"),
        ("task,judge,level\na,x,1\na,,2\n", 3, "judge", "is empty"),
        ("task,judge,level\na,x,1\na,y\n", 3, "level", "is empty"),
        ("task,judge,level\na,x,1\na,y,2,3\n", 3, "", "has 4 values, the header names 3 columns"),
        ("task,judge,level\na,x,1\nb,x,2\na,x,2\n", 4, "judge", "x has already spoken of task a, in line 2"),
        ("task,judge,level,gold\na,x,1,1\na,y,2,2\n", 3, "gold", "2 contradicts 1 for task a in line 2"),
        ('task,judge,level\na,x,"1\n', 2, "", "unexpected end of data"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_line_and_column(
    tmp_path: Path, text: str, line: int, column: str, reason: str
) -> None:
    with pytest.raises(LabelsRejected) as refused:
        read(written(tmp_path, text))
    assert (refused.value.line, refused.value.column) == (line, column)
    assert reason in refused.value.reason
    assert str(line) in str(refused.value)


def test_a_file_in_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_bytes("task,judge,level\na,x,1\nb,Zoë,2\n".encode("latin-1"))
    with pytest.raises(LabelsRejected, match="line 3: is not UTF-8"):
        read(file)
