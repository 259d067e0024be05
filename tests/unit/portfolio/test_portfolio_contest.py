"""Two ways to write, and what a judge measures in them: both ground every sentence, and either may win."""

from typing import Any

import pytest
from wrenchai_journey.portfolio.content import Generated, SiteContent
from wrenchai_journey.portfolio.drafts import Draft, offered_by
from wrenchai_journey.portfolio.facts import Found, ProjectFacts
from wrenchai_journey.portfolio.form import digest, normal_form
from wrenchai_journey.portfolio.grounding import ground
from wrenchai_journey.portfolio.judging import CRITERIA, complete, grounded, lengthy, lix, readable, scores_of
from wrenchai_journey.portfolio.languages import shares
from wrenchai_journey.portfolio.material import Material
from wrenchai_journey.portfolio.provenance import Statement, statements, unsourced
from wrenchai_journey.portfolio.sections import plan_sections
from wrenchai_journey.portfolio.styles import ITEMS, SENTENCES, Style, styled
from wrenchai_journey.portfolio.writer import compose

WEIGHTS = {"grounding": 4, "readability": 2, "length": 2, "completeness": 1}
PARAGRAPH = "Rivers rise at night. Nobody sees them. Gauges do. They tell. Towns sleep on. Morning comes."
STORY = {
    "name": "River",
    "description": "A model of rivers.",
    "problem": f"{PARAGRAPH}\n\n{PARAGRAPH}",
    "decisions": [f"Decision {n} was made." for n in range(6)],
    "run": "river demo\nriver show",
}


def material(**fields: Any) -> Material:
    found = (
        Found(name="commits", value=1234, source="git.log"),
        Found(name="first_commit", value="2019-04-05", source="git.log"),
        Found(name="last_commit", value="2024-03-04", source="git.log"),
        Found(name="latest_tag", value="v2.1", source="git.tags"),
    )
    form = normal_form({"title": "T", "description": "D.", "projects": [{**STORY, **fields}]})
    facts = {"river": ProjectFacts(slug="river", origins=("git",), found=found)}
    return Material(form=form, facts=facts, languages={"river": shares({"Python": 9, "CSS": 1})})


def whole(made: Material) -> SiteContent:
    plan = plan_sections(made.form, made.facts, made.languages)
    return compose(made, plan, Generated(task_id="t", input_sha256=digest(made.form)))


def draft(made: Material, style: Style) -> Draft:
    base = whole(made)
    return Draft(content=styled(base, made, style), sources=made.sources(), offered=dict(offered_by(base)))


def total(made: Material, style: Style) -> float:
    scores = scores_of(draft(made, style))
    return sum(weight * scores[criterion] for criterion, weight in WEIGHTS.items()) / sum(WEIGHTS.values())


@pytest.mark.parametrize("style", ["concise", "narrative"])
def test_whatever_a_writer_says_has_its_source(style: Style) -> None:
    made = material()
    said = tuple(statements(draft(made, style).content))
    assert ground(said, made.sources()).invented == ()
    assert unsourced(said, made.sources()) == ()


def test_the_concise_writer_keeps_the_beginning_and_never_touches_what_is_to_be_typed() -> None:
    (page,) = draft(material(), "concise").content.projects
    (problem,), (decisions,) = page.problem, page.decisions
    assert (len(problem.sentences), len(decisions.sentences)) == (SENTENCES, ITEMS)
    assert [line.text for line in page.run_it[0].sentences] == ["river demo", "river show"]
    assert page.history == ()


def test_the_narrative_writer_tells_the_history_from_what_git_knows() -> None:
    (page,) = draft(material(), "narrative").content.projects
    told = {sentence.text: sentence.source for part in page.history for sentence in part.sentences}
    assert told == {
        "The history of its code has 1,234 commits, from 2019-04-05 to 2024-03-04.": "river/git.log",
        "Its latest tag is `v2.1`.": "river/git.tags",
        "It is mostly written in Python, which makes up 90 % of the code.": "river/languages",
    }
    assert len(page.problem) == 2


def test_every_criterion_is_measured_and_lies_between_nothing_and_all() -> None:
    for style in ("concise", "narrative"):
        scores = scores_of(draft(material(), style))
        assert tuple(scores) == CRITERIA
        assert all(0 <= score <= 1 for score in scores.values())


def test_what_is_left_out_lowers_completeness_and_nothing_else_that_is_said_raises_it() -> None:
    concise, narrative = (scores_of(draft(material(), style)) for style in ("concise", "narrative"))
    assert concise["completeness"] < narrative["completeness"] == 1.0


def test_one_number_that_no_source_has_leaves_no_grounding_at_all() -> None:
    said = Statement(page="river", part="outcome", text="It saves 39 %.", source="form.projects[0].description")
    assert grounded([said], material().sources()) == 0.0
    name = said.model_copy(update={"text": "It is used by Tideline and by River."})
    assert grounded([name], material().sources()) == 0.5
    nowhere = said.model_copy(update={"text": "Words only.", "source": "readme:1"})
    assert grounded([nowhere], material().sources()) == 0.0


def test_short_sentences_of_short_words_read_better() -> None:
    easy, hard = ["The cat sat. It saw us."], ["Notwithstanding considerable organisational reservations prevailed."]
    assert lix(["One two three four."]) == 4.0
    assert lix([]) == 0.0
    assert (readable(easy), readable(hard)) == (1.0, 0.0)


def test_a_page_may_be_too_short_and_too_long() -> None:
    def page(words: int) -> Statement:
        return Statement(page=f"p{words}", part="problem", text="word " * words, source="s")

    assert lengthy([page(100)]) == 1.0
    assert lengthy([page(20)]) == 0.5
    assert lengthy([page(440)]) == 0.5
    assert lengthy([page(100), page(20)]) == 0.75
    assert lengthy([]) == 1.0


def test_nothing_offered_is_completely_said() -> None:
    assert complete([], {}) == 1.0


def test_the_narrative_writer_wins_where_little_is_told_and_the_concise_one_where_too_much_is() -> None:
    little = material(problem="Rivers rise at night.", decisions=())
    told = "\n\n".join([PARAGRAPH] * 40)
    much = material(problem=told, approach=told)
    assert total(little, "narrative") > total(little, "concise")
    assert total(much, "concise") > total(much, "narrative")
