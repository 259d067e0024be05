"""Reading READMEs, licences, manifests, git's words and GitHub's answers."""

import json

import httpx
import pytest
from wrenchai_journey.portfolio.facts import Found, ProjectFacts
from wrenchai_journey.portfolio.git_history import history_facts, tag_facts
from wrenchai_journey.portfolio.github import github_client, repository_facts, repository_name
from wrenchai_journey.portfolio.licenses import license_fact
from wrenchai_journey.portfolio.manifests import package_facts, pyproject_facts
from wrenchai_journey.portfolio.readme import plain, readme_facts


def said(text: str) -> dict[str, tuple[str | int, str]]:
    return {fact.name: (fact.value, fact.source) for fact in readme_facts(text)}


def test_a_readme_gives_title_and_first_paragraph_with_their_lines() -> None:
    text = "<p align=center>\n\n[![b](i)](u)\n\nRiver\n=====\n\n> quoted\n\nIt *models* rivers\nin `Python`.\n"
    assert said(text) == {
        "readme_title": ("River", "readme:5"),
        "readme_intro": ("It models rivers in Python.", "readme:10"),
    }


def test_code_lists_and_badges_are_no_first_paragraph() -> None:
    text = "# R\n\n```\nnot this one at all\n```\n\n- nor this list of words\n\n| nor | this | table |\n"
    assert "readme_intro" not in said(text)


def test_commands_are_taken_from_a_section_about_running_only() -> None:
    text = "# R\n\n```sh\nrm -rf build\n```\n\n## Usage\n\n```python\nimport r\n```\n\n```console\n$ r run\n```\n"
    assert said(text)["run"] == ("r run", "readme:14")


def test_an_empty_readme_says_nothing() -> None:
    assert readme_facts("") == ()


@pytest.mark.parametrize(
    ("markdown", "words"),
    [
        ("**Bold** and [link](https://x)", "Bold and link"),
        ("snake_case_name stays", "snake_case_name stays"),
        ("[ref][1] and <b>html</b>", "ref and html"),
        ("![img](x)text", "text"),
    ],
)
def test_markdown_becomes_plain_words(markdown: str, words: str) -> None:
    assert plain(markdown) == words


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Permission is hereby granted, free of\ncharge, to any person obtaining a copy", "MIT"),
        ("GNU LESSER GENERAL PUBLIC LICENSE\n  Version 3, 29 June 2007", "LGPL-3.0"),
        ("Redistribution and use in source and binary forms ... Neither the name of", "BSD-3-Clause"),
        ("Redistribution and use in source and binary forms ...", "BSD-2-Clause"),
    ],
)
def test_a_licence_is_named_by_its_text(text: str, name: str) -> None:
    fact = license_fact(text, file="LICENSE")
    assert fact == Found(name="license", value=name, source="LICENSE:1")


def test_an_unknown_licence_is_not_guessed() -> None:
    assert license_fact("All rights reserved.", file="LICENSE") is None


def test_a_manifest_says_licence_and_programs() -> None:
    facts = pyproject_facts('[project]\nlicense = "MIT"\n[project.scripts]\nriver = "r:main"\n')
    assert [(fact.name, fact.value) for fact in facts] == [
        ("license", "MIT"),
        ("run", "pip install ."),
        ("run", "river --help"),
    ]


@pytest.mark.parametrize("broken", ["", "[", "project = 3", '[project]\nscripts = "x"\nlicense = 3'])
def test_a_broken_pyproject_says_nothing(broken: str) -> None:
    assert pyproject_facts(broken) == ()


@pytest.mark.parametrize("broken", ["", "{", "[]", "[" * 100_000, '{"scripts": 3}'])
def test_a_broken_package_json_says_nothing(broken: str) -> None:
    assert package_facts(broken) == ()


def test_history_counts_people_once_and_finds_first_and_last_day() -> None:
    facts = history_facts(["2024-03-01\tAda", "2024-01-05\tBo", "2023-12-31\tAda", "warning: noise"])
    assert [fact.value for fact in facts] == [3, 2, "2023-12-31", "2024-03-01"]


def test_tags_are_told_from_gits_other_words() -> None:
    assert [fact.value for fact in tag_facts("warning: x\ntag:v1\ntag:v2\n")] == [2, "v2"]


def test_the_newest_of_commit_and_push_is_the_last_activity() -> None:
    found = (
        Found(name="last_commit", value="2024-01-01", source="git.log"),
        Found(name="pushed", value="2024-02-01", source="github.api"),
    )
    active = ProjectFacts(slug="r", found=found).last_activity
    assert active is not None
    assert active.source == "github.api"


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("https://github.com/ada/river", "ada/river"),
        ("https://github.com/ada/river.git", "ada/river"),
        ("https://github.com.evil.org/ada/river", None),
        ("https://gitlab.com/ada/river", None),
        ("https://github.com/ada/..", None),
        ("https://github.com/ada/river/tree/main", None),
        ("https://github.com/ada", None),
        ("", None),
    ],
)
def test_only_a_repository_page_on_github_is_asked_for(address: str, name: str | None) -> None:
    assert repository_name(address) == name


ABOUT = {
    "stargazers_count": 12,
    "forks_count": 0,
    "pushed_at": "2024-05-06T07:08:09Z",
    "license": {"spdx_id": "MIT"},
    "topics": ["rivers"],
}


def answering(*answers: httpx.Response) -> tuple[httpx.Client, list[httpx.Request]]:
    waiting, asked = list(answers), []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return waiting.pop(0)

    return github_client("t0ken", transport=httpx.MockTransport(answer)), asked


def test_github_gives_facts_with_status_and_etag() -> None:
    client, asked = answering(
        httpx.Response(200, json=ABOUT, headers={"etag": '"e1"'}), httpx.Response(200, json={"Python": 9, "C": 0})
    )
    facts = repository_facts(client, "ada/river")
    assert {(fact.name, fact.value) for fact in facts.found} == {
        ("stars", 12),
        ("forks", 0),
        ("pushed", "2024-05-06"),
        ("license", "MIT"),
        ("topic", "rivers"),
    }
    assert facts.language_bytes == {"Python": 9}
    assert (facts.consulted[0].status, facts.consulted[0].etag) == (200, '"e1"')
    assert asked[0].headers["authorization"] == "Bearer t0ken"


@pytest.mark.parametrize(
    ("answer", "note"),
    [
        (httpx.Response(404), "no such repository"),
        (httpx.Response(401), "refused the token"),
        (httpx.Response(403, headers={"x-ratelimit-remaining": "0"}), "rate limit is used up"),
        (httpx.Response(500), "HTTP status 500"),
        (httpx.Response(200, content=b"no json"), "not understood"),
        (httpx.Response(200, content=b"[" * 2_000_000), "not understood"),
        (httpx.Response(200, json=[1]), "not understood"),
    ],
)
def test_a_refusal_of_github_becomes_a_note(answer: httpx.Response, note: str) -> None:
    client, _ = answering(answer)
    facts = repository_facts(client, "ada/river")
    assert facts.found == ()
    assert note in facts.notes[0]


@pytest.mark.parametrize(
    "place",
    ["http://api.github.com/x", "https://169.254.169.254/", "https://api.github.com:8443/", "https://evil.org/"],
)
def test_a_redirect_away_from_the_api_is_never_followed(place: str) -> None:
    client, asked = answering(httpx.Response(301, headers={"location": place}))
    facts = repository_facts(client, "ada/river")
    assert len(asked) == 1
    assert "redirected elsewhere" in facts.notes[0]


def test_a_moved_repository_is_followed_on_the_same_host() -> None:
    moved = httpx.Response(301, headers={"location": "https://api.github.com/repositories/7"})
    client, asked = answering(moved, httpx.Response(200, json=ABOUT), httpx.Response(200, json={}))
    assert repository_facts(client, "ada/river").found
    assert str(asked[1].url) == "https://api.github.com/repositories/7"


def test_a_redirect_circle_ends() -> None:
    around = [httpx.Response(302, headers={"location": "/repos/ada/river"}) for _ in range(9)]
    client, asked = answering(*around)
    assert repository_facts(client, "ada/river").found == ()
    assert len(asked) == 4


def test_an_unreachable_github_becomes_a_note() -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        message = "no route"
        raise httpx.ConnectError(message, request=request)

    client = github_client("t", transport=httpx.MockTransport(broken))
    facts = repository_facts(client, "ada/river")
    assert facts.notes == ("GitHub could not be reached (ConnectError)",)
    assert "t0ken" not in json.dumps(facts.model_dump(mode="json"))
