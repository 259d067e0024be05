"""What tools measure is told in one shape: in one scale by each judge, and of one family where one program speaks."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
import wrenchai_journey
from wrenchai_contracts.evidence import Evidence
from wrenchai_journey.portfolio.checks.report import CheckReport
from wrenchai_journey.portfolio.npm_store import pinned_version
from wrenchai_journey.portfolio.site_directory import TEMPLATE
from wrenchai_journey.tools.portfolio_cards import RESVG
from wrenchai_journey.translation.review import facts as facts_of_translation

TOOLS = Path(wrenchai_journey.__path__[0])
FILES = sorted(file for file in TOOLS.rglob("*.py") if "Evidence(" in file.read_text())


def evidence_in(file: Path) -> Iterator[dict[str, ast.expr]]:
    """Each place where a tool makes evidence: what it says, by field."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Evidence":
            yield {keyword.arg: keyword.value for keyword in node.keywords if keyword.arg is not None}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_whoever_counts_says_so_since_one_of_one_would_be_read_as_a_check(file: Path) -> None:
    made = list(evidence_in(file))
    counting = [fields for fields in made if not isinstance(fields["tried"], ast.Constant)]
    assert made
    assert [ast.unparse(fields["judge"]) for fields in counting if "scale" not in fields] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_weight_is_above_what_counts(file: Path) -> None:
    weights = [fields["weight"] for fields in evidence_in(file) if "weight" in fields]
    assert [weight.value for weight in weights if isinstance(weight, ast.Constant) and weight.value > 1] == []


@pytest.mark.parametrize(("passed", "tried", "level"), [(1, 1, 4), (0, 1, 0), (9, 10, 3)])
def test_a_check_that_counts_speaks_in_one_scale_however_much_there_was_to_count(
    passed: int, tried: int, level: int
) -> None:
    report = CheckReport(judge="x", dimension="x", passed=passed, tried=tried).evidence().report
    assert report is not None
    assert (report.scale, report.level) == ("tests", level)


def test_several_facts_about_one_translation_are_of_one_family() -> None:
    measured = [fact for fact in facts_of_translation("# Some words\n\nThe flow is 3 [here](a.md)\n", []) if fact.tried]
    assert len(measured) > 1
    assert len(families(measured)) == 1


def families(facts: list[Evidence]) -> set[str]:
    return {fact.report.family for fact in facts if fact.report is not None}


def test_programs_of_npm_tell_the_version_that_is_pinned() -> None:
    for name in (RESVG, "@docusaurus/core"):
        assert pinned_version(TEMPLATE, name)[0].isdigit()
    assert pinned_version(TEMPLATE, "nobody") == "unknown"
