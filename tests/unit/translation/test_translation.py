"""A translation keeps what must stay, a reviewer finds what did not, and both come to an end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_journey.translation.document import anchors, lines_of, words_of
from wrenchai_journey.translation.review import Finding, facts, reviewed, severities
from wrenchai_journey.translation.stand_in import mended, translated
from wrenchai_journey.translation.terms import Terms, as_written

GLOSSARY = {"server": "Server", "start": "starten", "the": "der", "status page": "Statusseite", "backup": "Sicherung"}
SOURCE = """---
title: the server
---
# Start the server

See [the backup](#backups), [the status page](https://x.test/the) and `the server`. Wait {seconds} for 30 %s.

```sh
start the server
```

## Backups

- [ ] Start the servers.
- Nobody ever edits archives.

| the | server |
| --- | --- |
"""


def rules(findings: list[Finding]) -> list[tuple[str, int]]:
    return [(found.rule, found.line) for found in findings if found.severity in {"major", "critical"}]


def test_only_words_are_translated() -> None:
    lines = translated(SOURCE, GLOSSARY).splitlines()
    assert lines[1] == "title: the server"
    assert lines[3] == "# Starten der Server"
    assert lines[5] == (
        "See [der Sicherung](#backups), [der Statusseite](https://x.test/the) and `the server`. "
        "Wait {seconds} for 30 %s."
    )
    assert lines[8] == "start the server"
    assert lines[16] == "| der | Server |"


def test_the_longest_term_is_taken_and_capitals_are_kept() -> None:
    assert Terms({"status": "Stand", "status page": "Statusseite"}).replaced("Status page, STATUS") == (
        "Statusseite, STAND",
        3,
    )
    assert as_written("Start", "starten") == "Starten"


def test_a_form_of_a_term_is_recognised() -> None:
    terms = Terms({"server": "Server", "stop": "anhalten", "use": "nutzen"})
    assert list(terms.forms("Servers stopping `servers` using")) == [("Servers", "Server"), ("stopping", "anhalten")]


def test_the_reviewer_finds_forms_gaps_and_then_the_anchor_that_mending_moved() -> None:
    first = translated(SOURCE, GLOSSARY)
    found = reviewed(SOURCE, first, GLOSSARY)
    assert rules(found) == [("form", 12), ("form", 14), ("untranslated", 15)]
    second = mended(SOURCE, first, found, GLOSSARY)
    found = reviewed(SOURCE, second, GLOSSARY)
    assert rules(found) == [("anchor", 6)]
    third = mended(SOURCE, second, found, GLOSSARY)
    found = reviewed(SOURCE, third, GLOSSARY)
    assert rules(found) == []
    assert third.splitlines()[13:15] == [
        "- [ ] Starten der Server.",
        "- Nobody ever edits archives. <!-- not translated -->",
    ]
    assert severities(found)["minor"] == 1


@pytest.mark.parametrize(
    ("line", "wrong", "rule", "severity"),
    [
        (4, "## Starten der Server", "heading", "critical"),
        (6, "See.", "code-span", "critical"),
        (9, "starten der Server", "code", "critical"),
        (14, "- Starten der Server.", "heading", "critical"),
        (17, "| der | Rechner |", "term", "major"),
    ],
)
def test_what_a_careless_translator_broke_is_found_in_its_line(line: int, wrong: str, rule: str, severity: str) -> None:
    lines = translated(SOURCE, GLOSSARY).splitlines()
    lines[line - 1] = wrong
    found = reviewed(SOURCE, "\n".join(lines) + "\n", GLOSSARY)
    assert (rule, severity, f"line {line}") in {(one.rule, one.severity, one.place) for one in found}


@pytest.mark.parametrize(
    ("broken", "rule"),
    [("{seconds}", "placeholder"), ("%s", "placeholder"), ("30", "number"), ("https://x.test/the", "link")],
)
def test_a_lost_placeholder_number_or_link_is_found_and_mended(broken: str, rule: str) -> None:
    spoiled = translated(SOURCE, GLOSSARY).replace(broken, "x")
    found = reviewed(SOURCE, spoiled, GLOSSARY)
    assert rule in {one.rule for one in found}
    again = reviewed(SOURCE, mended(SOURCE, spoiled, found, GLOSSARY), GLOSSARY)
    assert rule not in {one.rule for one in again}


def test_lines_that_do_not_match_are_the_only_finding() -> None:
    assert rules(reviewed(SOURCE, SOURCE + "more\n", GLOSSARY)) == [("lines", 1)]


def test_evidence_counts_lines_and_says_what_could_not_be_measured() -> None:
    told = {fact.dimension: (fact.passed, fact.tried) for fact in facts("just words here\n", [])}
    assert told == {
        "structure": (1, 1),
        "links": (0, 0),
        "placeholders": (0, 0),
        "glossary": (1, 1),
        "completeness": (1, 1),
    }


def test_anchors_are_made_as_github_makes_them() -> None:
    assert anchors(lines_of("# Start, now!\n# Start now\n## `x` & [y](z)\n")) == ["start-now", "start-now-1", "x--y"]


WORDS = st.lists(
    st.sampled_from(["server", "Servers", "the", "river", "{x}", "`the`", "3", "#", "-", "ever"]), max_size=8
)
DOCUMENTS = st.lists(WORDS.map(" ".join), min_size=1, max_size=8).map("\n".join)


@given(DOCUMENTS)
def test_the_two_come_to_an_end_within_four_rounds(source: str) -> None:
    text = translated(source, GLOSSARY)
    for _ in range(3):
        text = mended(source, text, reviewed(source, text, GLOSSARY), GLOSSARY)
    assert rules(reviewed(source, text, GLOSSARY)) == []


@given(st.text(max_size=300))
def test_any_text_is_translated_line_for_line(source: str) -> None:
    text = translated(source, GLOSSARY)
    assert text.count("\n") == source.count("\n")
    mendable = {"form", "untranslated", "anchor", "left-untranslated", "unknown-words"}
    assert {found.rule for found in reviewed(source, text, GLOSSARY)} <= mendable


def test_line_ends_of_other_systems_are_kept() -> None:
    assert translated("# the server\r\n\r\nthe\x0cserver\r\n", GLOSSARY) == "# der Server\r\n\r\nder\x0cServer\r\n"


def test_the_words_to_translate_are_those_outside_of_what_stays() -> None:
    assert words_of("the `code` [link](https://x.test) {name} 12 x-ray") == ["the", "link", "x-ray"]
