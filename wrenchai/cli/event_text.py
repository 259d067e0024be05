"""One event as one line of text, for terminals that cannot be redrawn, and for `events`."""

from typing import Any

from rich.text import Text
from wrenchai_contracts.views import EventView

from wrenchai.cli.durations import clock_time, duration
from wrenchai.cli.plain_text import harmless

_STYLES = {"Failed": "red", "Aborted": "red", "Parked": "yellow", "Cancelled": "magenta", "Completed": "green"}


def event_line(event: EventView, *, task: bool = False) -> Text:
    """Position, time, what happened, where, and the fact that matters most; `task` names the task too."""
    where = event.stream if task else _where(event.stream.partition("/")[2])
    return Text.assemble(
        (f"{event.position:>8} ", "dim"),
        (f"{clock_time(event.at)} ", "dim"),
        (f"{event.type:<26}", _style(event.type)),
        (f" {where} ", "cyan") if where else " ",
        harmless(gist(event)),
    )


def _where(stream: str) -> str:
    """The journey, or the step that is judged or chosen for; a word says itself what it is about."""
    if not stream.startswith("_"):
        return stream
    return "" if stream.startswith("_verdict") else stream.partition("/")[2]


def gist(event: EventView) -> str:
    """The facts of the event that a reader looks for first; what its stream says already is not said again."""
    facts = event.data
    said = event.stream.rpartition("/")[2].partition(".")[0]
    found = [_named(facts[name]) for name in _TELLING if facts.get(name) and facts[name] != said]
    if facts.get("attempt", 1) != 1:
        found.append(f"attempt {facts['attempt']}")
    if facts.get("seconds"):
        found.append(duration(facts["seconds"]))
    if facts.get("retry_in") is not None:
        found.append(f"again in {duration(facts['retry_in'])}")
    if facts.get("quality") is not None:
        found.append(f"quality {facts['quality']:.2f}")
    if event.type == "VerdictWeighed":
        found.append(f"{facts['before']:.0%} -> {facts['after']:.0%}")
    return "  ".join(found)


def _named(fact: Any) -> str:
    """A fact in a word: of a whole playbook its name, of a wait what for."""
    return str(fact.get("name") or fact.get("waits_for", "")) if isinstance(fact, dict) else str(fact)


_TELLING = (
    "step", "type", "wait", "tool", "playbook", "name", "key", "round", "last", "decision", "verdict", "outcome", "why",
    "at", "resolution", "priority", "reason",
)  # fmt: skip


def _style(event_type: str) -> str:
    return next((style for ending, style in _STYLES.items() if event_type.endswith(ending)), "")
