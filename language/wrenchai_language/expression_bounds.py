"""What an evaluation may cost at most, told from the tree and the sizes of what it names, before it runs. Pure.

The library cannot be interrupted, and a loop over a list can be as long as the list. So each part of the tree is
priced: how often it is evaluated at most, times how large a value it makes. One unit is about 66 ns and 50 bytes: what
the library takes to evaluate one operation, or to copy one value. The pricing itself does not do more than it counts.
"""

from collections.abc import Mapping, Sequence
from functools import cached_property
from math import isqrt
from typing import Any, NamedTuple

from wrenchai_language.expression_parser import string_of
from wrenchai_language.expression_rewriting import ordered
from wrenchai_language.expression_scope import ABSENT, look_up
from wrenchai_language.expression_tree import (
    BadExpression,
    Call,
    Choice,
    Group,
    Index,
    ListOf,
    Literal,
    Macro,
    MapOf,
    Member,
    Node,
    Operation,
    Path,
    Variable,
)
from wrenchai_language.json_size import MAX_TEXT, MAX_VALUES, NoJson, Size, size_of_all, sum_of
from wrenchai_language.pattern_weight import weight_of

MAX_COST = 1_500_000
"""100 ms at most, as measured over the worst that is let through; usually a third of it."""
_ROUND, _CALL, _HANDED_OVER, _CONVERTED = 4, 5, 3, 6
"""Units of one round of a loop, of one call, of one value from Python, of one there and back."""
_SEARCHED, _MATCHED = 32, 350
"""Bytes a unit of `contains`; of `matches`, times a unit of the pattern's weight."""
_NUMBER_TEXT = 400
"""Characters of the longest number as text: a double has up to 309 before its point."""
_SCALARS = (str, int, float, type(None))
_COPYING = frozenset({"==", "!=", "<", "<=", ">", ">=", "in"})


class TooCostly(Exception):  # noqa: N818  # a noun with its facts
    """An evaluation that may take too long, or hold too much at once."""


class _Known:
    """A value that lies in the scope: one of `values`.

    In n rounds of a loop there are at most n times `spread` of them. So n times `size` is not less than what all rounds
    together can see, even if the large ones are few: each round is priced by the mean, and no round sees one twice.
    """

    def __init__(self, values: list[Any], spread: int = 1) -> None:
        self.values, self.spread = values, spread

    @cached_property
    def size(self) -> Size:
        return size_of_all(self.values).share(self.spread, len(self.values))

    @cached_property
    def length(self) -> int:
        return max((len(value) for value in self.values if isinstance(value, list | tuple | dict)), default=0)

    @cached_property
    def items(self) -> "_Known":
        found = [item for value in self.values if isinstance(value, list | tuple | dict) for item in value]
        return _Known(found, self.spread)

    def member(self, name: str) -> "_Known":
        found = [value[name] for value in self.values if isinstance(value, dict) and name in value]
        return _Known(found, self.spread)

    def filtered(self) -> "_Known":
        return _Known([ordered(value) for value in self.values], self.spread)

    def inside(self) -> "_Known":
        held = [value.values() if isinstance(value, dict) else value for value in self.values]
        found = [item for items in held if not isinstance(items, _SCALARS) for item in items]
        return _Known(found, self.spread * self.length)


class _Made(NamedTuple):
    """A value that the expression makes, so large in the mean; in it is `item`, or nothing larger than the whole."""

    size: Size
    length: int = 0
    item: "_Sight | None" = None

    @property
    def items(self) -> "_Sight":
        return self.item or self

    def member(self, _: str) -> "_Sight":
        return self.item or self

    def filtered(self) -> "_Made":
        return self

    def inside(self) -> "_Sight":
        return self.item or self


_Sight = _Known | _Made
_Names = Mapping[str, _Sight]
_SCALAR = _Made(Size(1))


class Bounds:
    """Prices the tree of one expression over one scope."""

    def __init__(self, text: str, scope: Mapping[str, Any]) -> None:
        self._text, self._scope = text, scope
        self._paths: dict[tuple[str, ...], _Known] = {}
        self._spent = 0

    def cost_of(self, names: tuple[str, ...]) -> int:
        """What it costs to hand over the value at a path.

        Raises:
            NoJson: it is not of JSON, or over a limit.
        """
        return self._path(names).size.cost

    def check(self, tree: Node, handed_over: int) -> None:
        """Nothing, if `tree` may be evaluated, with `handed_over` units of values from paths that were looked at.

        Raises:
            TooCostly: it may take too long, or make too large a value on the way.
        """
        self._spent = _HANDED_OVER * handed_over
        try:
            sight = self._price(tree, {}, 1)
            self._spend(_CONVERTED * sight.size.cost)
        except NoJson as problem:
            raise TooCostly from problem

    def _spend(self, units: int) -> None:
        self._spent += units
        if self._spent > MAX_COST:
            raise TooCostly

    def _price(self, node: Node, names: _Names, times: int) -> _Sight:
        """What `node` makes, evaluated so many times with `names` for the variables of macros."""
        self._spend(times)
        if isinstance(node, Macro):
            return self._macro(node, names, times)
        if isinstance(node, Path):
            return self._path(node.names)
        if isinstance(node, Variable):
            return names[node.name]
        sight, units = self._made(node, [self._price(part, names, times) for part in node.parts])
        self._spend(times * units)
        if isinstance(sight, _Made) and (sight.size.cost > MAX_VALUES or sight.size.text > MAX_TEXT):
            raise TooCostly
        return sight

    def _macro(self, node: Macro, names: _Names, times: int) -> _Sight:
        over, *bodies = node.parts
        ranged = self._price(over, names, times)
        self._spend(times * ranged.size.cost * (1 if isinstance(over, Path) else _CONVERTED))
        self._spend(times * ranged.length * _ROUND)
        inside = {**names, node.variable: ranged.items}
        one = [self._price(body, inside, times * ranged.length) for body in bodies][-1]
        if not node.collects:
            return _SCALAR
        mapped = _Made(one.size * ranged.length, ranged.length, one)
        sight = ranged.filtered() if node.function == "filter" else mapped
        self._spend(times * sight.size.cost * (isqrt(ranged.length) + 1 + _CONVERTED))
        return sight

    def _made(self, node: Node, parts: list[_Sight]) -> tuple[_Sight, int]:  # noqa: PLR0911  # a row a kind
        """What is made of the parts, and the units that it takes besides one."""
        match node:
            case Member(name=name):
                return _copied(parts[0].member(name))
            case Index():
                return _copied(self._at(node, parts[0]))
            case Group():
                return parts[0], 0
            case Choice():
                return _either(parts[1:]), 0
            case ListOf():
                return _copied(_Made(_around(parts), len(parts), _either(parts)))
            case MapOf():
                return _copied(_Made(_around(parts), len(parts) // 2))
            case Call():
                return self._called(node, parts)
            case Literal():
                return _Made(Size(1 + node.is_text, 4 * len(node.text))), 0
            case Operation(operators=operators):
                return _operated(operators, parts)
            case _:
                return _SCALAR, 0

    def _path(self, names: tuple[str, ...]) -> _Known:
        if names not in self._paths:
            value = look_up(names, self._scope)
            self._paths[names] = _Known([] if value is ABSENT else [value])
        return self._paths[names]

    def _at(self, node: Index, of: _Sight) -> _Sight:
        key = node.parts[1]
        return of.member(string_of(key, self._text)) if isinstance(key, Literal) and key.is_text else of.inside()

    def _called(self, node: Call, parts: list[_Sight]) -> tuple[_Sight, int]:
        match node.function:
            case "size":
                return _SCALAR, _CALL
            case "contains":
                return _SCALAR, _CALL + sum(part.size.text for part in parts) // _SEARCHED
            case "matches":
                weight = weight_of(pattern_of(node, self._text))
                return _SCALAR, _CALL + weight + parts[0].size.text * weight // _MATCHED
            case "string":
                return _copied(_Made(Size(2, _NUMBER_TEXT + parts[0].size.text)))
            case _:
                return _SCALAR, _CALL + sum(part.size.cost for part in parts)


def pattern_of(node: Call, text: str) -> str:
    """The pattern that a call of `matches` in `text` goes by.

    Raises:
        BadExpression: it does not stand there, and so cannot be priced.
    """
    pattern = node.parts[-1]
    if not isinstance(pattern, Literal) or not pattern.is_text:
        raise BadExpression(text, "matches() takes a pattern that stands here, between quotes", pattern.start)
    return string_of(pattern, text)


def _operated(operators: tuple[str, ...], parts: list[_Sight]) -> tuple[_Sight, int]:
    if "+" in operators:
        size = sum_of(part.size for part in parts)
        joined = _Made(size, sum(part.length for part in parts), _either([part.items for part in parts]))
        return joined, len(parts) * size.cost
    compared = sum(part.size.cost for part in parts) if _COPYING.intersection(operators) else 0
    return _SCALAR, compared


def _either(sights: Sequence[_Sight]) -> _Sight:
    """One of them; which, may change from round to round."""
    known = [sight for sight in sights if isinstance(sight, _Known)]
    if len(known) == len(sights):
        return _Known([value for sight in known for value in sight.values], sum(sight.spread for sight in known))
    return _Made(sum_of(sight.size for sight in sights), max(sight.length for sight in sights))


def _around(parts: Sequence[_Sight]) -> Size:
    return sum_of([Size(1), *(part.size for part in parts)])


def _copied(sight: _Sight) -> tuple[_Sight, int]:
    return sight, sight.size.cost
