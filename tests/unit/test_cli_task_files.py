"""Where the files of a task are put: under names that stay in their directory, over nothing that was there before."""

from pathlib import Path

import pytest
from wrenchai_contracts.evidence import ArtifactRef
from wrenchai_contracts.views import StepStatus, StepView, TaskStatus, TaskView

from tests.live_frames import BEGAN, TASK
from wrenchai.cli.input_files import InputFileWrong
from wrenchai.cli.output_directory import writable
from wrenchai.cli.task_files import FileInTheWay, files_of, places, plain_name


def an_artifact(name: str, digit: str = "a") -> ArtifactRef:
    return ArtifactRef(sha256=digit * 64, name=name, size=1)


def a_step(step: str, *artifacts: ArtifactRef, index: int | None = None) -> StepView:
    facts = {"status": StepStatus.COMPLETED, "order": 1, "dispatched_at": BEGAN, "artifacts": artifacts, "index": index}
    return StepView(journey=step, step=step, role="worker", tool="tool", **facts)


def a_task(*steps: StepView) -> TaskView:
    facts = {"playbook": "book", "description": "", "progress": 1.0, "created_position": 1, "position": 9}
    times = {"created_at": BEGAN, "updated_at": BEGAN}
    return TaskView(task_id=TASK, tenant="default", status=TaskStatus.COMPLETED, steps=steps, **facts, **times)


@pytest.mark.parametrize(
    ("named", "put"),
    [
        ("portfolio-site.zip", "portfolio-site.zip"),
        ("../../etc/passwd", "passwd"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\system.ini", "system.ini"),
        (".bashrc", "bashrc"),
        ("a\nb\x1b[31m.txt", "a_b__31m.txt"),
        ("größe.txt", "gr__e.txt"),
        ("..", "a" * 8),
        ("", "a" * 8),
    ],
)
def test_a_name_never_leads_out_of_the_directory(named: str, put: str) -> None:
    assert plain_name(an_artifact(named)) == put


def test_files_of_one_name_are_told_apart_also_where_capitals_do_not_count() -> None:
    links = a_step("links", an_artifact("step.log"), an_artifact("site.zip", "c"))
    assert list(files_of(a_task(links, a_step("read", an_artifact("STEP.log", "b"), index=3)))) == [
        "links-aaaaaaaa-step.log",
        "site.zip",
        "read-3-bbbbbbbb-STEP.log",
    ]


def test_a_file_that_two_steps_made_is_one_file() -> None:
    task = a_task(a_step("build", an_artifact("site.zip")), a_step("pack", an_artifact("site.zip")))
    assert list(files_of(task)) == ["site.zip"]


def test_a_file_that_is_there_is_not_replaced_unless_asked(tmp_path: Path) -> None:
    (tmp_path / "site.zip").write_text("mine")
    with pytest.raises(FileInTheWay, match=r"site\.zip is there already; --force replaces it"):
        places(["log.txt", "site.zip"], tmp_path, force=False)
    assert places(["site.zip"], tmp_path, force=True) == {"site.zip": tmp_path / "site.zip"}


def test_a_link_that_leads_elsewhere_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "site.zip").symlink_to("/nowhere/at/all")
    with pytest.raises(FileInTheWay):
        places(["site.zip"], tmp_path, force=False)


def test_a_directory_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "site.zip").mkdir()
    with pytest.raises(FileInTheWay, match="is a directory"):
        places(["site.zip"], tmp_path, force=True)


def test_a_directory_for_files_is_made_and_left_empty(tmp_path: Path) -> None:
    made = writable(tmp_path / "new" / "place")
    assert made.is_absolute()
    assert list(made.iterdir()) == []


def test_a_place_that_cannot_be_written_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputFileWrong, match=r"--output .*file/out: nothing can be written there .*another directory"):
        writable(tmp_path / "file" / "out")
