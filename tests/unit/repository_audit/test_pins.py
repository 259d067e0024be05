"""A declaration says enough, or a finding says what is missing."""

from pathlib import PurePosixPath

import pytest
from packaging.version import Version
from wrenchai_journey.portfolio.checks.report import CheckReport
from wrenchai_journey.repository_audit.declared import Declared, declared_in
from wrenchai_journey.repository_audit.pins import newest_of, outdated_report, pins_report

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def pins_of(path: str, text: str) -> CheckReport:
    return pins_report(list(declared_in(PurePosixPath(path), text)), locks=())


def in_project(requirement: str) -> str:
    return f"[project]\ndependencies = [{requirement!r}]\n"


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("httpx", "unpinned"),
        ("httpx>=0.28", "unpinned"),
        ("httpx==0.*", "unpinned"),
        ("httpx @ git+https://example.org/httpx@main", "moving"),
    ],
)
def test_a_loose_line_of_a_requirements_file_is_found(line: str, rule: str) -> None:
    report = pins_of("requirements.txt", f"{line}\nrich==14.0\n")
    assert [(found.where, found.rule) for found in report.findings] == [("requirements.txt:1", rule)]
    assert (report.passed, report.tried) == (1, 2)


@pytest.mark.parametrize("line", ["httpx==0.28.1", f"httpx @ git+https://example.org/httpx@{COMMIT}"])
def test_an_exact_line_is_in_order(line: str) -> None:
    assert pins_of("requirements.txt", line).findings == ()


def test_a_project_may_leave_the_upper_end_open_but_not_both() -> None:
    assert pins_of("pyproject.toml", in_project("httpx>=0.28")).findings == ()
    assert [found.rule for found in pins_of("pyproject.toml", in_project("httpx")).findings] == ["unbounded"]


def test_without_a_declaration_nothing_was_measured() -> None:
    report = pins_of("pyproject.toml", "[project]\nname = 'river'\n")
    assert report.tried == 0
    assert report.summary.startswith("not measured: no declared dependency")


def test_the_newest_version_is_no_pre_release_and_no_nonsense() -> None:
    assert newest_of(["1.9", "1.10", "2.0rc1", "latest"]) == Version("1.10")
    assert newest_of(["2.0rc1"]) is None


def test_a_pin_behind_the_newest_is_outdated_and_an_unknown_name_not_measured() -> None:
    declared = [
        Declared(name=name, written=written, place="requirements.txt:1", listed=True)
        for name, written in (("httpx", "httpx==0.27"), ("rich", "rich>=13"), ("river", "river==1"))
    ]
    newest = {"httpx": Version("0.28.1"), "rich": Version("14.0")}
    report = outdated_report(declared, newest, unknown={"river": "the index knows no version of it"})
    assert [found.message for found in report.findings] == ["httpx==0.27: the newest is 0.28.1"]
    assert (report.passed, report.tried) == (1, 2)
    assert "not measured: river (the index knows no version of it)" in report.summary
