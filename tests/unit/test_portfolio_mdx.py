"""MDX from plain text: what somebody wrote is what a reader sees."""

import html
import json
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from wrenchai_journey.portfolio import mdx
from wrenchai_journey.portfolio.content import Paragraph, Sentence

MARKUP = st.text(alphabet=st.sampled_from(list("{}<>[]()*_#`~|&;:!\\$^=+-.1 aimportx\n\t/\"'é漢")), max_size=60)
ANY_TEXT = st.one_of(st.text(max_size=80), MARKUP)


@given(ANY_TEXT)
@example("import x from 'y'; export default {boom: <script>alert(1)</script>}")
@example("1. not a list, # no heading, > no quote, :::note no admonition")
def test_any_text_survives_escaping(text: str) -> None:
    assert html.unescape(mdx.escaped(text)) == mdx.one_line(text)


@given(ANY_TEXT.map(lambda text: text.replace("`", "")))
def test_any_text_survives_as_the_beginning_of_a_block(text: str) -> None:
    assert html.unescape(mdx.block(text)) == mdx.one_line(text)


@given(ANY_TEXT)
def test_no_character_that_mdx_could_run_is_left_outside_code(text: str) -> None:
    outside = re.sub(r"`[^`]+`", "", mdx.block(text))
    assert not set(outside.replace("&#", "")) & set("{}<>[]*_\\|~$^")
    assert "\n" not in outside


@given(ANY_TEXT)
def test_no_block_begins_like_a_list_a_rule_or_a_module_statement(text: str) -> None:
    block = mdx.block(text)
    assert not re.match(r"(?:import|export)\b|[-+](?:\s|$)|--|#|>|\d{1,9}[.)](?:\s|$)", block)


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_survives_in_front_matter(title: str, description: str) -> None:
    page = mdx.page({"title": title, "description": description}, ["body"])
    values = [json.loads(line.split(": ", 1)[1]) for line in page.splitlines()[1:3]]
    assert values == [title, description]


@given(st.lists(st.text(max_size=30), min_size=1, max_size=5))
def test_no_line_of_code_closes_its_block(lines: list[str]) -> None:
    fence, *_, last = mdx.code_block(lines, "bash").split("\n")
    marks = fence.removesuffix("bash")
    body = mdx.code_block(lines, "bash").removeprefix(fence + "\n").removesuffix("\n" + last)
    assert last == marks
    assert marks not in body


def test_backticks_mark_code_and_their_content_stays_as_it_is() -> None:
    assert mdx.inline("run `f({x})` now") == "run `f({x})` now"


@pytest.mark.parametrize(("kind", "text"), [("prose", "one two"), ("list", "- one\n- two"), ("heading", "## one two")])
def test_a_paragraph_is_written_by_its_kind(kind: str, text: str) -> None:
    sentences = (Sentence(text="one", source="form"), Sentence(text="two", source="form"))
    written = Paragraph.model_validate({"kind": kind, "sentences": sentences})
    assert mdx.paragraph(written) == text


@given(st.text())
def test_control_characters_never_reach_a_page(text: str) -> None:
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", mdx.printable(text).replace("\r", ""))
