"""JSON that Postgres will take."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_chassis.json_text import storable


@pytest.mark.parametrize("text", ["a\0b", "\0", "\0\0", "\\\0", "\\u0000", "\\\\u0000", "\\\\\0", "é\0"])
def test_nul_becomes_the_replacement_character_and_nothing_else_changes(text: str) -> None:
    assert json.loads(storable(json.dumps(text).encode())) == text.replace("\0", "\ufffd")


@given(st.text(alphabet=["\0", "\\", "u", "0", '"', "é"]))
def test_storable_json_holds_no_nul(text: str) -> None:
    assert json.loads(storable(json.dumps({"k": text}).encode())) == {"k": text.replace("\0", "\ufffd")}
