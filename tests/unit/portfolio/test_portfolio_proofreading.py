"""What a proofreader finds, how it is mended, and that what is mended reads well afterwards."""

from typing import Any

import pytest
from wrenchai_journey.portfolio.content import SiteContent
from wrenchai_journey.portfolio.proofreading import LONGEST, Found, found_in, lines_for_spelling, prose_of, with_mended

SOURCES = {"s": "The river rises by 12 percent, and NASA saw it."}
LONG = " ".join(["up and down"] * (LONGEST // 3) + ["up"])


def content(*texts: str, outcome: str | None = None, articles: tuple[str, ...] = ()) -> SiteContent:
    def sentence(text: str) -> dict[str, str]:
        return {"text": text, "source": "s"}

    problem = [{"sentences": [sentence(text) for text in texts]}] if texts else []
    page = {
        "slug": "p",
        "name": "P",
        "summary": sentence("A river."),
        "outcome": sentence(outcome) if outcome else None,
        "problem": problem,
        "run_it": [{"kind": "code", "sentences": [sentence("teh the the")]}],
    }
    written = [{"slug": "a", "title": "A", "date": "2026-01-02",
                "paragraphs": [{"sentences": [sentence(text) for text in articles]}]}] if articles else []  # fmt: skip
    return SiteContent.model_validate({
        "person": {"name": "N", "claim": sentence("A claim.")},
        "site": {"url": "https://x.org", "title": "T"},
        "sections": [{"id": "projects", "label": "L", "projects": [page]}],
        "articles": written,
        "generated": {"task_id": "t", "input_sha256": "0" * 64},
    })  # fmt: skip


def found(made: SiteContent, corrections: str = "") -> tuple[Found, ...]:
    return found_in(prose_of(made), SOURCES, corrections)


def texts(made: SiteContent) -> list[str]:
    return [placed.sentence.text for placed in prose_of(made) if "problem" in placed.place]


def mended(made: SiteContent, corrections: str = "") -> SiteContent:
    return with_mended(made, found(made, corrections))[0]


def test_every_sentence_is_read_but_lines_of_code() -> None:
    assert [placed.sentence.text for placed in prose_of(content("One.", outcome="Less."))] == [
        "A claim.", "A river.", "Less.", "One.",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "rule", "after"),
    [
        ("It rises the the most.", "twice", ["It rises the most."]),
        ("It rises , slowly .", "blank", ["It rises, slowly."]),
        ("It runs `river now.", "code", ["It runs river now."]),
        (f"It {LONG} rises; then it falls.", "length", None),
    ],
)
def test_clumsy_wording_is_found_and_mended(text: str, rule: str, after: list[str] | None) -> None:
    made = content(text)
    (finding,) = found(made)
    assert finding.rule == rule
    result = texts(mended(made))
    if after is not None:
        assert result == after
    assert len(result) == (1 if after else 2)


def test_a_sentence_that_was_parted_keeps_its_words_and_its_source() -> None:
    text = f"It {LONG}; then it falls."
    parts = [placed for placed in prose_of(mended(content(text))) if "problem" in placed.place]
    assert [placed.sentence.text[-17:] for placed in parts] == ["n up and down up.", "Then it falls."]
    assert {placed.sentence.source for placed in parts} == {"s"}


def test_a_long_sentence_that_nobody_can_part_is_told_and_left() -> None:
    made = content(f"It {LONG}")
    (finding,) = found(made)
    assert (finding.rule, finding.mended) == ("length", None)
    assert mended(made) == made


def test_a_misspelling_is_mended_outside_of_code_where_one_spelling_is_right() -> None:
    made = content("We recieve `recieve` now.")
    line = next(n for n, placed in enumerate(prose_of(made), 1) if "problem" in placed.place)
    assert "`" not in lines_for_spelling(prose_of(made))
    assert texts(mended(made, f"sentences.txt:{line}: recieve ==> receive")) == ["We receive `recieve` now."]
    (unsure,) = found(made, f"sentences.txt:{line}: recieve ==> receive, relieve")
    assert unsure.mended is None


def test_a_number_that_no_source_has_takes_its_sentence_with_it() -> None:
    made = content("It rises by 12 percent.", "It rises by 13 percent.")
    (finding,) = found(made)
    assert (finding.severity, finding.message) == ("critical", "in no source: 13")
    assert texts(mended(made)) == ["It rises by 12 percent."]


def test_a_paragraph_without_a_sentence_left_is_gone() -> None:
    after = mended(content("It rises by 13 percent."))
    assert after.projects[0].problem == ()


@pytest.mark.parametrize(
    "made", [content(outcome="It rises by 13 percent."), content(articles=("It rises by 13 percent.",))]
)
def test_what_has_to_stay_is_not_taken_away(made: SiteContent) -> None:
    (finding,) = found(made)
    assert (finding.severity, finding.mended) == ("critical", None)


def test_a_name_that_no_source_has_is_told_and_left() -> None:
    (finding,) = found(content("It was seen by Tideline."))
    assert (finding.severity, finding.rule, finding.mended) == ("minor", "grounding", None)


def test_two_things_wrong_in_one_sentence_are_mended_in_two_rounds() -> None:
    made: Any = content("It rises the the most , now.")
    rounds = 0
    while findings := found(made):
        made, done = with_mended(made, findings)
        rounds += 1
        assert len(done) == 1
    assert (rounds, texts(made)) == (2, ["It rises the most, now."])


def test_a_sentence_that_is_well_written_is_left_as_it_is() -> None:
    made = content("All that we had had was `a , b`, and that that was enough.", outcome="12 percent.")
    assert found(made) == ()
