"""What can be wrong with a draft of release notes, each thing counted; pure."""

from collections.abc import Iterator, Sequence

from wrenchai_contracts.evidence import Evidence

from wrenchai_journey.portfolio.checks.report import counted
from wrenchai_journey.portfolio.checks.spelling import DIMENSION as SPELLING
from wrenchai_journey.portfolio.checks.spelling import JUDGE as CODESPELL
from wrenchai_journey.portfolio.checks.spelling import LINE
from wrenchai_journey.release_notes.commits import Commit
from wrenchai_journey.release_notes.draft import Draft, Problem

RULES = "notes"
"""The family of our own rules: one program reads one draft."""


def problems_of(draft: Draft, commits: Sequence[Commit], *, longest: int) -> list[Problem]:
    """All that is wrong apart from spelling."""
    return [*_missing(draft, commits), *_empty(draft), *_too_long(draft, longest), *_twice(draft)]


def misspellings(printed: str) -> list[Problem]:
    """What codespell printed about a file that has one entry a line."""
    said = (LINE.match(line.strip()) for line in printed.splitlines())
    return [
        Problem(
            rule="misspelling", place=one["line"], wrong=one["wrong"], right=one["right"],
            message=f"{one['wrong']}: {one['right']}",
        )
        for one in said if one
    ]  # fmt: skip


def facts(
    draft: Draft, commits: Sequence[Commit], problems: Sequence[Problem], *, speller: str = "1", not_spelled: str = ""
) -> Iterator[Evidence]:
    """Each check as evidence; `speller` is codespell's version, `not_spelled` why the spelling was not measured."""
    yield from (fact.model_copy(update={"family": RULES}) for fact in _by_rules(draft, commits, problems))
    if not_spelled:
        reason = f"not measured: {not_spelled}"
        yield Evidence(judge=CODESPELL, dimension=SPELLING, passed=0, tried=0, summary=reason)
    else:
        misspelled = {problem.place for problem in problems if problem.rule == "misspelling"}
        spelled = _fact(CODESPELL, SPELLING, len(draft.entries()), len(misspelled), "line")
        yield spelled.model_copy(update={"judge_version": speller[:40]})


def _by_rules(draft: Draft, commits: Sequence[Commit], problems: Sequence[Problem]) -> Iterator[Evidence]:
    yield _fact("notes.accounted", "completeness", len(commits), _count(problems, "missing-commit"), "commit")
    yield _fact("notes.groups", "structure", len(draft.groups), _count(problems, "empty-group"), "group")
    wrong = {problem.place for problem in problems if problem.rule in {"too-long", "said-twice"}}
    yield _fact("notes.entries", "brevity", len(draft.entries()), len(wrong), "line")


def _missing(draft: Draft, commits: Sequence[Commit]) -> Iterator[Problem]:
    spoken_of = {sha for entry in draft.entries() for sha in entry.commits}
    for one in commits:
        if one.sha not in spoken_of:
            yield Problem(rule="missing-commit", place=one.sha[:12], message=f"no entry speaks of it: {one.text[:120]}")


def _empty(draft: Draft) -> Iterator[Problem]:
    for group in draft.groups:
        if not group.entries:
            yield Problem(rule="empty-group", place=group.title, message="the group has no entry")


def _too_long(draft: Draft, longest: int) -> Iterator[Problem]:
    for number, entry in enumerate(draft.entries(), start=1):
        if len(entry.text) > longest:
            said = f"{len(entry.text)} signs, the most is {longest}"
            yield Problem(rule="too-long", place=str(number), message=said)


def _twice(draft: Draft) -> Iterator[Problem]:
    number = len(draft.breaking)
    for group in draft.groups:
        seen: set[tuple[str, str | None]] = set()
        for entry in group.entries:
            number += 1
            key = entry.text.casefold(), entry.scope
            if key in seen:
                yield Problem(rule="said-twice", place=str(number), message=f"said before in {group.title}")
            seen.add(key)


def _count(problems: Sequence[Problem], rule: str) -> int:
    return sum(1 for problem in problems if problem.rule == rule)


def _fact(judge: str, dimension: str, tried: int, wrong: int, noun: str) -> Evidence:
    if tried == 0:
        return Evidence(judge=judge, dimension=dimension, passed=0, tried=0, summary=f"not measured: no {noun}")
    return Evidence(
        judge=judge, dimension=dimension, passed=tried - wrong, tried=tried, scale="tests",
        summary=f"{counted(tried, noun)}, {wrong} not in order",
    )  # fmt: skip
