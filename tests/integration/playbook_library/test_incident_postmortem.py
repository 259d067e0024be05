"""A post-mortem of a real log file, each finding handed to the specialist it concerns."""

from pathlib import Path
from typing import Any

import pytest
from wrenchai_journey.tool import ToolFailed

LOG = Path(__file__).parents[3] / "examples" / "incident" / "shop.log"


def handed(use: Any, findings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As the playbook's conditions send them: warnings of the application stay."""
    return [
        {"to": part["area"], "part": part, "output": use("incident.examine", area=part["area"], finding=part)}
        if part["area"] != "application" or part["level"] == "error"
        else {"to": None, "part": part, "output": None}
        for part in findings
    ]


def test_an_hour_of_a_shops_log_becomes_a_document(use: Any, run: Any) -> None:
    read = use("incident.read_log", log=str(LOG))
    assert (read["lines"], read["entries"], read["unread"], read["formats"]) == (326, 298, 0, {"iso": 298})
    found = use("incident.analyse", summary=read["summary"])
    assert (found["bursts"], found["gaps"], found["not_measured"]) == (1, 1, [])
    written = use("incident.write_postmortem", title="Shop", handed=handed(use, found["findings"]))
    assert written["headline"] == "Shop: 41 errors from 2024-05-14T09:32:00Z to 2024-05-14T09:38:00Z"
    assert written["first_causes"][0] == "connection pool exhausted: <n> of <n> in use, <n> waiting"
    assert written["by_area"] == {"application": 3, "database": 2, "network": 1}
    text = run.kept["post-mortem.md"].decode()
    assert "silence of 303.499 s" in text
    assert "No connection was free: too many were open, or they were held too long." in text
    assert (run.fact("cause").passed, run.fact("reading").passed) == (1, 326)


@pytest.mark.parametrize(
    ("lines", "formats"),
    [
        ("May 14 09:32:24 host app[1]: connection refused\n", {"syslog": 1}),
        ('{"time": "2024-05-14T09:32:24Z", "level": "error", "msg": "gone"}\n', {"json": 1}),
        ("2024-05-14 09:32:24,100 ERROR x\n<34>1 2024-05-14T09:32:24Z h a - - - gone\n", {"iso": 1, "syslog": 1}),
    ],
)
def test_each_format_is_read_also_mixed(use: Any, tmp_path: Path, lines: str, formats: dict[str, int]) -> None:
    (tmp_path / "a.log").write_text(lines)
    assert use("incident.read_log", log=str(tmp_path / "a.log"), year=2024)["formats"] == formats


def test_a_log_without_times_is_told_to_be_unmeasured(use: Any, run: Any, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text('{"level": "error", "msg": "gone"}\n' * 9)
    use("incident.read_log", log=str(tmp_path / "a.log"))
    found = use("incident.analyse")
    assert found["not_measured"] == ["no entry has a time: bursts, impact, causes and gaps are not measured"]
    assert (run.fact("cause").tried, run.fact("times").passed) == (0, 0)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "is empty"), (bytes(range(32)) * 300, "is binary"), (b"just words\n", "is an entry of a known format")],
)
def test_what_is_no_log_is_refused_with_a_reason(use: Any, tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "a.log").write_bytes(content)
    with pytest.raises(ToolFailed, match=reason) as failed:
        use("incident.read_log", log=str(tmp_path / "a.log"))
    assert failed.value.kind == "bad_input"


def test_an_analysis_without_a_log_says_what_to_do(use: Any) -> None:
    with pytest.raises(ToolFailed, match="read the log first"):
        use("incident.analyse")


def test_a_secret_in_a_message_gets_into_no_output(use: Any, run: Any, tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("2024-05-14T09:32:24Z ERROR login with password=hunter2 failed\n" * 5)
    use("incident.read_log", log=str(tmp_path / "a.log"))
    found = use("incident.analyse")
    use("incident.write_postmortem", title="Login", handed=handed(use, found["findings"]))
    assert "hunter2" not in repr(found) + repr(run.facts) + repr(run.kept)
