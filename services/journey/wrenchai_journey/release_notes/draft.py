"""A draft of release notes, and how it is mended where a check found something; pure."""

import re
from collections.abc import Callable, Sequence

from wrenchai_contracts.shape import Frozen

from wrenchai_journey.release_notes.commits import Commit

TITLES = {
    "feat": "Features", "fix": "Fixes", "security": "Security", "perf": "Performance", "docs": "Documentation",
    "removed": "Removed", "revert": "Reverted", "refactor": "Refactoring", "test": "Tests",
    "build": "Build and dependencies", "chore": "Chores",
}  # fmt: skip
OTHER = "Other changes"


class Entry(Frozen):
    """One line of the notes, and the commits it speaks of."""

    text: str
    commits: tuple[str, ...]
    scope: str | None = None
    numbers: tuple[int, ...] = ()


class Group(Frozen):
    """Entries under one heading."""

    title: str
    entries: tuple[Entry, ...] = ()


class Draft(Frozen):
    """The notes before they are written out."""

    title: str
    groups: tuple[Group, ...]
    breaking: tuple[Entry, ...] = ()

    def entries(self) -> list[Entry]:
        """Every line: what breaks first, then group by group."""
        return [*self.breaking, *(entry for group in self.groups for entry in group.entries)]


class Problem(Frozen):
    """What a check found: the rule, the number of the entry (or the title of the group), and what to know about it."""

    rule: str
    place: str
    message: str
    wrong: str = ""
    right: str = ""


def first_draft(title: str, commits: Sequence[Commit], kinds: Sequence[str]) -> Draft:
    """A group for each of these kinds, in their order, whether anything is in it or not."""
    groups = [
        Group(title=TITLES[kind], entries=tuple(_entry(one) for one in commits if one.kind == kind)) for kind in kinds
    ]
    breaking = [_entry(one).model_copy(update={"text": one.breaking}) for one in commits if one.breaking]
    return Draft(title=title, groups=tuple(groups), breaking=tuple(breaking))


def mended(draft: Draft, problems: Sequence[Problem], commits: Sequence[Commit], *, longest: int) -> Draft:
    """The draft with every problem answered; what is not named by a problem stays as it is."""
    rules = {problem.rule for problem in problems}
    if "misspelling" in rules:
        draft = _respelled(draft, [problem for problem in problems if problem.rule == "misspelling"])
    if "missing-commit" in rules:
        draft = _completed(draft, commits)
    if "said-twice" in rules:
        draft = draft.model_copy(update={"groups": tuple(_merged(group) for group in draft.groups)})
    if "too-long" in rules:
        draft = _each_entry(draft, lambda entry: entry.model_copy(update={"text": shortened(entry.text, longest)}))
    if "empty-group" in rules:
        draft = draft.model_copy(update={"groups": tuple(group for group in draft.groups if group.entries)})
    return draft


def shortened(text: str, longest: int) -> str:
    """At most `longest` signs, cut between words, with an ellipsis; a code span is not left open."""
    if len(text) <= longest:
        return text
    cut = text[:longest].rpartition(" ")[0] or text[: longest - 1]
    if cut.count("`") % 2:
        cut = cut[: cut.rindex("`")]
    return cut.rstrip(" ,;:-(") + "…"


def _entry(commit: Commit) -> Entry:
    return Entry(text=commit.text, commits=(commit.sha,), scope=commit.scope, numbers=commit.numbers)


def _completed(draft: Draft, commits: Sequence[Commit]) -> Draft:
    """With what no entry speaks of, under a heading of its own at the end."""
    spoken_of = {sha for entry in draft.entries() for sha in entry.commits}
    left = tuple(_entry(one) for one in commits if one.sha not in spoken_of)
    others = [group for group in draft.groups if group.title == OTHER]
    rest = tuple(group for group in draft.groups if group.title != OTHER)
    known = others[0].entries if others else ()
    return draft.model_copy(update={"groups": (*rest, Group(title=OTHER, entries=(*known, *left)))})


def _merged(group: Group) -> Group:
    """Equal lines become one that names all their commits."""
    found: dict[tuple[str, str | None], Entry] = {}
    for entry in group.entries:
        key = entry.text.casefold(), entry.scope
        before = found.get(key)
        found[key] = entry if before is None else _both(before, entry)
    return group.model_copy(update={"entries": tuple(found.values())})


def _both(before: Entry, entry: Entry) -> Entry:
    numbers = tuple(dict.fromkeys((*before.numbers, *entry.numbers)))
    return before.model_copy(update={"commits": (*before.commits, *entry.commits), "numbers": numbers})


def _respelled(draft: Draft, problems: Sequence[Problem]) -> Draft:
    """Each word that was found is mended wherever it stands."""
    words = {problem.wrong: problem for problem in problems}

    def respell(entry: Entry) -> Entry:
        text = entry.text
        for problem in words.values():
            text = _with_word(text, problem)
        return entry.model_copy(update={"text": text})

    return _each_entry(draft, respell)


def _with_word(text: str, problem: Problem) -> str:
    """The right word where there is one; where several could be meant, the author's, quoted as it was written.

    What is quoted stays.
    """
    is_sure = problem.right and "," not in problem.right
    instead = problem.right if is_sure else f"`{problem.wrong}`"
    found = re.compile(rf"(`[^`]*`)|\b{re.escape(problem.wrong)}\b")
    return found.sub(lambda match: match[1] or instead, text)


def _each_entry(draft: Draft, change: Callable[[Entry], Entry]) -> Draft:
    breaking = tuple(change(entry) for entry in draft.breaking)
    groups = tuple(
        group.model_copy(update={"entries": tuple(change(entry) for entry in group.entries)}) for group in draft.groups
    )
    return draft.model_copy(update={"breaking": breaking, "groups": groups})
