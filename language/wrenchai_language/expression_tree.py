"""An expression as a tree, and what may stand in one. Pure.

The library that evaluates shows no tree, and three things need one: the names an expression uses, what it may cost,
and the text that is evaluated in its place. What reads here as a tree the library reads the same way.
"""

from dataclasses import dataclass, field

_SHOWN = 80


class BadExpression(ValueError):  # noqa: N818  # a noun with its facts
    """No expression: `reason` says why; `line` and `column` (from 1, in `text`) where, if it is at one place."""

    def __init__(self, text: str, reason: str, at: int | None = None) -> None:
        super().__init__(f"{text[:_SHOWN].strip()}: {reason}")
        self.text, self.reason = text, reason
        before = text[: at or 0]
        self.line = before.count("\n") + 1
        self.column = None if at is None else at - (before.rfind("\n") + 1) + 1


@dataclass(frozen=True, slots=True)
class Node:
    """A part of the text, from `start` to before `end`, and the nodes inside it in the order of the text."""

    start: int
    end: int
    parts: tuple["Node", ...] = ()
    height: int = field(init=False, compare=False)
    macros: int = field(init=False, compare=False)
    """How deep macros nest; one behind the other, as in `l.filter(..).map(..)`, is not in it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "height", 1 + max((part.height for part in self.parts), default=0))
        object.__setattr__(self, "macros", max((part.macros for part in self.parts), default=0))


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A number, a string, true, false or null, as written."""

    text: str = ""

    @property
    def is_text(self) -> bool:
        """Whether it is a string."""
        return self.text[-1] in "\"'"


@dataclass(frozen=True, slots=True)
class Path(Node):
    """A value of the scope by its keys: `steps.build.output` or `steps["build"].output`."""

    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tested(Node):
    """`has(inputs.title)`: whether the last key is there."""

    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Variable(Node):
    """What a macro named."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Group(Node):
    """`(x)`, where `x` is no path."""


@dataclass(frozen=True, slots=True)
class Member(Node):
    """`x.name` of what is no path."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Has(Node):
    """`has(x.name)` of what is no path."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Index(Node):
    """`of[key]`."""


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`size(x)` or `x.size()`; the receiver is the first part."""

    function: str = ""


@dataclass(frozen=True, slots=True)
class Operation(Node):
    """Operands of operators that bind equally strong, in a row; or one operand behind `!` or `-`."""

    operators: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice(Node):
    """`condition ? one : other`."""


@dataclass(frozen=True, slots=True)
class ListOf(Node):
    """`[a, b]`."""


@dataclass(frozen=True, slots=True)
class MapOf(Node):
    """`{k: v}`: keys and values by turns."""


@dataclass(frozen=True, slots=True)
class Macro(Node):
    """`over.function(variable, body)`; the first part is what it goes over."""

    function: str = ""
    variable: str = ""

    def __post_init__(self) -> None:
        super(Macro, self).__post_init__()  # a class with slots is made anew: `super()` knows the old one
        inside = max(part.macros for part in self.parts[1:])
        object.__setattr__(self, "macros", max(self.parts[0].macros, 1 + inside))

    @property
    def collects(self) -> bool:
        """Whether it makes a list."""
        return self.function in ("map", "filter")
