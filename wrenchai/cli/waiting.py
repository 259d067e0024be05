"""What a step waits for, as people are told it: a sentence, and the command that ends the wait. Pure."""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from wrenchai_contracts.shape import JsonObject
from wrenchai_contracts.views import WaitView

from wrenchai.cli.durations import day_and_time
from wrenchai.cli.plain_text import harmless

PEOPLE = frozenset({"approval", "answer", "signal", "decision", "budget", "effect"})
"""What does not come by itself."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One open wait of a task; `step` is the path that commands name."""

    step: str
    waits_for: str
    name: str = ""
    title: str = ""
    digest: str | None = None
    effect: str | None = None
    form: JsonObject = field(default_factory=dict)
    need: int = 1
    agreed: int = 0
    due: datetime | None = None

    @property
    def words(self) -> str:
        """What it waits for; the step itself is not named."""
        said = _WORDS.get(self.waits_for, self.waits_for).format(people=self._people, name=self.name)
        title = f": {harmless(self.title)}" if self.title else ""
        return f"{said}{title}{self._until}"

    def commands(self, task_id: str) -> list[str]:
        """What to type so that it goes on; nothing where only time has to pass."""
        facts = {"task": task_id, "step": self.step, "name": self.name or "NAME", "key": self.effect or "KEY"}
        facts |= {"field": next(iter(self.form.get("properties", {})), "NAME"), "kind": _KINDS.get(self.name, "calls")}
        quoted = {name: shlex.quote(fact) for name, fact in facts.items()}
        return [command.format(**quoted) for command in _COMMANDS.get(self.waits_for, ())]

    @property
    def _people(self) -> str:
        if self.need == 1:
            return "a person's yes"
        return f"the yes of {self.need} people ({self.agreed} so far)"

    @property
    def _until(self) -> str:
        if self.due is None:
            return ""
        return f" {day_and_time(self.due)}" if self.waits_for == "time" else f" (until {day_and_time(self.due)})"


def recorded_wait(step: str, wait: Mapping[str, Any], due: datetime | None = None) -> Waiting:
    """A wait as it stands in the log, or in a step's view."""
    return Waiting(
        step=step,
        waits_for=wait.get("waits_for", "time"),
        name=wait.get("name") or "",
        title=wait.get("title") or "",
        digest=wait.get("digest"),
        effect=wait.get("effect"),
        form=wait.get("form") or {},
        need=(wait.get("approval") or {}).get("need", 1),
        agreed=sum(said.get("decision") == "approve" for said in wait.get("decided", ())),
        due=due,
    )


def shown_wait(wait: WaitView) -> Waiting:
    """A wait as a task's context tells it."""
    return Waiting(
        step=wait.step,
        waits_for=wait.waits_for,
        name=wait.name,
        title=wait.title,
        digest=wait.digest,
        effect=wait.effect,
        form=wait.form,
        need=wait.need or 1,
        agreed=sum(said.decision == "approve" for said in wait.decided),
        due=wait.due,
    )


def allowed(legal: Iterable[str]) -> str:
    """The commands that a task's state allows, as the gateway names them, by their names here."""
    return ", ".join(_NAMES.get(name, name) for name in legal) or "nothing more"


_NAMES = {"approval": "approve, reject", "effects": "effects resolve"}
_WORDS = {
    "approval": "waits for {people}",
    "answer": "asks, and waits for the answer",
    "signal": "waits for the signal {name}",
    "time": "waits until",
    "decision": "failed, and waits for somebody to decide",
    "budget": "waits for a larger budget",
    "effect": "may have done its work outside, or not; somebody must look",
}
_COMMANDS: Mapping[str, tuple[str, ...]] = {
    "approval": ("wrenchai approve {task} {step}",),
    "answer": ("wrenchai answer {task} {step} --field {field}=VALUE",),
    "signal": ("wrenchai signal {task} {name}",),
    "decision": ("wrenchai retry {task} {step}", "wrenchai skip {task} {step}"),
    "budget": ("wrenchai extend {task} --{kind} MORE",),
    "effect": ("wrenchai effects resolve {key} happened", "wrenchai effects resolve {key} retry"),
}
_KINDS = {"calls": "calls", "tokens": "tokens", "micros": "money", "seconds": "seconds"}
"""Options of `extend`, by the kind that is used up."""
