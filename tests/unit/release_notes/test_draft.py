"""A draft is mended where a check found something, until no check finds anything."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from wrenchai_journey.release_notes.commits import Commit
from wrenchai_journey.release_notes.draft import OTHER, Draft, Problem, first_draft, mended, shortened
from wrenchai_journey.release_notes.review import facts, misspellings, problems_of

LONGEST = 40


def commit(sha: str, kind: str = "feat", text: str = "Measure the flow", breaking: str | None = None) -> Commit:
    return Commit(sha=sha, author="Ada", day="2024-02-03", kind=kind, text=text, breaking=breaking)


def rules(draft: Draft, commits: Sequence[Commit]) -> list[str]:
    return [problem.rule for problem in problems_of(draft, commits, longest=LONGEST)]


def mended_once(draft: Draft, commits: Sequence[Commit]) -> Draft:
    return mended(draft, problems_of(draft, commits, longest=LONGEST), commits, longest=LONGEST)


def test_a_first_draft_has_a_group_for_each_kind_that_is_asked_for() -> None:
    draft = first_draft("Notes", [commit("a"), commit("b", "chore")], ["feat", "fix"])
    assert [(group.title, len(group.entries)) for group in draft.groups] == [("Features", 1), ("Fixes", 0)]
    assert rules(draft, [commit("a"), commit("b", "chore")]) == ["missing-commit", "empty-group"]


def test_mending_accounts_for_every_commit_and_drops_empty_groups() -> None:
    commits = [commit("a"), commit("b", "chore", "Tidy up")]
    draft = mended_once(first_draft("Notes", commits, ["feat", "fix"]), commits)
    assert [(group.title, len(group.entries)) for group in draft.groups] == [("Features", 1), (OTHER, 1)]
    assert rules(draft, commits) == []


def test_what_is_said_twice_becomes_one_line_that_names_both() -> None:
    commits = [commit("a"), commit("b")]
    draft = mended_once(first_draft("Notes", commits, ["feat"]), commits)
    assert [entry.commits for entry in draft.groups[0].entries] == [("a", "b")]


def test_what_breaks_comes_first_and_stays_in_its_group() -> None:
    commits = [commit("a", breaking="Levels were in feet")]
    draft = first_draft("Notes", commits, ["feat"])
    assert [entry.text for entry in draft.entries()] == ["Levels were in feet", "Measure the flow"]


def test_a_sure_correction_is_made_and_an_unsure_word_is_quoted() -> None:
    commits = [commit("a", text="Expain the guage of recieve")]
    problems = misspellings("entries.txt:1: Expain ==> Explain\nentries.txt:1: guage ==> gauge, gage\n")
    draft = mended(first_draft("Notes", commits, ["feat"]), problems, commits, longest=LONGEST)
    assert draft.entries()[0].text == "Explain the `guage` of recieve"


def test_a_long_line_is_cut_between_words() -> None:
    assert shortened("measure the flow of a river", 20) == "measure the flow of…"
    assert shortened("call `a b c d e f g h`", 12) == "call…"
    assert shortened("short", 20) == "short"


def test_evidence_counts_what_is_in_order_and_says_when_spelling_was_not_measured() -> None:
    commits = [commit("a"), commit("b", "chore")]
    draft = first_draft("Notes", commits, ["feat", "fix"])
    told = {
        fact.judge: (fact.passed, fact.tried)
        for fact in facts(draft, commits, problems_of(draft, commits, longest=LONGEST), not_spelled="no codespell")
    }
    assert told == {
        "notes.accounted": (1, 2),
        "notes.groups": (1, 2),
        "notes.entries": (1, 1),
        "spelling.codespell": (0, 0),
    }


def test_our_own_rules_are_one_family_and_codespell_is_another_that_tells_its_version() -> None:
    commits = [commit("a"), commit("b", "chore")]
    draft = first_draft("Notes", commits, ["feat", "fix"])
    reports = [fact.report for fact in facts(draft, commits, [], speller="2.4.1")]
    assert {(one.family, one.version, one.scale) for one in reports if one is not None} == {
        ("notes", "1", "tests"),
        ("spelling", "2.4.1", "tests"),
    }


KINDS = st.sampled_from(["feat", "fix", "chore", "other", "docs"])
COMMITS = st.lists(st.builds(commit, st.uuids().map(str), KINDS, st.text(min_size=1, max_size=90)), max_size=12)


@given(COMMITS)
def test_two_rounds_are_enough_for_all_but_spelling(commits: list[Commit]) -> None:
    draft = first_draft("Notes", commits, ["feat", "fix", "docs"])
    for _ in range(3):
        draft = mended_once(draft, commits)
    assert rules(draft, commits) == []
    assert {sha for entry in draft.entries() for sha in entry.commits} == {one.sha for one in commits}


def test_a_word_is_mended_wherever_it_stands_but_not_in_code() -> None:
    commits = [commit("a", text="Expain `Expain`"), commit("b", text="Expain more")]
    found = Problem(rule="misspelling", place="1", message="x", wrong="Expain", right="Explain")
    draft = mended(first_draft("Notes", commits, ["feat"]), [found], commits, longest=LONGEST)
    assert [entry.text for entry in draft.entries()] == ["Explain `Expain`", "Explain more"]
