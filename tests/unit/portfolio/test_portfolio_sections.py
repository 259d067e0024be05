"""The six sections: what goes where, what each looks for in its entries, and that an empty one is not there."""

from typing import Any

import pytest
from wrenchai_journey.inline import InlineRun
from wrenchai_journey.portfolio.facts import Found, ProjectFacts
from wrenchai_journey.portfolio.form import LISTS, PortfolioForm, digest, normal_form, notes
from wrenchai_journey.portfolio.form_errors import FormRejected
from wrenchai_journey.portfolio.material import Material
from wrenchai_journey.portfolio.sections import LABELS, Candidate, candidates, contents, plan_sections, section_plan
from wrenchai_journey.tools.portfolio_plan_section import SectionInputs, plan_section
from wrenchai_journey.tools.portfolio_plan_sections import ContentsInputs, plan
from wrenchai_journey.tools.portfolio_sort_projects import SortInputs, sort_projects

ARTICLE = {"title": "How", "date": "2026-01-02", "text": "One.\n\nTwo."}


def entry(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "description": f"About {name}.", **fields}


def form(**fields: Any) -> PortfolioForm:
    return normal_form({"title": "T", "description": "D.", "projects": [entry("P")], **fields})


def everything() -> PortfolioForm:
    return form(
        scripts=[entry("S", run="sh s.sh")],
        frontend=[entry("F", live_url="https://f.org")],
        pipelines=[entry("A", stages=["read", "write"])],
        data_science=[entry("D", data="Gauges of 12 rivers.")],
        articles=[ARTICLE],
    )


def test_each_list_of_the_form_fills_its_section() -> None:
    sections = {one.name: one.section for one in candidates(everything(), {}, {})}
    assert sections == {
        "P": "projects", "S": "scripts", "F": "frontend", "A": "analytics", "D": "datascience", "How": "articles",
    }  # fmt: skip
    assert plan_sections(everything(), {}, {}).sections == tuple(LABELS)


def test_a_form_of_lists_is_normalised_once_and_for_all() -> None:
    normal = everything()
    again = normal_form(normal.model_dump(mode="json"))
    assert (again, digest(again)) == (normal, digest(normal))
    assert [source for source, _ in normal.entries] == [f"form.{name}[0]" for name in LISTS]


def test_an_entry_that_stands_under_another_section_than_it_says_is_refused() -> None:
    with pytest.raises(FormRejected) as rejected:
        form(scripts=[entry("S", section="frontend")])
    (error,) = rejected.value.errors
    assert str(error.path) == "scripts[0].section"
    assert error.reason == "what stands under scripts belongs to scripts"


def test_slugs_and_featured_entries_are_counted_over_all_lists() -> None:
    with pytest.raises(FormRejected, match=r"scripts\[0\].slug: p is used by an earlier entry"):
        form(projects=[entry("P", slug="p")], scripts=[entry("S", slug="p")])
    three = [entry(f"P{n}", featured=True) for n in range(3)]
    with pytest.raises(FormRejected, match=r"data_science\[0\].featured: at most 3 projects"):
        form(projects=three, data_science=[entry("D", featured=True)])
    assert [one.project.slug for one in form(scripts=[entry("P")]).entries] == ["p", "p-2"]


@pytest.mark.parametrize(
    ("fields", "lacking"),
    [
        ({"projects": [entry("P"), entry("Q", github_url="https://github.com/a/q")]}, ("P",)),
        ({"scripts": [entry("S"), entry("R", run="r")]}, ("S",)),
        ({"frontend": [entry("F"), entry("G", live_url="https://g.org")]}, ("F",)),
        ({"pipelines": [entry("A"), entry("B", stages="read")]}, ("A",)),
        ({"data_science": [entry("D"), entry("E", data="Gauges.")]}, ("D",)),
        ({"articles": [{**ARTICLE, "title": "Short", "text": "One."}, ARTICLE]}, ("Short",)),
    ],
)
def test_each_section_names_the_entries_without_what_its_readers_look_for(
    fields: dict[str, Any], lacking: tuple[str, ...]
) -> None:
    found = candidates(form(**fields), {}, {})
    section = next(one.section for one in found if one.name == lacking[0])
    assert section_plan(section, [one for one in found if one.section == section]).lacking == lacking


def test_what_was_found_counts_as_much_as_what_the_form_says() -> None:
    facts = {
        "p": ProjectFacts(slug="p", found=(Found(name="commits", value=3, source="git.log"),)),
        "s": ProjectFacts(slug="s", found=(Found(name="run", value="s --help", source="readme:9"),)),
    }
    assert all(one.meets for one in candidates(form(scripts=[entry("S")]), facts, {}))


def test_a_planned_section_leaves_as_evidence_what_its_entries_lack() -> None:
    run = InlineRun("t", 1.0)
    entries = tuple(
        Candidate(slug=name, name=name, section="scripts", reason="r", meets=name == "a") for name in ("a", "b")
    )
    assert plan_section.run(SectionInputs(section="scripts", entries=entries), run).lacking == ("b",)
    (fact,) = run.facts
    assert (fact.judge, fact.dimension, fact.passed, fact.tried) == ("sections.scripts", "sections", 1, 2)
    assert fact.summary == "1 of 2 say how to run it; without: b"


def test_sections_that_were_not_planned_are_not_in_the_contents() -> None:
    run = InlineRun("t", 1.0)
    sorted_ = sort_projects.run(SortInputs(form=form(articles=[ARTICLE])), run)
    assert sorted_.empty == ("scripts", "frontend", "analytics", "datascience")
    articles = section_plan("articles", sorted_.articles)
    projects = section_plan("projects", sorted_.projects)
    planned = plan.run(ContentsInputs(sections=(articles, None, None, projects, None, None)), run)
    assert planned.plan.sections == ("projects", "articles")
    assert planned.empty == sorted_.empty
    assert [one.slug for one in planned.plan.placed] == ["p"]


def test_an_article_is_never_featured() -> None:
    found = candidates(form(articles=[ARTICLE]), {}, {})
    planned = contents(section_plan(name, [one for one in found if one.section == name]) for name in LABELS
                       if any(one.section == name for one in found))  # fmt: skip
    assert [one.slug for one in planned.featured] == ["p"]


def test_commits_of_a_directory_inside_another_are_counted_once() -> None:
    made = form(
        projects=[entry("P", path="..")], scripts=[entry("S", path="../tools/s")], pipelines=[entry("A", path="/else")]
    )
    facts = {
        slug: ProjectFacts(slug=slug, found=(Found(name="commits", value=40, source="git.log"),)) for slug in "psa"
    }
    (figure,) = [one for one in Material(form=made, facts=facts, languages={}).derived() if one.name == "commits"]
    assert (figure.value, figure.label) == (80, "commits in 2 repositories")
    assert figure.of == ("p/git.log", "a/git.log")


@pytest.mark.parametrize("domain", ["localhost", "a b.org", "x.org/path", "-a.org", "a.org\nb.org", "a..org"])
def test_a_domain_that_is_no_host_name_is_refused(domain: str) -> None:
    with pytest.raises(FormRejected, match=r"publish\.domain"):
        form(publish={"domain": domain})


def test_a_domain_that_the_site_does_not_name_is_worth_a_note() -> None:
    assert any("publish.domain is a.org" in said for said in notes(form(publish={"domain": "A.org"})))
    named = form(publish={"domain": "a.org"}, site={"url": "https://a.org"})
    assert not any("publish.domain" in said for said in notes(named))
