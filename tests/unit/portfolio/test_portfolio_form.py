"""The form's rules: what is accepted, what is refused, and in which words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_journey.portfolio.form import digest, normal_form, notes
from wrenchai_journey.portfolio.form_errors import FormRejected
from wrenchai_journey.portfolio.slugs import unique_slugs


def form(**fields: Any) -> dict[str, Any]:
    project = {"name": "River", "description": "A model", "github_url": "https://github.com/ada/river"}
    return {"title": "Ada", "description": "Rivers", "projects": [project], **fields}


def project(**fields: Any) -> dict[str, Any]:
    return form(projects=[{"name": "River", "description": "A model", **fields}])


def refused(raw: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(FormRejected) as rejected:
        normal_form(raw)
    return {error.path: error.reason for error in rejected.value.errors}


def test_the_minimal_form_of_the_mission_suffices() -> None:
    normal = normal_form(form())
    assert normal.projects[0].slug == "river"
    assert normal.site.base_url == "/"


def test_normalising_a_normal_form_changes_nothing() -> None:
    normal = normal_form(form(articles=[{"title": "A", "date": "2024-01-02", "text": "one\n\ntwo"}]))
    again = normal_form(normal.model_dump(mode="json"))
    assert again == normal
    assert digest(again) == digest(normal)


def test_two_spellings_of_one_form_have_one_digest() -> None:
    one = project(github_url="https://github.com/ada/river.git", facts={"Since": 2018}, lessons="Test early.")
    two = project(
        lessons=["Test  early."],
        facts=[{"label": "Since", "value": "2018"}],
        github_url="https://github.com/ada/river/",
    )
    assert digest(normal_form(one)) == digest(normal_form(two))


def test_running_text_is_split_at_blank_lines() -> None:
    normal = normal_form(project(problem="First line\nsame paragraph.\n\n\nSecond."))
    assert normal.projects[0].problem == ("First line same paragraph.", "Second.")


@pytest.mark.parametrize(
    ("raw", "path", "reason"),
    [
        ({"title": "T", "projects": []}, "description", "is missing"),
        (form(projects=[]), "projects", "at least 1 item"),
        (form(projects=[{"name": "A"}]), "projects[0].description", "is missing"),
        (form(projcts=[]), "projcts", "did you mean projects?"),
        (project(descripton="x"), "projects[0].descripton", "did you mean description?"),
        (project(section="articles"), "projects[0].section", "'frontend'"),
        (project(name=""), "projects[0].name", "at least 1 character"),
        (project(name="A\u202eB"), "projects[0].name", "control characters"),
        (project(slug="../up"), "projects[0].slug", "match pattern"),
        (form(site={"url": "https://x.org/path"}), "site.url", "put the path into site.base_url"),
        (form(site={"base_url": "/a/../b"}), "site.base_url", "must not contain . or .."),
        (form(site={"palette": "neon"}), "site.palette", "'fjord'"),
        (form(person={"name": "A", "email": "nobody"}), "person.email", "match pattern"),
        (form(articles=[{"title": "A", "date": "soon", "text": "x"}]), "articles[0].date", "valid date"),
        (form(articles=[{"title": "A", "date": "2024-01-02", "text": ""}]), "articles[0].text", "at least 1"),
    ],
)
def test_each_wrong_field_is_named_with_its_reason(raw: dict[str, Any], path: str, reason: str) -> None:
    assert reason in refused(raw)[path]


@pytest.mark.parametrize(
    "address",
    [
        "ftp://x.org/a",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "//x.org/a",
        "x.org",
        "https://",
        "https://user:secret@x.org/",
        "https://x.org@evil.org/",
        "https://x.org\\@evil.org/",
        "https://x.org/a b",
        "https://x.org/\r\nHost: evil",
        "https://x.org:0/",
        "https://x.org:99999/",
        "https://[::1/",
    ],
)
def test_an_address_that_is_not_plainly_http_is_refused(address: str) -> None:
    assert set(refused(project(live_url=address))) == {"projects[0].live_url"}


def test_all_wrong_fields_are_named_at_once() -> None:
    raw = form(title="", projects=[{"name": "A", "description": "d", "live_url": "x"}, {"description": "d"}])
    assert set(refused(raw)) == {"title", "projects[0].live_url", "projects[1].name"}


def test_more_than_fifty_projects_are_refused() -> None:
    many = [{"name": f"P{i}", "description": "d"} for i in range(51)]
    assert "at most 50 items" in refused(form(projects=many))["projects"]
    assert len(normal_form(form(projects=many[:50])).projects) == 50


def test_a_fourth_featured_project_is_refused() -> None:
    many = [{"name": f"P{i}", "description": "d", "featured": True} for i in range(4)]
    assert refused(form(projects=many)) == {"projects[3].featured": "at most 3 projects can be featured"}


def test_a_slug_given_twice_is_refused_where_it_is_given_again() -> None:
    twice = [{"name": "A", "description": "d", "slug": "a"}, {"name": "B", "description": "d", "slug": "a"}]
    assert refused(form(projects=twice)) == {"projects[1].slug": "a is used by an earlier entry"}


def test_a_form_without_a_site_address_is_told_so() -> None:
    assert any("site.url is not set" in note for note in notes(normal_form(form())))


def test_joined_emoji_and_scripts_are_welcome() -> None:
    assert normal_form(form(title="\u06a9\u062a\u0627\u0628\u200c\u0647\u0627 \U0001f469\u200d\U0001f4bb")).title


def test_a_base_path_gets_its_slashes() -> None:
    assert normal_form(form(site={"base_url": "portfolio"})).site.base_url == "/portfolio/"


def test_equal_names_get_slugs_of_their_own_and_foreign_scripts_a_number() -> None:
    assert unique_slugs(["A b", "A  B!", "日本", "Ünïcode"], [None] * 4, kind="project") == (
        "a-b",
        "a-b-2",
        "project-3",
        "unicode",
    )


def test_a_chosen_slug_is_never_taken_by_an_earlier_title() -> None:
    assert unique_slugs(["River", "Other"], [None, "river"], kind="project") == ("river-2", "river")


@given(st.lists(st.text(max_size=80), max_size=12))
def test_derived_slugs_are_always_unique_and_plain(titles: list[str]) -> None:
    slugs = unique_slugs(titles, [None] * len(titles), kind="project")
    assert len(set(slugs)) == len(titles)
    assert all(set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") and slug for slug in slugs)
