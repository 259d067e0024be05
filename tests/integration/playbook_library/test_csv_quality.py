"""Two methods examine real files, clean, dirty and large."""

import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from wrenchai_journey.tool import ToolFailed

REPOSITORY = Path(__file__).parents[3]
ORDERS = REPOSITORY / "examples" / "table" / "orders.csv"
WEIGHTS = {"coverage": 2, "agreement": 1, "stability": 2}
LARGE = """
import re
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from tests.integration.portfolio_checks.conftest import MachineRun
from wrenchai_journey.tools.csv_quality_examine import ExamineInputs, examine_table
from wrenchai_journey.tools.csv_quality_inspect import InspectInputs, inspect
def peak():
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])
before = peak()
run = MachineRun(Path(sys.argv[2]), Path(sys.argv[2]))
read = inspect.run(InspectInputs(file=sys.argv[1]), run)
rows = examine_table.run(ExamineInputs(inspected=read.inspected, method="rules"), run).rows
print(before, rows, peak())
"""


def contest(use: Any, file: Path) -> tuple[dict[str, Any], dict[str, Any], str]:
    """The report, the totals and the winner; as the playbook's contest does."""
    read = use("csv.inspect", file=str(file))
    entries = {
        method: use("csv.examine", inspected=read["inspected"], method=method, sample=read["sample"])
        for method in ("robust", "rules")
    }
    scores = use("csv.judge", entries=entries)["scores"]
    totals = {
        name: sum(weight * own[criterion] for criterion, weight in WEIGHTS.items()) / sum(WEIGHTS.values())
        for name, own in scores.items()
    }
    winner = max(totals, key=lambda name: totals[name])
    report = use("csv.report", inspected=read["inspected"], chosen=entries[winner], scores=scores, totals=totals)
    return report, totals, winner


def test_in_a_table_of_words_the_rules_win_and_both_findings_are_told(use: Any, run: Any) -> None:
    report, _, winner = contest(use, ORDERS)
    assert (winner, report["rows"], report["ragged"], report["agreed"]) == ("rules", 240, 2, 3)
    text = run.kept["data-quality.md"].decode()
    assert "- row 71, ordered: `31/13/2024`, found by both methods" in text
    assert "- row 120, city: `Brn`" in text
    assert "## Only by robust\n\n- row 17, amount: `80000,00`" in text
    assert run.fact("uniqueness").tried - run.fact("uniqueness").passed == 1
    assert (run.fact("shape").passed, run.fact("shape").tried) == (238, 240)
    assert run.fact("completeness").tried == 240 * 7


def test_in_a_table_of_measurements_statistics_find_what_rules_cannot(use: Any, tmp_path: Path) -> None:
    chance = random.Random(5)
    rows = [f"{chance.gauss(20, 2):.3f},{chance.gauss(50, 5):.3f}" for _ in range(500)]
    rows[100], rows[200] = "900.0,50.0", "20.0,-900.0"
    file = tmp_path / "sensor.csv"
    file.write_text("temperature,humidity\n" + "\n".join(rows) + "\n")
    read = use("csv.inspect", file=str(file))
    found = {
        method: use("csv.examine", inspected=read["inspected"], method=method)["odd"] for method in ("robust", "rules")
    }
    assert found["robust"] >= 2
    assert found["rules"] == 1


def test_dirty_input_is_read_and_told(use: Any, tmp_path: Path) -> None:
    file = tmp_path / "dirty.csv"
    good = b"".join(b"%d,caf\xe9,2024-01-%02d\n" % (number, 1 + number % 28) for number in range(60))
    file.write_bytes(b"id,place,day\n" + good + b'\n7,"b\x00r",\n8\n9,a,2024-01-01,more\n')
    read = use("csv.inspect", file=str(file))
    assert read["encoding"] == "cp1252"
    assert (read["rows"], read["ragged"], read["blank"], read["nul_bytes"]) == (63, 2, 1, 1)
    assert contest(use, file)[0]["rows"] == 63


def test_a_quote_that_is_never_closed_is_taken_as_a_sign(use: Any, tmp_path: Path) -> None:
    file = tmp_path / "quote.csv"
    file.write_text("id,text\n" + '1,"open\n' + "2,closed and long enough\n" * 50_000)
    read = use("csv.inspect", file=str(file))
    assert read["rows"] == 50_001
    assert read["notes"] == ["a quote is never closed, so quotes are taken as plain signs"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (bytes(range(32)) * 300, "is binary"),
        (b"\n\n", "is no table"),
        (b"name,city\n", "no row below"),
    ],
)
def test_what_is_no_table_is_refused_with_a_reason(use: Any, tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "wrong.csv"
    file.write_bytes(content)
    with pytest.raises(ToolFailed, match=reason) as failed:
        use("csv.inspect", file=str(file))
    assert (failed.value.kind, failed.value.retryable) == ("bad_input", False)


@pytest.mark.parametrize("given", ["/no/such/file.csv", "relative.csv", "/tmp"])
def test_a_file_that_is_not_there_is_refused_with_its_field(use: Any, given: str) -> None:
    with pytest.raises(ToolFailed, match=r"^file: "):
        use("csv.inspect", file=given)


def test_a_file_outside_the_allowed_roots_is_refused(use: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WRENCHAI_PROJECT_ROOTS", str(tmp_path))
    with pytest.raises(ToolFailed, match="WRENCHAI_PROJECT_ROOTS"):
        use("csv.inspect", file=str(ORDERS))


def test_a_table_of_many_columns_is_told_in_short(use: Any, tmp_path: Path) -> None:
    file = tmp_path / "wide.csv"
    names = ",".join(f"{'measurement in the north ' * 4}{number}" for number in range(1500))
    file.write_text(names + "\n" + ",".join(["a-1"] * 1500) + "\n")
    assert contest(use, file)[0]["rows"] == 1


def test_a_file_that_changes_between_two_steps_is_noticed(use: Any, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("id,city\n1,Bern\n")
    read = use("csv.inspect", file=str(file))
    file.write_text("id,city\n1,Bern\n2,Oslo\n")
    with pytest.raises(ToolFailed, match="has changed since"):
        use("csv.examine", inspected=read["inspected"], method="rules")


def test_a_large_file_needs_little_memory(tmp_path: Path) -> None:
    file = tmp_path / "large.csv"
    block = "".join(f"{number},Bern,{number % 97}.50,2024-01-01,{'x' * 60}\n" for number in range(10_000))
    with file.open("w") as opened:
        opened.write("id,city,amount,day,text\n")
        for _ in range(20):
            opened.write(block)
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    argv = [sys.executable, "-c", LARGE, str(file), str(workspace), str(REPOSITORY)]
    before, rows, peak = (int(said) for said in subprocess.check_output(argv, text=True).split())
    assert rows == 200_000
    assert (peak - before) * 1024 < file.stat().st_size
