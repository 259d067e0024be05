"""From a form to content and provenance, through the real tools and a real repository."""

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from wrenchai_journey.portfolio.content import read_content
from wrenchai_journey.tool import ToolFailed
from wrenchai_journey.tools.fail import FailInputs, fail
from wrenchai_journey.tools.portfolio_discover_project import DiscoverInputs, discover_project
from wrenchai_journey.tools.portfolio_language_stats import LanguageInputs, language_stats
from wrenchai_journey.tools.portfolio_plan_sections import PlanInputs, plan
from wrenchai_journey.tools.portfolio_validate_form import ValidateInputs, validate_form
from wrenchai_journey.tools.portfolio_write_content import WriteInputs, write_content
from wrenchai_journey.tools.wait import WaitInputs, wait

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples"


def form_of(name: str) -> dict[str, Any]:
    loaded = YAML(typ="safe", pure=True).load(EXAMPLES / name)
    plain: dict[str, Any] = json.loads(json.dumps(loaded, default=str))
    return plain


def written(run: Any, form: dict[str, Any]) -> Any:
    """Run the five content tools one after the other, as the playbook does."""
    valid = validate_form.run(ValidateInputs(form=form), run).form
    base = str(EXAMPLES)
    facts = [discover_project.run(DiscoverInputs(project=p, base_directory=base), run) for p in valid.projects]
    languages = [language_stats.run(LanguageInputs(project=p, base_directory=base), run) for p in valid.projects]
    material = {"form": valid, "facts": tuple(facts), "languages": tuple(languages)}
    planned = plan.run(PlanInputs(**material), run).plan
    return write_content.run(WriteInputs(**material, plan=planned), run)


@pytest.mark.parametrize("example", ["minimal.yaml", "portfolio.yaml"])
def test_each_example_becomes_grounded_content(run: Any, example: str) -> None:
    answer = written(run, form_of(example))
    content = read_content(run.workspace)
    assert content.projects
    assert all(fact.passed == fact.tried for fact in run.facts)
    assert answer.claims == sum(fact.tried for fact in run.facts if fact.dimension == "grounding")
    provenance = json.loads((run.workspace / "provenance.json").read_bytes())
    assert len(provenance["statements"]) == answer.statements
    assert all(statement["source"] for statement in provenance["statements"])


def test_the_same_form_gives_the_same_bytes(run: Any) -> None:
    form = form_of("minimal.yaml")
    written(run, form)
    first = [(run.workspace / name).read_bytes() for name in ("content.json", "provenance.json")]
    written(run, form)
    assert first == [(run.workspace / name).read_bytes() for name in ("content.json", "provenance.json")]


def test_this_repository_is_described_from_its_own_clone(run: Any) -> None:
    written(run, form_of("portfolio.yaml"))
    content = read_content(run.workspace)
    own = next(project for project in content.projects if project.slug == "wrenchai")
    facts = {fact.label: fact for fact in own.facts}
    assert facts["Commits"].source == "wrenchai/git.log"
    assert own.languages[0].name == "Python"


def test_a_refused_form_names_every_field_and_leaves_evidence(run: Any) -> None:
    form = {"title": "T", "descripton": "x", "projects": [{"name": "A", "description": "d", "github_url": "ftp://x"}]}
    with pytest.raises(ToolFailed) as failed:
        validate_form.run(ValidateInputs(form=form), run)
    assert "description: is missing" in failed.value.reason
    assert "descripton: is not a known field; did you mean description?" in failed.value.reason
    assert "projects[0].github_url: must begin with http:// or https://" in failed.value.reason
    assert not failed.value.retryable
    assert run.fact("form").passed == 0


def test_wait_takes_its_time_and_says_how_far_it_is(run: Any) -> None:
    assert wait.run(WaitInputs(seconds=0.05), run).seconds >= 0.05
    assert run.said[0][0] < 1


def test_fail_fails_as_often_as_told_and_then_succeeds(run: Any) -> None:
    inputs = FailInputs(times=2, retryable=True, reason="not yet")
    for _ in range(2):
        with pytest.raises(ToolFailed, match="not yet") as failed:
            fail.run(inputs, run)
        assert failed.value.retryable
    assert fail.run(inputs, run).failures == 2
