"""Reads an expression into its tree, by CEL's grammar as far as playbooks speak it. Pure.

What reads here as a tree, the library that evaluates reads the same way; what it would not read, it refuses itself.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple, NoReturn

from wrenchai_language.cel_extension import compiled
from wrenchai_language.expression_tree import (
    BadExpression,
    Call,
    Choice,
    Group,
    Has,
    Index,
    ListOf,
    Literal,
    Macro,
    MapOf,
    Member,
    Node,
    Operation,
    Path,
    Tested,
    Variable,
)

MAX_LENGTH = 2_000
MAX_DEPTH = 50
"""Of brackets, of members in a row, of the tree. The library's stack breaks, and the process with it, beyond 10,000
members in a row on a stack of 8 MiB; up to this depth, 384 KiB are enough."""
MAX_CHAIN = 200
"""Operands in a row, as in `a + b + c`."""
MAX_MACRO_DEPTH = 2

MACROS = {"all": (1,), "exists": (1,), "exists_one": (1,), "existsOne": (1,), "filter": (1,), "map": (1, 2)}
"""Each with how many expressions follow its variable."""
FUNCTIONS = {"size", "int", "double", "string", "timestamp", "duration"}
"""Of one argument each. No `now`: what an expression says depends on its scope alone."""
METHODS = {"size": 0, "contains": 1, "startsWith": 1, "endsWith": 1, "matches": 1}
METHODS |= dict.fromkeys(["getFullYear", "getMonth", "getDate", "getDayOfWeek", "getDayOfYear"], 0)
METHODS |= dict.fromkeys(["getHours", "getMinutes", "getSeconds", "getMilliseconds"], 0)
"""Each with how many arguments it takes."""


def parsed(text: str) -> Node:
    """The tree of `text`.

    Raises:
        BadExpression: the text is not of the grammar, too long or too deep.
    """
    if len(text) > MAX_LENGTH:
        raise BadExpression(text, f"has {len(text)} characters; {MAX_LENGTH} are allowed")
    return _Parser(text).whole()


# --- words ----------------------------------------------------------------------------------------------


class _Word(NamedTuple):
    kind: str
    text: str
    start: int
    end: int


_RAW = r'''(?:""".*?"""|\'{3}.*?\'{3}|"[^"\r\n]*"|'[^'\r\n]*')'''
_COOKED = r'''(?:"""(?:[^\\]|\\.)*?"""|\'{3}(?:[^\\]|\\.)*?\'{3}|"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*')'''
_NUMBER = r"0x[0-9a-fA-F]+|[0-9]*\.[0-9]+(?:[eE][-+]?[0-9]+)?|[0-9]+(?:[eE][-+]?[0-9]+)?"
_WORD = re.compile(
    r"(?P<space>(?:[ \t\r\n\f]|//[^\n]*)+)"
    rf"|(?P<bytes>[bB](?:[rR]{_RAW}|{_COOKED}))"
    rf"|(?P<string>[rR]{_RAW}|{_COOKED})"
    rf"|(?P<number>{_NUMBER})(?P<unsigned>[uU]?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<sign>==|!=|<=|>=|&&|\|\||[-+*/%<>!?:.,()\[\]{}])",
    re.DOTALL,
)
_SHOWN = 40
_KEYWORDS = {"true", "false", "null"}
_LEVELS = {"||": 0, "&&": 1, "+": 3, "-": 3, "*": 4, "/": 4, "%": 4}
_LEVELS |= dict.fromkeys(["<", "<=", ">", ">=", "==", "!=", "in"], 2)


def _words(text: str) -> Iterator[_Word]:
    at = 0
    while at < len(text):
        match = _WORD.match(text, at)
        if match is None:
            raise BadExpression(text, f"cannot be read from {text[at : at + 10]!r} on", at)
        kind = match.lastgroup or ""
        if match["unsigned"]:
            raise BadExpression(text, "numbers have no u here", at)
        if kind == "bytes":
            raise BadExpression(text, "there are no bytes here; leave the b away", at)
        if kind != "space":
            yield _Word(_kind(kind, match[0]), match[0], at, match.end())
        at = match.end()
    yield _Word("end", "", at, at)


def _kind(kind: str, text: str) -> str:
    if kind in ("string", "number", "unsigned") or text in _KEYWORDS:
        return "string" if kind == "string" else "literal"
    return "sign" if text == "in" else kind


# --- sentences ------------------------------------------------------------------------------------------


class _Parser:
    """One pass over the words, by recursive descent; what a macro names is known while its body is read."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._words = list(_words(text))
        self._at = self._open = 0
        self._variables: list[str] = []

    def whole(self) -> Node:
        node = self._expression()
        if self._here.kind != "end":
            self._expected("an operator or the end")
        return node

    def _expression(self) -> Node:
        self._open += 1
        if self._open > MAX_DEPTH:
            self._refuse(f"nested more than {MAX_DEPTH} deep")
        node = self._operation(0)
        if self._takes("?"):
            yes = self._operation(0)
            self._needs(":")
            no = self._expression()
            node = self._built(Choice(node.start, no.end, (node, yes, no)))
        self._open -= 1
        return node

    def _operation(self, floor: int) -> Node:
        left = self._unary()
        while (level := self._level()) >= floor:
            operators, operands = [], [left]
            while self._level() == level:
                operators.append(self._next().text)
                operands.append(self._operation(level + 1))
            if len(operands) > MAX_CHAIN:
                self._refuse(f"more than {MAX_CHAIN} operands in a row")
            left = self._built(Operation(left.start, operands[-1].end, tuple(operands), tuple(operators)))
        return left

    def _level(self) -> int:
        return _LEVELS.get(self._here.text, -1) if self._here.kind == "sign" else -1

    def _unary(self) -> Node:
        sign, start = self._here.text, self._here.start
        if self._here.kind != "sign" or sign not in ("!", "-"):
            return self._members(self._primary())
        while self._takes(sign):
            pass
        operand = self._members(self._primary())
        return self._built(Operation(start, operand.end, (operand,), (sign,)))

    def _members(self, node: Node) -> Node:
        while True:
            if self._takes("."):
                name = self._name()
                node = self._method(node, name) if self._is("(") else self._member(node, name)
            elif self._takes("["):
                key = self._expression()
                node = self._index(node, key, self._needs("]").end)
            else:
                return node

    def _primary(self) -> Node:
        if self._here.kind in ("literal", "string"):
            word = self._next()
            return Literal(word.start, word.end, (), word.text)
        if self._here.kind == "name":
            return self._named(self._next())
        opened = {"(": self._in_brackets, "[": self._list, "{": self._map}.get(self._here.text)
        if opened is None:
            self._expected("a value")
        return opened(self._next().start)

    def _in_brackets(self, start: int) -> Node:
        node = self._expression()
        end = self._needs(")").end
        if isinstance(node, Path):
            return replace(node, start=start, end=end)
        return self._built(Group(start, end, (node,)))

    def _list(self, start: int) -> Node:
        items, end = self._row("]", lambda: [self._expression()])
        return self._built(ListOf(start, end, items))

    def _map(self, start: int) -> Node:
        items, end = self._row("}", self._entry)
        return self._built(MapOf(start, end, items))

    def _entry(self) -> list[Node]:
        key = self._expression()
        self._needs(":")
        return [key, self._expression()]

    def _row(self, closing: str, item: Callable[[], list[Node]]) -> tuple[tuple[Node, ...], int]:
        """What stands between brackets, with commas between and perhaps one behind."""
        items: list[Node] = []
        while not self._is(closing):
            items += item()
            if not self._takes(","):
                break
        return tuple(items), self._needs(closing).end

    # names and what follows them

    def _named(self, word: _Word) -> Node:
        if self._is("("):
            return self._has(word) if word.text == "has" else self._function(word)
        if word.text in self._variables:
            return Variable(word.start, word.end, (), word.text)
        return Path(word.start, word.end, (), (word.text,))

    def _member(self, node: Node, name: _Word) -> Node:
        if isinstance(node, Path):
            return self._longer(node, name.text, name.end)
        return self._built(Member(node.start, name.end, (node,), name.text))

    def _index(self, node: Node, key: Node, end: int) -> Node:
        if isinstance(node, Path) and isinstance(key, Literal) and key.is_text:
            return self._longer(node, string_of(key, self._text), end)
        return self._built(Index(node.start, end, (node, key)))

    def _longer(self, path: Path, name: str, end: int) -> Path:
        if len(path.names) == MAX_DEPTH:
            self._refuse(f"more than {MAX_DEPTH} names in a row")
        return replace(path, end=end, names=(*path.names, name))

    def _has(self, word: _Word) -> Node:
        self._needs("(")
        asked = self._expression()
        end = self._needs(")").end
        if isinstance(asked, Member):
            return self._built(Has(word.start, end, asked.parts, asked.name))
        if not isinstance(asked, Path) or len(asked.names) == 1:
            self._refuse("has() asks for a field: has(inputs.title)", asked.start)
        return Tested(word.start, end, (), asked.names)

    def _function(self, word: _Word) -> Node:
        if word.text not in FUNCTIONS:
            known = ", ".join(sorted(FUNCTIONS))
            self._refuse(f"no function is called {word.text!r}; known are: has, {known}", word.start)
        arguments, end = self._arguments(word, 1)
        return self._built(Call(word.start, end, arguments, word.text))

    def _method(self, node: Node, name: _Word) -> Node:
        if name.text in MACROS:
            return self._macro(node, name)
        if name.text not in METHODS:
            known = ", ".join(sorted({*METHODS, *MACROS}))
            self._refuse(f"no method is called {name.text!r}; known are: {known}", name.start)
        arguments, end = self._arguments(name, METHODS[name.text])
        return self._built(Call(node.start, end, (node, *arguments), name.text))

    def _arguments(self, name: _Word, wanted: int) -> tuple[tuple[Node, ...], int]:
        self._needs("(")
        found, end = self._row(")", lambda: [self._expression()])
        if len(found) != wanted:
            self._refuse(f"{name.text}() takes {wanted} argument{'s' * (wanted != 1)}", name.start)
        return found, end

    def _macro(self, over: Node, name: _Word) -> Node:
        self._needs("(")
        variable = self._name()
        self._needs(",")
        self._variables.append(variable.text)
        bodies, end = self._row(")", lambda: [self._expression()])
        self._variables.pop()
        if len(bodies) not in MACROS[name.text]:
            self._refuse(f"write {name.text} as list.{name.text}(x, expression)", name.start)
        node = Macro(over.start, end, (over, *bodies), name.text, variable.text)
        if node.macros > MAX_MACRO_DEPTH:
            reason = f"{name.text} and its like nest at most {MAX_MACRO_DEPTH} deep"
            self._refuse(reason, name.start)
        return self._built(node)

    # words

    @property
    def _here(self) -> _Word:
        return self._words[self._at]

    def _next(self) -> _Word:
        word = self._here
        self._at += word.kind != "end"
        return word

    def _is(self, sign: str) -> bool:
        return self._here.kind == "sign" and self._here.text == sign

    def _takes(self, sign: str) -> bool:
        found = self._is(sign)
        self._at += found
        return found

    def _needs(self, sign: str) -> _Word:
        if not self._is(sign):
            self._expected(repr(sign))
        return self._next()

    def _name(self) -> _Word:
        if self._here.kind != "name":
            self._expected("a name")
        return self._next()

    def _built(self, node: Node) -> Node:
        if node.height > MAX_DEPTH:
            self._refuse(f"nested more than {MAX_DEPTH} deep")
        return node

    def _expected(self, wanted: str) -> NoReturn:
        found = repr(self._here.text[:_SHOWN]) if self._here.text else "its end"
        self._refuse(f"expected {wanted}, found {found}")

    def _refuse(self, reason: str, at: int | None = None) -> NoReturn:
        raise BadExpression(self._text, reason, self._here.start if at is None else at)


def string_of(literal: Literal, text: str) -> str:
    """What a string literal in `text` says; the library reads the escapes."""
    if literal.text[0] not in "rR" and "\\" in literal.text:
        try:
            return str(compiled(literal.text).execute())
        except ValueError as problem:
            raise BadExpression(text, "this string has an escape that there is not", literal.start) from problem
    inside = literal.text.lstrip("rR")
    quotes = 3 if inside[:3] in ('"""', "'''") and len(inside) >= 6 else 1  # noqa: PLR2004  # three at each end
    return inside[quotes:-quotes]
