"""What pages about quality are drawn with: tables, probabilities, and intervals as bars. Pure."""

from collections.abc import Iterator, Sequence

from rich.console import Console, JustifyMethod, OverflowMethod
from rich.table import Table
from rich.text import Text
from wrenchai_contracts.judging import ACTIONS, percent

from wrenchai.cli.durations import duration, size
from wrenchai.cli.plain_text import harmless

WIDTH = 21
_LEAST_WIDTH = 12
_RICH, _PLAIN = "─├┤●", "-[]o"
_LEVELS, _PLAIN_LEVELS = " ▁▂▃▄▅▆▇█", " .:-=+*#@"

NOTHING_YET = (
    "nothing was judged yet: run a playbook whose tools measure something, such as `wrenchai demo`, and look again"
)


def table_of(*names: str, right: Sequence[str] = (), folds: Sequence[str] = ()) -> Table:
    """A table as all pages have it: columns in `right` hold figures; where it is narrow, those in `folds` give way."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in names:
        justify: JustifyMethod = "right" if name in right else "left"
        overflow: OverflowMethod = "fold" if name in folds else "ellipsis"
        least, stiff = min(len(name), _LEAST_WIDTH), name not in folds
        table.add_column(name, justify=justify, overflow=overflow, no_wrap=stiff, min_width=least)
    return table


def folded(text: str) -> Text:
    """A cell with a text that others wrote, whole however narrow its column is."""
    return Text(harmless(text), overflow="fold")


def facts_table() -> Table:
    """Facts below each other, each with its name."""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    return facts


def nothing_yet() -> Text:
    """What is said where nothing can be shown."""
    return Text(NOTHING_YET, "yellow")


def between(interval: tuple[float, float]) -> str:
    """`[71, 93] %`."""
    low, high = (percent(end).removesuffix(" %") for end in interval)
    return f"[{low}, {high}] %"


def bar(interval: tuple[float, float], at: float, console: Console, *, width: int = WIDTH) -> Text:
    """From 0 to 1: the interval, and where between its ends the figure lies."""
    line, left, right, here = tuple(_RICH if _is_rich(console) else _PLAIN)
    low, high, place = (round(min(max(value, 0.0), 1.0) * (width - 1)) for value in (interval[0], interval[1], at))
    marks = [line] * width
    marks[low], marks[high], marks[place] = left, right, here
    drawn = Text("".join(marks), "dim")
    drawn.stylize("not dim cyan", low, high + 1)
    return drawn


def curve(values: Sequence[float], console: Console) -> str:
    """A curve as one line of blocks, the highest point full."""
    levels = _LEVELS if _is_rich(console) else _PLAIN_LEVELS
    top = max(values, default=0.0) or 1.0
    return "".join(levels[round(value / top * (len(levels) - 1))] for value in values)


def counted(many: int, what: str) -> str:
    """`1 verdict`, `2 verdicts`."""
    return f"{many} {what}" if many == 1 else f"{many} {what}s"


def measured(measure: str, value: float) -> str:
    """What was used of one thing: seconds, bytes or tokens."""
    if measure == "seconds":
        return duration(value)
    return size(value) if measure == "rss" else f"{value:.0f} {measure}"


def losses(told: dict[str, float], decided: str) -> Iterator[tuple[str, Text]]:
    """Each thing that could be done with its expected loss, the least first."""
    for action, loss in sorted(told.items(), key=lambda item: item[1]):
        yield ACTIONS.get(action, action), Text(f"{loss:.2f}", "bold" if action == decided else "")


def _is_rich(console: Console) -> bool:
    return console.encoding.lower().startswith("utf")
