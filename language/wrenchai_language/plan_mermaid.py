"""A plan as a Mermaid flow chart, from the top down: a box for each step, a frame for each step made of steps. Pure."""

from collections.abc import Iterator, Sequence
from itertools import count

from wrenchai_contracts.plan import Plan

from wrenchai_language.plan_tree import Line, Part, tree_of

_SHOWN = 48
_CODES = {"#": "#35;", '"': "#quot;", "&": "#amp;", "<": "#lt;", ">": "#gt;", "`": "#96;"}
_FRAME = "fill:#fafafa,stroke:#9aa5b1,color:#102a43"
_PART = "fill:#ffffff,stroke:#cbd2d9,stroke-dasharray:4,color:#52606d"
_STYLES = (
    "classDef tool fill:#eef4ff,stroke:#4a6fa5,color:#102a43",
    "classDef wait fill:#fff6e0,stroke:#b7791f,color:#4a3000",
)


def mermaid(plan: Plan) -> str:
    """The chart's text. A dashed arrow leads to the next round of a loop; what stands on an arrow is a condition."""
    return "\n".join(["flowchart TD", *_Chart().body(tree_of(plan), "  "), *(f"  {style}" for style in _STYLES)]) + "\n"


class _Chart:
    """Names each box by a number: ids may be words that Mermaid keeps for itself."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def body(self, lines: Sequence[Line], margin: str, *, again: bool = False) -> Iterator[str]:
        """Boxes and frames, then the arrows between them; `again`: the first of several follows the last."""
        names = {line.id: f"s{next(self._numbers)}" for line in lines}
        for line in lines:
            yield from self._step(line, names[line.id], margin)
        for line in lines:
            condition = f'|"{_text(f"if {line.when}")}"|' if line.when is not None else ""
            yield from (f"{margin}{names[before]} -->{condition} {names[line.id]}" for before in line.after)
        if again and len(lines) > 1:
            yield f'{margin}{names[lines[-1].id]} -.->|"next round"| {names[lines[0].id]}'

    def _step(self, line: Line, name: str, margin: str) -> Iterator[str]:
        if not line.inside:
            left, right, kind = ("{{", "}}", "wait") if line.type.startswith("wait") else ("[", "]", "tool")
            yield f'{margin}{name}{left}"{_label(line)}"{right}:::{kind}'
            return
        yield f'{margin}subgraph {name}["{_title(line)}"]'
        yield f"{margin}  direction TB"
        if len(line.inside) == 1:
            yield from self.body(line.inside[0].lines, margin + "  ", again=line.inside[0].again)
        else:
            yield from self._parts(line.inside, margin + "  ")
        yield f"{margin}end"
        yield f"{margin}style {name} {_FRAME}"

    def _parts(self, parts: Sequence[Part], margin: str) -> Iterator[str]:
        """A frame for each, and the arrows between them."""
        names = [f"s{next(self._numbers)}" for _ in parts]
        for name, part in zip(names, parts, strict=True):
            yield f'{margin}subgraph {name}["{_text(part.title)}"]'
            yield f"{margin}  direction TB"
            yield from self.body(part.lines, margin + "  ", again=part.again)
            yield f"{margin}end"
            yield f"{margin}style {name} {_PART}"
        for name, part in zip(names, parts, strict=True):
            yield from (f"{margin}{names[before]} --> {name}" for before in part.after)


def _label(line: Line) -> str:
    """A box has a line for each thing; its condition only where no arrow could carry it."""
    second = " · ".join(part for part in (line.tool, line.role) if part) or line.type
    condition = [f"if {line.when}"] if line.when is not None and not line.after else []
    return "<br/>".join(map(_text, (line.id, second, *condition)))


def _title(line: Line) -> str:
    """A frame has room for one line above what is in it."""
    each = [part.title for part in line.inside[:1] if part.title.startswith("for each")]
    condition = [f"if {line.when}"] if line.when is not None and not line.after else []
    return _text(f"{line.id}: {', '.join((*condition, *(each or (line.type, *line.facts[:1]))))}")


def _text(text: str) -> str:
    """Cut where it is long, and without what means something to Mermaid."""
    words = " ".join(text.split())
    short = words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1]}…"
    return "".join(_CODES.get(character, character) for character in short)
