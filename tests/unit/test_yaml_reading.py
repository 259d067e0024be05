"""YAML as far as it is taken: where each value stands, and what is refused before it costs anything."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_language.yaml_reading import (
    MAX_ALIASES,
    MAX_BYTES,
    MAX_DEPTH,
    MAX_PROBLEMS,
    MAX_VALUES,
    Place,
    Unreadable,
    _Reading,
    read_yaml,
)

WRITTEN = """\
# a comment
name: book
steps:
  - plain
  - id: é😀 f
    with: {a: [1, "two"], b: &x {c: 3}}
  - *x
last: |
  text
"""


@pytest.mark.parametrize(
    ("place", "position"),
    [
        ((), (2, 1)),
        (("name",), (2, 1)),
        (("steps",), (3, 1)),
        (("steps", 0), (4, 5)),
        (("steps", 1), (5, 5)),
        (("steps", 1, "id"), (5, 5)),
        (("steps", 1, "with", "a"), (6, 12)),
        (("steps", 1, "with", "a", 1), (6, 19)),
        (("steps", 1, "with", "b", "c"), (6, 34)),
        (("steps", 2), (7, 5)),
        (("last",), (8, 1)),
    ],
)
def test_each_place_has_a_line_and_a_column(place: Place, position: tuple[int, int]) -> None:
    written = read_yaml(WRITTEN.encode())
    assert (written.position_of(place), written.line_of(place), written.holds(place)) == (position, position[0], True)


@pytest.mark.parametrize(
    ("place", "position"),
    [
        (("title",), (2, 1)),
        (("steps", 7), (3, 1)),
        (("steps", -1), (3, 1)),
        (("steps", "id"), (3, 1)),
        (("steps", 1, "tool"), (5, 5)),
        (("steps", 1, "id", "deeper"), (5, 5)),
        (("steps", 2, "c"), (7, 5)),
    ],
)
def test_what_is_not_there_is_told_where_it_would_be(place: Place, position: tuple[int, int]) -> None:
    written = read_yaml(WRITTEN.encode())
    assert (written.position_of(place), written.holds(place)) == (position, False)


def test_a_problem_has_the_place_in_all_three_ways() -> None:
    problem = read_yaml(WRITTEN.encode()).problem(("steps", 1, "with", "a", 1), "is no number")
    assert (problem.field, problem.line, problem.column) == ("steps.1.with.a.1", 6, 19)
    assert str(problem) == "line 6, column 19: steps.1.with.a.1: is no number"


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**64) + 1, 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    # YAML 1.1's line breaks, which a JSON text may hold, fold into spaces; U+007F is no character of YAML
    | st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\x85\u2028\u2029\ufffe\uffff")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abcé", min_size=1), inner),
    max_leaves=20,
)


@given(JSON)
def test_what_json_says_is_read_as_it_is_and_every_place_of_it_stands_somewhere(value: Any) -> None:
    written = read_yaml(json.dumps(value, ensure_ascii=False).encode())
    assert (written.value, written.problems) == (value, [])
    assert all(written.holds(place) for place in places_in(value))


def places_in(value: Any, here: Place = ()) -> Iterator[Place]:
    yield here
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for part, item in inside:
        yield from places_in(item, (*here, part))


# --- what is refused ------------------------------------------------------------------------------------

BOMB = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"a{n + 1}: &a{n + 1} [{','.join([f'*a{n}'] * 9)}]\n" for n in range(9)
)

REFUSED: dict[str, tuple[str | bytes, int, int, str]] = {
    "alias bomb": (BOMB, 6, 14, f"more than {MAX_VALUES} values"),
    "aliases": ("a: &a x\nb: [" + "*a," * 101 + "]", 2, 305, f"more than {MAX_ALIASES} aliases"),
    "alias of itself": ("a: &a [*a]", 1, 8, "*a stands for nothing that was written before"),
    "mapping of itself": ("&a {x: *a}", 1, 8, "*a stands for nothing that was written before"),
    "alias of nothing": ("x: 1\na: *b", 2, 4, "*b stands for nothing"),
    "lists in lists": ("[" * 10_000 + "]" * 10_000, 1, 52, f"nested more than {MAX_DEPTH} deep"),
    "lists without end": ("[" * 500_000, 1, 52, f"nested more than {MAX_DEPTH} deep"),
    "maps in maps": ("{a: " * 10_000, 1, 205, f"nested more than {MAX_DEPTH} deep"),
    "maps below maps": ("\n".join(" " * n + "a:" for n in range(1_000)), 52, 52, f"nested more than {MAX_DEPTH} deep"),
    "dashes behind dashes": ("- " * 500_000 + "x", 1, 103, f"nested more than {MAX_DEPTH} deep"),
    "keys in keys": ("? " * 10_000 + "x", 1, 3, "a key is a word"),
    "a million items": ("- x\n" * 260_000, 150_000, 3, f"more than {MAX_VALUES} values"),
    "half a million nothings": ("-\n" * 500_000, 150_000, 2, f"more than {MAX_VALUES} values"),
    "as many keys": ("".join(f"k{n}: 1\n" for n in range(100_000)), 75_000, 9, f"more than {MAX_VALUES} values"),
    "short tags for long ones": (
        "# one\n%TAG !a! " + "x" * 500_000 + "\n---\n" + "- !a!b c\n" * 50_000,
        2,
        1,
        "tags are not allowed",
    ),
    "a key of a megabyte": ("a: 1\n? " + "x" * 1_000_000 + "\n: 1", 2, 3, "a key of 1000000 characters"),
    "NUL": ("name: ok\ntitle: a\0b", 2, 9, "the character U+0000 is not allowed"),
    "escape": ("name: \x1b[31m", 1, 7, "the character U+001B is not allowed"),
    "UTF-16": ("name: a\n".encode("utf-16"), 1, 1, "the text is UTF-16; save it as UTF-8"),
    "UTF-16 unmarked": ("name: a\n".encode("utf-16-be"), 1, 1, "the character U+0000 is not allowed"),
    "Latin-1": (b"name: a\n" * 1_000 + "title: café\n".encode("latin-1"), 1001, 11, "byte 8010 is no UTF-8"),
    "half a pair": (b"name: \xed\xa0\x80", 1, 7, "byte 6 is no UTF-8"),
    "half a pair escaped": ('name: "\\ud800"', 1, 10, "this is no YAML: found invalid Unicode"),
    "a quote without end": ('a: "' + "x" * 1_000_000, 1, 1_000_005, "this is no YAML"),
    "tab": ("a: b\n\tc: d\n", 2, 1, "this is no YAML: found a tab character"),
    "documents": ("a\n" + "---\na\n" * 100_000, 2, 1, "a second document begins here"),
    "nothing": ("# only a comment\n", 1, 1, "the text is empty"),
}

COMPLAINED: dict[str, tuple[str, str, int, int, str]] = {
    "key twice": ("a: 1\nb: 2\na: 3", "a", 3, 1, "is written twice"),
    "tag": ("a: 1\nb: !!python/object:os.system x", "b", 2, 4, "tags such as"),
    "long tag": ("a: !" + "b" * 100_000 + " x", "a", 1, 4, "tags such as"),
    "merge": ("a: &a {x: 1}\nb:\n  <<: *a\n  y: 2", "b.<<", 3, 3, "merges nothing here; write the fields out"),
    "NaN": ("a: [1, .nan]", "a.1", 1, 8, ".nan is no number that JSON has"),
    "infinity": ("a: -.inf", "a", 1, 4, "-.inf is no number that JSON has"),
    "too large a float": ("a: 1e999", "a", 1, 4, "1e999 is no number that JSON has"),
    "a long exponent": ("a: 1e" + "9" * 100_000, "a", 1, 4, "is no number that JSON has"),
    "a million digits": ("a: " + "9" * 1_000_000, "a", 1, 4, f"{'9' * 40} is no number that JSON has"),
    "a million hex digits": ("a: 0x" + "f" * 1_000_000, "a", 1, 4, "is no number that JSON has"),
    "65 bits": ("a: 18446744073709551616", "a", 1, 4, "is a number of more than 64 bits"),
    "NUL in quotes": ('a:\n  b: "x\\0y"', "a.b", 2, 6, "holds the character U+0000, which cannot be stored"),
    "NUL in a key": ('a:\n  "x\\0y": 1', "a", 2, 3, "holds the character U+0000, which cannot be stored"),
}


@pytest.mark.parametrize(("text", "line", "column", "reason"), REFUSED.values(), ids=REFUSED)
@pytest.mark.timeout(10)
def test_what_is_refused_is_refused_with_its_line(text: str | bytes, line: int, column: int, reason: str) -> None:
    with pytest.raises(Unreadable) as unreadable:
        read_yaml(text.encode() if isinstance(text, str) else text)
    problem = unreadable.value.problem
    assert (problem.line, problem.column) == (line, column), problem
    assert reason in problem.reason
    assert len(str(problem)) < 300


@pytest.mark.parametrize(("text", "place", "line", "column", "reason"), COMPLAINED.values(), ids=COMPLAINED)
@pytest.mark.timeout(10)
def test_what_is_wrong_but_can_be_read_on_is_told_too(
    text: str, place: str, line: int, column: int, reason: str
) -> None:
    (problem,) = read_yaml(text.encode()).problems
    assert (problem.field, problem.line, problem.column) == (place, line, column)
    assert reason in problem.reason
    assert len(str(problem)) < 300


@pytest.mark.parametrize("text", ["x" * 50, "steps:\n" + "- {id: a, tool: noop}\n" * 2], ids=["one value", "steps"])
def test_50_mb_are_refused_unread(text: str) -> None:
    with pytest.raises(Unreadable, match=f"{MAX_BYTES} are allowed"):
        read_yaml(text.encode() * 1_000_000)


def test_what_only_looks_dangerous_is_read() -> None:
    text = '{"<<": 1, on: 18446744073709551615, t: "9999999999999999999999", u: "\ufeffx", v: 1:30, é: 0o17}'
    read = read_yaml(b"\xef\xbb\xbf" + text.encode())
    meant = {"<<": 1, "on": 2**64 - 1, "t": "9" * 22, "u": "\ufeffx", "v": "1:30", "é": 15}
    assert (read.value, read.problems) == (meant, [])


def test_not_more_than_a_hundred_problems_are_told() -> None:
    assert len(read_yaml(b"a: 1\n" * 10_000).problems) == MAX_PROBLEMS


def test_reading_stops_where_a_limit_is_reached() -> None:
    seen = 0

    def counted() -> Iterator[yaml.Event]:
        nonlocal seen
        for event in yaml.parse("[" + "x," * 500_000 + "]", Loader=yaml.CSafeLoader):
            seen += 1
            yield event

    with pytest.raises(Unreadable, match="more than"):
        _Reading(counted()).document()
    assert seen <= MAX_VALUES + 5


LIMITED = """
import json, resource, sys
from wrenchai_language.yaml_reading import Unreadable, read_yaml

texts = [text.encode("latin-1") for text in json.load(sys.stdin)]
read_yaml(b"warm: [up]")
now = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (now + 50_000_000,) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (60, 60))
for text in texts:
    try:
        print(len(read_yaml(text).problems) > 0)
    except Unreadable:
        print(True)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads its own size from /proc")
def test_nothing_that_is_refused_takes_more_than_50_mb() -> None:
    texts = [text.encode() if isinstance(text, str) else text for text, *_ in REFUSED.values()]
    texts += [text.encode() for text, *_ in COMPLAINED.values()]
    sent = json.dumps([text.decode("latin-1") for text in texts])
    ran = subprocess.run([sys.executable, "-c", LIMITED], input=sent, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout.split()) == (0, ["True"] * len(texts)), ran.stderr[-500:]
