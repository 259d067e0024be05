"""Commits are read whether their authors keep to conventions or not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_journey.release_notes.commits import FIELD, RECORD, Commit, commits_in


def logged(subject: str, body: str = "") -> str:
    return FIELD.join(["a" * 40, "Ada  Lovelace", "2024-02-03", subject, body]) + RECORD + "\n"


def commit(subject: str, body: str = "") -> Commit:
    (found,) = commits_in(logged(subject, body))
    return found


@pytest.mark.parametrize(
    ("subject", "kind", "text"),
    [
        ("feat: measure the flow", "feat", "Measure the flow"),
        ("bugfix: dry rivers.", "fix", "Dry rivers"),
        ("Fix a dry river", "fix", "Fix a dry river"),
        ("Add a second river", "feat", "Add a second river"),
        ("Gateway: answer sooner", "other", "Gateway: answer sooner"),
        ("bump httpx to 0.28", "build", "Bump httpx to 0.28"),
        ("", "other", "(no subject)"),
    ],
)
def test_the_kind_is_that_of_the_convention_or_of_the_verb(subject: str, kind: str, text: str) -> None:
    assert (commit(subject).kind, commit(subject).text) == (kind, text)


def test_scope_and_number_are_told_apart_from_the_text() -> None:
    found = commit("feat(flow): measure it (#12)")
    assert (found.scope, found.numbers, found.text) == ("flow", (12,), "Measure it")


@pytest.mark.parametrize(
    ("subject", "body", "breaking"),
    [
        ("feat!: metres", "", "Metres"),
        ("feat: metres", "More.\n\nBREAKING CHANGE: levels were\nin feet\n\nSigned-off-by: x", "Levels were in feet"),
        ("feat: metres", "nothing breaks", None),
    ],
)
def test_what_breaks_is_said_in_its_authors_words(subject: str, body: str, breaking: str | None) -> None:
    assert commit(subject, body).breaking == breaking


def test_an_authors_name_is_one_line() -> None:
    assert commit("x").author == "Ada Lovelace"


@given(st.lists(st.text(st.characters(exclude_characters=FIELD + RECORD), max_size=80), max_size=5))
def test_each_record_is_a_commit_whatever_its_words(subjects: list[str]) -> None:
    assert len(list(commits_in("".join(logged(subject) for subject in subjects)))) == len(subjects)
