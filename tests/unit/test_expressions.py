"""CEL in playbooks: what it names, what it comes to, and that nothing written in it takes long or breaks anything."""

import json
import subprocess
import sys
from typing import Any

import pytest
from wrenchai_language.expression_parser import MAX_CHAIN, MAX_DEPTH, MAX_LENGTH
from wrenchai_language.expressions import MAX_RESULT_BYTES, BadExpression, Expression, ExpressionFailed
from wrenchai_language.pattern_weight import pattern_problem

SCOPE: dict[str, Any] = {
    "steps": {
        "build": {"output": {"url": "http://x", "exit_code": 0, "warnings": ["w1", "w2"], "note": None, "a-b": 7}},
        "names": {"output": ["Ada", "Grace"]},
    },
    "inputs": {"title": "Ada's work", "limit": 2, "share": 0.5},
    "outputs": {"b": {"score": 2, "ok": True}, "a": {"score": 1, "ok": True}, "c": {"score": 3, "ok": False}},
    "items": [{"name": "x", "score": 1, "tags": ["p"]}, {"name": "y", "score": 2, "tags": []}],
    "iteration": 3,
}


def value(text: str, /, **more: Any) -> Any:
    return Expression.of(text).value(SCOPE | more)


def why_bad(text: str) -> BadExpression:
    with pytest.raises(BadExpression) as bad:
        Expression.of(text)
    return bad.value


def why_failed(text: str, /, **more: Any) -> str:
    with pytest.raises(ExpressionFailed) as failed:
        value(text, **more)
    assert "\n" not in failed.value.reason
    assert failed.value.text == text
    return failed.value.reason


# --- names ----------------------------------------------------------------------------------------------


def path(dotted: str) -> tuple[str, ...]:
    return tuple(dotted.split("."))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("steps.build.output.url == 'x' && iteration < 3", ["steps.build.output.url", "iteration"]),
        ("steps['build'][\"output\"].url", ["steps.build.output.url"]),
        (r"steps['bu\x69ld'].output", ["steps.build.output"]),
        (r"steps[r'a\b']", [r"steps.a\b"]),
        ("steps['''build'''].output", ["steps.build.output"]),
        ("(steps).build . output // steps.other\n .url", ["steps.build.output.url"]),
        ("'steps.build' + \"it's inputs.x\" + r'\\' + a", ["a"]),
        ("'''steps.x ' '''+a", ["a"]),
        ('"""a " b""" + c', ["c"]),
        ("items.filter(i, i.score > inputs.limit).map(i, i.name)", ["items", "inputs.limit"]),
        ("items.map(i, i.tags.map(t, t + i.name + t2))", ["items", "t2"]),
        ("items.exists(items, items.ok)", ["items"]),
        ("l.map(i, i) == i", ["l", "i"]),
        ("steps.a.output.size() + size(steps.b.output)", ["steps.a.output", "steps.b.output"]),
        ("steps.a.output[iteration].url", ["steps.a.output", "iteration"]),
        ("steps.a.output[0].url", ["steps.a.output"]),
        ("steps[inputs.which].output", ["steps", "inputs.which"]),
        ("steps.a-b", ["steps.a", "b"]),
        ("has(steps.build.output.url)", ["steps.build.output"]),
        ("{a: b, 'c': [d, 1e5, 0x1F, .5, true, null]}", ["a", "b", "d"]),
        ("a ? b : c ? d : e", ["a", "b", "c", "d", "e"]),
        ("-a - -b % !c", ["a", "b", "c"]),
        ("a in b || !(c in d)", ["a", "b", "c", "d"]),
        ("name.map == name.filter", ["name.map", "name.filter"]),
    ],
)
def test_the_names_of_an_expression_are_the_paths_into_its_scope(text: str, names: list[str]) -> None:
    assert Expression.of(text).names == {path(name) for name in names}


def test_what_has_asks_for_need_not_be_there() -> None:
    expression = Expression.of("has(inputs.title) && inputs.title != '' || has(steps.a.output)")
    assert expression.names == {("inputs",), ("inputs", "title"), ("steps", "a")}
    assert expression.tested == {("inputs", "title"), ("steps", "a", "output")}


def test_the_same_text_is_read_once() -> None:
    assert Expression.of("inputs.once") is Expression.of("inputs.once")


# --- values ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1 == 1.0 && 1 < 1.5 && inputs.share < 1", True),
        ("steps.build.output.exit_code == 0 && size(steps.build.output.warnings) < 3", True),
        ("inputs.limit + 1", 3),
        ("double(inputs.limit) + inputs.share", 2.5),
        ("steps.build.output.note == null", True),
        ("steps.build.output['a-b']", 7),
        ("'Ada' in steps.names.output", True),
        ("inputs.title.matches('^Ada.*k$')", True),
        ("has(inputs.title) && !has(inputs.other)", True),
        ("has(inputs.other) ? inputs.other : 'none'", "none"),
        ("has(items[0].name) && !items.exists(i, has(i.url))", True),
        ("inputs.nothing == 1 || true", True),
        ("true || inputs.nothing == 1", True),
        ("items.map(i, i.score * 2)", [2, 4]),
        ("items.map(i, i.score > 1, i.name)", ["y"]),
        ("items.filter(i, i.score > 1).map(i, i.name)", ["y"]),
        ("items.map(i, i.tags.map(t, t + i.name))", [["px"], []]),
        ("items.map(i, {'name': i.name, 'best': i.score == 2})[1]", {"best": True, "name": "y"}),
        ("items.all(i, i.score > 0) && items.exists_one(i, i.score == 2)", True),
        ("size(outputs) == 3 && outputs.all(k, outputs[k].score > 0)", True),
        ("[1, 2, 3].filter(x, x in steps.names.output || x > 1)", [2, 3]),
        ("timestamp('2026-01-01T00:00:00Z') < timestamp('2026-01-01T00:00:01Z')", True),
        ("string(12) + 'x'", "12x"),
        ("{}.map(k, k)", []),
        ("items.map(i, i) == items", True),
    ],
)
def test_an_expression_comes_to_what_cel_says(text: str, meant: Any) -> None:
    assert value(text) == meant


def test_macros_over_a_mapping_go_over_its_keys_in_order() -> None:
    assert value("outputs.map(k, outputs[k].score)") == [1, 2, 3]
    assert value("outputs.filter(k, outputs[k].ok)") == ["a", "b"]
    assert value("[outputs].map(o, o.map(k, k))") == [["a", "b", "c"]]
    failing_last = "outputs.all(k, k == 'a' ? false : 1 / 0 > 0)"
    assert {Expression(failing_last).truth(SCOPE) for _ in range(50)} == {False}


def test_the_same_comes_out_each_time() -> None:
    large = {f"k{number}": {"n": number} for number in range(50)}
    made = {
        json.dumps(Expression("{'all': large, 'keys': large.map(k, k)}").value({"large": large})) for _ in range(20)
    }
    assert len(made) == 1


def test_a_long_list_is_mapped_whole_and_in_order() -> None:
    numbers = list(range(5_000))
    assert value("numbers.filter(n, n % 2 == 0).map(n, n + 1)", numbers=numbers) == list(range(1, 5_000, 2))


def test_a_scope_is_left_as_it_was() -> None:
    before = json.dumps(SCOPE)
    value("outputs.map(k, outputs[k]) + items")
    assert json.dumps(SCOPE) == before


def test_a_condition_is_true_or_false_and_nothing_else() -> None:
    assert Expression.of("iteration == 3").truth(SCOPE) is True
    for text, shown in [("iteration", "3"), ("items", "list"), ("inputs.title", '"Ada\'s work"'), ("null", "None")]:
        with pytest.raises(ExpressionFailed, match=f"is neither true nor false, but {shown}"):
            Expression.of(text).truth(SCOPE)


# --- what has no value ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("steps.build.output.uri", "steps.build.output has no 'uri'; it has: url, exit_code, warnings, note, a-b"),
        ("steps.test.output", "steps has no 'test'; it has: build, names"),
        ("step.build", "the scope has no 'step'; it has: steps, inputs, outputs, items, iteration"),
        ("inputs.title.first", "inputs.title is not an object that could hold 'first'"),
        ("has(steps.test.output)", "steps has no 'test'"),
        ("items.map(i, i.scores)", "there is no 'scores' in what it is asked of"),
        ("items.map(i, nothing)", "the scope has no 'nothing'"),
        ("outputs['d']", "outputs has no 'd'"),
        ("items[5]", "index out of bounds: 5"),
        ("iteration / 0", "division by zero"),
        ("iteration % 0", "division by zero"),
        ("9223372036854775807 + iteration", "a number does not fit into 64 bits"),
        ("iteration + inputs.share", "int(), double() and string() convert"),
        ("inputs.title > 1", "int(), double() and string() convert"),
        ("iteration.map(x, x)", "int(), double() and string() convert"),
        ("items.all(i, i.name)", "int(), double() and string() convert"),
        ("size(iteration)", "size() is not made for what it is given here"),
        ("int(inputs.title)", "int(): string parse error"),
        ("timestamp('2026-01-01T00:00:00Z')", "its value holds a datetime, which JSON has not"),
        ("1.0 / 0.0", "its value holds a number without end, or none"),
        ("{1: 2}", "its value has the key 1, which is no text"),
        ("steps.__class__", "steps has no '__class__'"),
        ("inputs.title.__class__.__mro__", "inputs.title is not an object that could hold '__class__'"),
        ("items[0].__class__", "there is no '__class__'"),
        ("items.map(i, i['__class__'])", "there is no '__class__'"),
        ("__builtins__", "the scope has no '__builtins__'"),
    ],
)
def test_what_has_no_value_says_why_in_one_line(text: str, reason: str) -> None:
    assert reason in why_failed(text)


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        (2**63, "64 bits"),
        (-(2**200), "64 bits"),
        (float("nan"), "none"),
        (float("-inf"), "without end"),
        ("\ud800", "no Unicode"),
        (b"bytes", "holds a bytes"),
        (len, "holds a builtin_function_or_method"),
        ({1: 2}, "the key 1"),
        ({"a": [{"b": {3}}]}, "holds a set"),
    ],
)
def test_a_scope_that_is_no_json_is_refused_and_breaks_nothing(held: Any, reason: str) -> None:
    assert reason in why_failed("[held] == []", held=held)


def test_what_an_expression_does_not_name_is_not_looked_at() -> None:
    assert value("iteration", held={1: object()}) == 3


# --- what is none ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "column", "reason"),
    [
        ("", 1, "expected a value, found its end"),
        ("1 +", 4, "expected a value, found its end"),
        ("(1", 3, "expected ')'"),
        ("a b", 3, "expected an operator or the end, found 'b'"),
        ("a..b", 3, "expected a name"),
        ("a # b", 3, "cannot be read from '# b' on"),
        ("'abc", 1, "cannot be read"),
        ("9**9**9", 3, "expected a value, found '*'"),
        ("now()", 1, "no function is called 'now'; known are: has, double"),
        ("a.getYear()", 3, "no method is called 'getYear'"),
        ("a.map(x)", 8, "expected ','"),
        ("a.map(1, x)", 7, "expected a name"),
        ("a.all(x, x, x)", 3, "write all as list.all(x, expression)"),
        ("a.b(1)", 3, "no method is called 'b'"),
        ("size(1, 2)", 1, "size() takes 1 argument"),
        ("has(a)", 5, "has() asks for a field"),
        ("b'abc'", 1, "no bytes"),
        ("1u", 1, "no u here"),
        ("9223372036854775808", 1, "invalid int literal"),
        (r"a == '\q'", 6, "token recognition error"),
        (r"a['\q']", 3, "an escape that there is not"),
        ("for == 1", 1, "reserved identifier: for"),
        ("a.matches(b)", 11, "takes a pattern that stands here"),
        ("a.matches('(')", 11, "this is no pattern: unclosed group"),
        (r"a.matches(r'\w{500}')", 11, "this pattern is too large"),
        ("a.matches('(?x) a {9}')", 11, "no x flag"),
        ("a.map(x, b.map(y, c.map(z, 1)))", 3, "nest at most 2 deep"),
        ("\ud800", 1, "cannot be read"),
    ],
)
def test_what_is_no_expression_is_told_with_its_column(text: str, column: int, reason: str) -> None:
    bad = why_bad(text)
    assert (bad.line, bad.column, reason in bad.reason) == (1, column, True), bad


def test_in_a_text_of_several_lines_the_line_is_told_too() -> None:
    bad = [why_bad("inputs.a &&\n  inputs..b"), why_bad("\n\n inputs.a &&\n  for")]
    assert [(problem.line, problem.column) for problem in bad] == [(2, 10), (4, 3)]


@pytest.mark.parametrize(
    "text",
    [
        "1" * (MAX_LENGTH + 1),
        "(" * (MAX_DEPTH + 1) + "1" + ")" * (MAX_DEPTH + 1),
        "[" * MAX_LENGTH,
        "a" + ".b" * (MAX_DEPTH + 1),
        "f()" + ".size()" * MAX_DEPTH,
        "a[0]" + "[0]" * MAX_DEPTH,
        "+".join("a" * (MAX_CHAIN + 1)),
        "&&".join("a" * (MAX_CHAIN + 1)),
        "a ? b : " * (MAX_DEPTH + 1) + "c",
        "{1:" * (MAX_DEPTH + 1) + "1" + "}" * (MAX_DEPTH + 1),
    ],
    ids=["long", "brackets", "open", "members", "calls", "indices", "sum", "conditions", "choices", "maps"],
)
def test_what_is_too_long_or_too_deep_is_refused(text: str) -> None:
    assert why_bad(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * (MAX_DEPTH - 1) + "1" + ")" * (MAX_DEPTH - 1),
        "[" * (MAX_DEPTH - 1) + "1" + "]" * (MAX_DEPTH - 1),
        "{'a':" * (MAX_DEPTH - 1) + "1" + "}" * (MAX_DEPTH - 1),
        "+".join("1" * MAX_CHAIN),
        "[" + ",".join("1" * 900) + "]",
        "-" * (MAX_LENGTH - 1) + "1",
        "[size(" * 24 + "[]" + ")]" * 24,
    ],
    ids=["brackets", "lists", "maps", "sum", "items", "minus", "calls"],
)
def test_what_is_just_not_too_deep_takes_a_stack_of_512_kib(text: str) -> None:
    program = (
        "import sys, threading\n"
        "from wrenchai_language.expressions import Expression\n"
        "threading.stack_size(512 * 1024)\n"
        "thread = threading.Thread(target=lambda: print(Expression.of(sys.argv[1]).value({}) is not None))\n"
        "thread.start(), thread.join()\n"
    )
    ran = subprocess.run([sys.executable, "-c", program, text], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout.strip()) == (0, "True"), ran.stderr


def test_the_library_s_command_line_is_not_loaded() -> None:
    program = "import sys, wrenchai_language.expressions; print('typer' in sys.modules); import cel; cel.compile('1')"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"


# --- what costs too much --------------------------------------------------------------------------------

NUMBERS = list(range(100_000))
OUTPUTS = [{"name": f"n{number}", "score": number, "ok": True, "tags": ["a", "b"]} for number in range(1_000)]
TEXT = "ab1 " * 250_000


@pytest.mark.parametrize(
    "text",
    [
        "numbers.all(x, numbers.all(y, x <= y))",
        "numbers.map(x, x in numbers)",
        "numbers.map(x, x).filter(x, x > 0)",
        "outputs.map(a, outputs.map(b, a.score + b.score))",
        "outputs.all(a, text.contains('zzz'))",
        "outputs.all(a, text.matches('z$'))",
        "text.matches('(.{50}){50}$')",
        "+".join(["text"] * MAX_CHAIN),
        "[" + ",".join(["numbers"] * 200) + "]",
        "[text].map(a, [a+a+a+a].map(b, b+b+b+b+b+b))",
        "outputs.map(a, outputs)",
        "outputs.all(a, outputs.map(b, b.name).size() > 0)",
        "[numbers, numbers].all(l, l.all(x, x in numbers))",
        "outputs.all(a, [outputs][0][a.score].ok)",
    ],
)
def test_what_may_cost_too_much_is_refused_before_it_runs(text: str) -> None:
    reason = why_failed(text, numbers=NUMBERS, outputs=OUTPUTS, text=TEXT)
    assert "may take too long, or make too much on the way; the largest of what it names is " in reason


@pytest.mark.parametrize(
    "text",
    [
        "numbers.all(x, x >= 0)",
        "numbers.exists(x, x == 99999)",
        "size(outputs.map(o, o.score)) == 1000",
        "size(outputs.filter(o, o.ok)) == 1000",
        "outputs.all(o, o.tags.exists(t, t == 'b') && o.name.startsWith('n'))",
        "size(outputs.map(o, {'name': o.name, 'score': o.score})) == 1000",
        "text.matches('b1 ab') && text.contains('1 ab1')",
    ],
)
def test_what_a_thousand_branches_need_is_not_too_much(text: str) -> None:
    assert value(text, numbers=NUMBERS, outputs=OUTPUTS, text=TEXT) is True


def test_one_large_item_among_many_does_not_price_them_all() -> None:
    outputs = [{"text": "x" * 40_000}, *({"text": "x"} for _ in range(999))]
    assert value("size(outputs.map(o, {'text': o.text}))", outputs=outputs) == 1000


def test_a_value_too_large_or_too_deep_to_look_at_is_refused() -> None:
    deep: Any = 1
    for _ in range(20_000):
        deep = [deep]
    assert why_failed("deep == deep", deep=deep) == "deep is nested too deep"
    assert why_failed("many == many", many=[0] * 2_000_000) == "many is too large"
    assert why_failed("long == long", long="x" * 20_000_000) == "long is too large"


def test_a_result_of_more_than_64_kib_is_refused() -> None:
    assert f"{MAX_RESULT_BYTES} are allowed" in why_failed("text", text="é" * 33_000)
    assert value("text == text", text="é" * 33_000) is True


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(.*)(.*)(.*)x", "^(([a-z])+.)+[A-Z]([a-z])+$"])
def test_no_pattern_is_catastrophic(pattern: str) -> None:
    assert pattern_problem(pattern) is None
    assert value(f"text.matches('{pattern}') || true", text="a" * 40_000) is True
