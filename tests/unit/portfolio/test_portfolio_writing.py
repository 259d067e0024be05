"""Sections, texts and their grounding: every statement has a source, and an invention is caught."""

from collections.abc import Sequence
from typing import Any

import pytest
from wrenchai_journey.portfolio.content import Generated, SiteContent
from wrenchai_journey.portfolio.facts import Found, ProjectFacts
from wrenchai_journey.portfolio.form import PortfolioForm, digest, normal_form
from wrenchai_journey.portfolio.grounding import ground, names_in, numbers_in
from wrenchai_journey.portfolio.languages import shares
from wrenchai_journey.portfolio.material import Material
from wrenchai_journey.portfolio.provenance import Statement, provenance, statements, unsourced
from wrenchai_journey.portfolio.sections import plan_sections
from wrenchai_journey.portfolio.writer import compose, sentences

RIVER = {"name": "River", "description": "A model of rivers.", "outcome": "38 % fewer false alarms in 12 towns."}


def form(*projects: dict[str, Any], **fields: Any) -> PortfolioForm:
    return normal_form({"title": "Ada", "description": "Rivers and tides.", "projects": list(projects), **fields})


def one(**fields: Any) -> dict[str, Any]:
    return {"name": "P", "description": "d", **fields}


def placed(project: dict[str, Any], *, sizes: dict[str, int] | None = None, topics: Sequence[str] = ()) -> Any:
    found = tuple(Found(name="topic", value=topic, source="github.api") for topic in topics)
    facts = {"p": ProjectFacts(slug="p", found=found)}
    (place,) = plan_sections(form(project), facts, {"p": shares(sizes or {})}).placed
    return place


@pytest.mark.parametrize(
    ("project", "sizes", "section", "reason"),
    [
        (one(section="scripts", tags=["react"]), {}, "scripts", "the form says so"),
        (one(tags=["Machine Learning", "cli"]), {}, "datascience", "tagged machine-learning"),
        (one(tags=["etl"]), {}, "analytics", "tagged etl"),
        (one(tags=["react"]), {}, "frontend", "tagged react"),
        (one(tags=["cli"]), {}, "scripts", "tagged cli"),
        (one(), {"Jupyter Notebook": 5, "Python": 5}, "datascience", "50.0 % of its code is Jupyter Notebook"),
        (one(), {"PLpgSQL": 9, "Python": 1}, "analytics", "90.0 % of its code is PLpgSQL"),
        (one(), {"CSS": 2, "HTML": 2, "JavaScript": 6}, "frontend", "40.0 % of its code is CSS, HTML"),
        (one(), {"Shell": 6, "Python": 4}, "scripts", "60.0 % of its code is Shell"),
        (one(), {"Python": 1}, "projects", "no tag or language points elsewhere"),
        (one(), {"JavaScript": 1}, "projects", "no tag or language points elsewhere"),
    ],
)
def test_each_project_is_placed_with_its_reason(
    project: dict[str, Any], sizes: dict[str, int], section: str, reason: str
) -> None:
    place = placed(project, sizes=sizes)
    assert (place.section, place.reason) == (section, reason)


def test_githubs_topics_count_as_tags() -> None:
    assert placed(one(), topics=["bayesian"]).section == "datascience"


def test_empty_sections_are_dropped_and_the_order_stays() -> None:
    articles = [{"title": "T", "date": "2024-01-02", "text": "x"}]
    made = form(one(section="datascience"), {**one(), "name": "Q"}, articles=articles)
    assert plan_sections(made, {}, {}).sections == ("projects", "articles", "datascience")


def test_the_form_decides_what_is_featured() -> None:
    plan = plan_sections(form(RIVER, one(featured=True)), {}, {})
    assert [(chosen.slug, chosen.reason) for chosen in plan.featured] == [("p", "the form says so")]


def test_otherwise_the_projects_with_most_to_show_are_featured() -> None:
    bare = [{"name": f"B{i}", "description": "d"} for i in range(3)]
    plan = plan_sections(form(*bare, RIVER, one(live_url="https://x.org")), {}, {})
    assert [chosen.slug for chosen in plan.featured] == ["river", "p", "b0"]
    assert plan.featured[0].reason == "it shows an outcome"


def material(*projects: dict[str, Any], **fields: Any) -> Material:
    found = (
        Found(name="commits", value=1234, source="git.log"),
        Found(name="first_commit", value="2019-04-05", source="git.log"),
        Found(name="last_commit", value="2024-03-04", source="git.log"),
        Found(name="readme_intro", value="It warns towns. Since 2019.", source="readme:3"),
        Found(name="run", value="pip install river", source="readme:9"),
    )
    facts = {"river": ProjectFacts(slug="river", origins=("git",), found=found)}
    languages = {"river": shares({"Python": 3, "CSS": 1})}
    return Material(form=form(*(projects or (RIVER,)), **fields), facts=facts, languages=languages)


def written(made: Material) -> SiteContent:
    plan = plan_sections(made.form, made.facts, made.languages)
    return compose(made, plan, Generated(task_id="t", input_sha256=digest(made.form)))


def test_the_same_material_gives_the_same_bytes() -> None:
    assert written(material()).model_dump_json() == written(material()).model_dump_json()


def test_every_statement_of_a_written_site_is_grounded() -> None:
    made = material(articles=[{"title": "T", "date": "2024-01-02", "text": "NASA saw 7 rivers.\n\nTwo of them flood."}])
    said = provenance(written(made), made)
    looked_up = ground(said.statements, made.sources())
    assert looked_up.invented == ()
    assert looked_up.tried > 10
    assert unsourced(said.statements, made.sources()) == ()


def test_a_part_nobody_told_is_left_empty() -> None:
    (page,) = written(Material(form=form(one()), facts={}, languages={})).projects
    assert not any((page.problem, page.approach, page.decisions, page.run_it, page.lessons, page.facts, page.outcome))


def test_the_readme_speaks_only_where_the_form_is_silent() -> None:
    (page,) = written(material()).projects
    assert page.approach[0].sentences[0].source == "river/readme:3"
    (page,) = written(material({**RIVER, "problem": "Floods come at night."})).projects
    assert page.approach == ()
    assert page.problem[0].sentences[0].source == "form.projects[0].problem[0]"


def test_the_forms_commands_come_before_the_readmes() -> None:
    (page,) = written(material({**RIVER, "run": "river demo\nriver show"})).projects
    assert [line.text for line in page.run_it[0].sentences] == ["river demo", "river show"]
    assert page.run_it[0].kind == "code"


def test_figures_over_all_projects_say_what_they_rest_on() -> None:
    made = material()
    figures = {figure.label: figure.value for figure in written(made).key_figures}
    assert figures["commits in one repository"] == "1,234"
    assert figures["year of the first commit"] == "2019"
    said = provenance(written(made), made)
    assert next(one for one in said.derived if one.source == "derived.commits").of == ("river/git.log",)


def test_a_handful_of_commits_is_no_figure_for_the_first_screen() -> None:
    facts = {"p": ProjectFacts(slug="p", found=(Found(name="commits", value=3, source="git.log"),))}
    figures = written(Material(form=form(one()), facts=facts, languages={})).key_figures
    assert [figure.label for figure in figures] == ["project"]


def test_a_form_without_a_person_bears_its_title_and_description() -> None:
    person = written(material()).person
    assert (person.name, person.claim.text, person.claim.source) == ("Ada", "Rivers and tides.", "form.description")


def invented(text: str, source: str = "form.projects[0].outcome") -> list[str]:
    statement = Statement(page="river", part="outcome", text=text, source=source)
    return [claim.word for claim in ground([statement], material().sources()).invented]


@pytest.mark.parametrize(
    ("text", "caught"),
    [
        ("38 % fewer false alarms in 12 towns.", []),
        ("It saves 39 % of storage.", ["39"]),
        ("It runs in fifty towns.", ["fifty"]),
        ("A model used by Tideline.", ["Tideline"]),
        ("It runs on PyTorch.", ["PyTorch"]),
        ("Fewer alarms for towns.", []),
        ("It cuts 38.0 percent.", []),
        ("It cuts 3.8 percent.", ["3.8"]),
    ],
)
def test_an_invented_number_or_name_is_caught(text: str, caught: list[str]) -> None:
    assert invented(text) == caught


def test_a_true_number_from_another_source_does_not_count() -> None:
    assert invented("It has 1,234 commits.") == ["1234"]
    assert invented("It has 1,234 commits.", source="river/git.log") == []


def test_a_source_that_does_not_exist_gives_no_ground() -> None:
    assert invented("38 % for River.", source="form.projects[9].outcome") == ["38", "River"]
    lost = Statement(page="p", part="x", text="words only", source="readme:1")
    assert unsourced([lost], material().sources()) == (lost,)


def test_every_statement_names_a_page_and_a_part() -> None:
    assert all(one.page and one.part for one in statements(written(material())))


def test_numbers_are_compared_in_one_spelling() -> None:
    assert list(numbers_in("1,234 and 12.50 and 1.2.3 and 007")) == ["1234", "12.5", "1.2.3", "7"]


def test_the_first_word_of_a_sentence_is_no_name_unless_it_looks_like_one() -> None:
    assert list(names_in('Rivers flood. Towns wait: PyMC warns. I saw Ada\'s "NATS".')) == ["PyMC", "Ada's", "NATS"]


def test_a_text_is_split_into_sentences_that_keep_their_source() -> None:
    parts = sentences('One, e.g. this. Two! "Three?" 4 is last.', "s")
    assert [part.text for part in parts] == ["One, e.g. this.", "Two!", '"Three?" 4 is last.']
    assert {part.source for part in parts} == {"s"}
