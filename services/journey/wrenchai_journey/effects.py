"""The ledger of effects: what a step is about to do outside is on record before, and what became of it after.

No ledger makes the outside do something exactly once. This one promises: no tool with an effect is touched without a
claim on record; a claim whose outcome nobody knows is never simply tried again; and it stays visible until it is
settled. How that is found out is the tool's to say: it can look (`probe`), or trying again does no harm
(`repeatable`); else a person says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from wrenchai_contracts.events import EffectClaimed, EffectSettled, StepStarted
from wrenchai_contracts.shape import JsonObject

from wrenchai_journey.calls import call_of
from wrenchai_journey.journey import Journey
from wrenchai_journey.outcome import Effect, Failed, Succeeded
from wrenchai_journey.registry import AnyTool


@dataclass(frozen=True, slots=True)
class Effects:
    """What this worker's tools do outside."""

    tools: Mapping[str, AnyTool] = field(default_factory=dict)

    def claim(self, stream: str, journey: Journey, begun: StepStarted) -> EffectClaimed | None:
        """What the attempt `begun` is about to do outside; None if nothing, or if its tool will not be touched."""
        tool = self.tools.get(begun.tool)
        if tool is None or not tool.effect:
            return None
        call = call_of(self.tools, journey)
        if isinstance(call, Failed):
            return None
        return EffectClaimed(
            key=f"{stream}/{begun.step}",
            step=begun.step,
            attempt=begun.attempt,
            tool=tool.name,
            target=call.target,
            digest=call.digest,
        )

    def can_look(self, claim: EffectClaimed) -> bool:
        """Whether the tool can tell what became of it."""
        tool = self.tools.get(claim.tool)
        return tool is not None and tool.probe is not None

    def may_repeat(self, claim: EffectClaimed) -> bool:
        """Whether trying again does no harm, whatever became of it."""
        tool = self.tools.get(claim.tool)
        return tool is not None and tool.repeatable


@dataclass(frozen=True, slots=True)
class Happened:
    """It is known that the effect happened, and what its step gives."""

    by: Literal["probe", "person"]
    found: Succeeded


@dataclass(frozen=True, slots=True)
class NotHappened:
    """It is known that the effect did not happen, or a person wants it tried again all the same."""

    by: Literal["probe", "person"]


def word_of_a_person(journey: Journey) -> Happened | NotHappened | None:
    """What somebody found out about the journey's effect in doubt."""
    resumed = journey.resumed
    if resumed is None:
        return None
    if resumed.resolution == "retry":
        return NotHappened("person")
    return Happened("person", Succeeded(resumed.output or {}, seconds=0.0))


def word_of_a_probe(output: JsonObject | None, found: Succeeded) -> Happened | NotHappened:
    """What a probe that came to its end has seen."""
    if output is None:
        return NotHappened("probe")
    return Happened("probe", Succeeded(output, found.seconds, found.evidence, found.artifacts, found.spent))


def settled(journey: Journey, effect: Effect, by: Literal["tool", "probe", "person"] = "tool") -> list[EffectSettled]:
    """The event that settles the journey's open claim; none if there is no claim, or it stays in doubt."""
    claim = journey.claim
    if claim is None or effect == "unknown":
        return []
    return [EffectSettled(key=claim.key, step=claim.step, outcome=effect, by=by)]
