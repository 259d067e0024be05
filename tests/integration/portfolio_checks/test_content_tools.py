"""From a form to content and provenance, through the real tools and a real repository."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from ruamel.yaml import YAML
from wrenchai_journey.portfolio.content import read_content
from wrenchai_journey.portfolio.judging import CRITERIA
from wrenchai_journey.portfolio.sections import LABELS
from wrenchai_journey.portfolio.styles import Style
from wrenchai_journey.tool import ToolFailed
from wrenchai_journey.tools.fail import FailInputs, fail
from wrenchai_journey.tools.portfolio_discover_project import DiscoverInputs, discover_project
from wrenchai_journey.tools.portfolio_judge_texts import JudgeInputs, judge_texts
from wrenchai_journey.tools.portfolio_language_stats import LanguageInputs, language_stats
from wrenchai_journey.tools.portfolio_mend_texts import MendInputs, mend_texts
from wrenchai_journey.tools.portfolio_plan_section import SectionInputs, plan_section
from wrenchai_journey.tools.portfolio_plan_sections import ContentsInputs, plan
from wrenchai_journey.tools.portfolio_proofread import ProofreadInputs, proofread
from wrenchai_journey.tools.portfolio_sort_projects import SortInputs, sort_projects
from wrenchai_journey.tools.portfolio_validate_form import ValidateInputs, validate_form
from wrenchai_journey.tools.portfolio_write_content import WriteInputs, Written, write_content
from wrenchai_journey.tools.wait import WaitInputs, wait

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples"


def form_of(name: str) -> dict[str, Any]:
    loaded = YAML(typ="safe", pure=True).load(EXAMPLES / name)
    plain: dict[str, Any] = json.loads(json.dumps(loaded, default=str))
    return plain


def drafted(run: Any, form: dict[str, Any], style: Style = "narrative") -> Written:
    """Run the tools up to a draft one after the other, as the playbook does."""
    valid = validate_form.run(ValidateInputs(form=form), run)
    base = str(EXAMPLES)
    facts = [discover_project.run(DiscoverInputs(project=p, base_directory=base), run) for p in valid.entries]
    languages = [language_stats.run(LanguageInputs(project=p, base_directory=base), run) for p in valid.local]
    material = {"form": valid.form, "facts": tuple(facts), "languages": tuple(languages)}
    placed = sort_projects.run(SortInputs(**material), run)
    planned = [
        plan_section.run(SectionInputs(section=section, entries=getattr(placed, section)), run)
        for section in LABELS
        if section not in placed.empty
    ]
    contents = plan.run(ContentsInputs(sections=tuple(planned)), run).plan
    answer: Written = write_content.run(WriteInputs(**material, plan=contents, style=style), run)
    return answer


def written(run: Any, form: dict[str, Any]) -> Any:
    """A draft, read by the proofreader and so the site's content."""
    return proofread.run(ProofreadInputs(draft=drafted(run, form).draft), run)


@pytest.mark.parametrize("example", ["minimal.yaml", "portfolio.yaml"])
def test_each_example_becomes_grounded_content_with_nothing_to_mend(run: Any, example: str) -> None:
    answer = written(run, form_of(example))
    content = read_content(run.workspace)
    assert content.projects
    assert answer.findings == ()
    measured = [fact for fact in run.facts if fact.dimension != "sections"]
    assert all(fact.passed == fact.tried for fact in measured)
    assert answer.claims == sum(fact.tried for fact in run.facts if fact.dimension == "grounding")
    provenance = json.loads((run.workspace / "provenance.json").read_bytes())
    assert len(provenance["statements"]) == answer.statements
    assert all(statement["source"] for statement in provenance["statements"])


def test_the_whole_example_fills_all_six_sections_with_what_their_readers_look_for(run: Any) -> None:
    written(run, form_of("portfolio.yaml"))
    assert [section.id for section in read_content(run.workspace).sections] == list(LABELS)
    sections = [fact for fact in run.facts if fact.dimension == "sections"]
    assert [fact.judge for fact in sections] == [f"sections.{name}" for name in LABELS]
    assert [fact.summary for fact in sections if fact.passed < fact.tried] == []


def test_the_judge_reads_the_drafts_themselves_and_scores_each_by_each_criterion(run: Any) -> None:
    form = form_of("portfolio.yaml")
    entries = {style: drafted(run, form, style) for style in get_args(Style)}
    boast = {name: one.model_copy(update={"claims": 10**6}) for name, one in entries.items()}
    scores = judge_texts.run(JudgeInputs(entries=entries), run).scores
    assert scores == judge_texts.run(JudgeInputs(entries=boast), run).scores
    assert {name: tuple(by) for name, by in scores.items()} == dict.fromkeys(get_args(Style), CRITERIA)
    assert scores["narrative"]["grounding"] == 1.0


def test_a_draft_with_mistakes_is_mended_and_read_again_until_nothing_is_left(run: Any) -> None:
    form = form_of("minimal.yaml")
    form["description"] = "We recieve the the events , and keep them."
    draft, rounds, mended = drafted(run, form).draft, 0, None
    while (answer := proofread.run(ProofreadInputs(draft=draft, mended=mended), run)).mendable:
        rounds += 1
        draft = answer.draft
        mended = mend_texts.run(MendInputs(draft=draft, findings=answer.findings, iteration=rounds), run)
    assert rounds == 3, "a mend of each sentence a round"
    assert read_content(run.workspace).person.claim.text == "We receive the events, and keep them."
    spelling = [fact for fact in run.facts if fact.dimension == "spelling"]
    assert [fact.passed < fact.tried for fact in spelling] == [True, False, False, False]


def test_without_a_draft_the_proofreader_says_which_step_is_missing(run: Any) -> None:
    with pytest.raises(ToolFailed, match=r"there is no draft in 'drafts/none': a step with portfolio.write_content"):
        proofread.run(ProofreadInputs(draft="drafts/none"), run)


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
