"""Attempts that take time, fail, crash, cost and give evidence as a seed says; what they do not decide real ones do."""

import asyncio
import random
from dataclasses import dataclass, field, replace

from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import StepStarted
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.plan import PlannedStep
from wrenchai_contracts.spending import Spending
from wrenchai_journey.attempts import Attempts
from wrenchai_journey.calls import Call, call_of
from wrenchai_journey.effects import Happened, NotHappened
from wrenchai_journey.inline import InlineRun, run_inline
from wrenchai_journey.journey import Journey
from wrenchai_journey.outcome import Effect, Failed, Outcome, Stopped, Succeeded

from tests.simulation.outside import Outside
from tests.simulation.seeded_time import seeded, virtual_now

SECONDS = 0.001
"""How long every attempt took by its own word: a real clock has no place here."""


@dataclass(slots=True)
class RandomOutcomes:
    """The same attempt of the same step ends the same way, whoever runs it and however often."""

    attempts: Attempts
    seed: int
    slowest: float = 0.02
    failing: float = 0.15
    outside: Outside = field(default_factory=Outside)

    def is_pure(self, step: PlannedStep) -> bool:
        """Half of the steps that do nothing outside, whoever asks."""
        tool = self.attempts.tools.get(step.tool)
        return (tool is None or not tool.effect) and seeded(f"{self.seed}/{step.id}").random() < 0.5

    async def run(self, cause: Recorded, journey: Journey, started: StepStarted, stop: asyncio.Event) -> Outcome:
        chance = seeded(f"{self.seed}/{cause.stream}/{started.step}/{started.attempt}")
        call = call_of(self.attempts.tools, journey)
        most = journey.next_step.most if journey.next_step else Spending()
        if isinstance(call, Call) and call.tool.effect:
            outcome = await self._outside(call, journey, chance, stop)
        else:
            outcome = await self._inside(cause, journey, started, chance, stop)
        return replace(outcome, seconds=SECONDS, spent=Spending(tokens=chance.randint(0, most.tokens)))

    async def _inside(
        self, cause: Recorded, journey: Journey, started: StepStarted, chance: random.Random, stop: asyncio.Event
    ) -> Outcome:
        if await self._is_stopped(chance, stop):
            return Stopped("cancelled while it ran")
        if chance.random() < self.failing:
            return _failure(chance)
        outcome = await self.attempts.run(cause, journey, started, stop)
        return replace(outcome, evidence=_evidence(chance)) if isinstance(outcome, Succeeded) else outcome

    async def _outside(self, call: Call, journey: Journey, chance: random.Random, stop: asyncio.Event) -> Outcome:
        """It is done at some moment of the attempt, or not; whoever asked may never hear of it."""
        claim = journey.claim
        if claim is None:
            return Failed(f"{call.tool.name} has an effect that is not on record", "unclaimed", retryable=False)
        if await self._is_stopped(chance, stop):
            return Stopped("cancelled before it was sent")
        if chance.random() < self.failing:
            return _failure(chance)
        silent, arrives = chance.random() < self.failing, chance.random() < 0.5
        if arrives or not silent:
            self.outside.do(claim.key, virtual_now(), knows_keys=call.tool.repeatable)
        if await self._is_stopped(chance, stop):
            return Stopped("cancelled while it was sent", effect="unknown")
        if silent:
            return _failure(chance, effect="unknown")
        return run_inline(call.tool, call.inputs, InlineRun("", 1.0, idempotency_key=claim.key))

    async def probe(self, cause: Recorded, journey: Journey) -> Happened | NotHappened | None:
        """It sees what is there; now and then it cannot tell."""
        call, claim = call_of(self.attempts.tools, journey), journey.claim
        chance = seeded(f"{self.seed}/{cause.stream}/probe/{journey.version}")
        await asyncio.sleep(chance.random() * self.slowest)
        if claim is None or not isinstance(call, Call) or chance.random() < self.failing:
            return None
        if not self.outside.has(claim.key):
            return NotHappened("probe")
        found = run_inline(call.tool, call.inputs, InlineRun("", 1.0, idempotency_key=claim.key))
        return Happened("probe", replace(found, seconds=SECONDS)) if isinstance(found, Succeeded) else None

    async def _is_stopped(self, chance: random.Random, stop: asyncio.Event) -> bool:
        """Whether it is stopped while time passes."""
        try:
            await asyncio.wait_for(stop.wait(), chance.random() * self.slowest)
        except TimeoutError:
            return False
        return True


def _failure(chance: random.Random, effect: Effect = "not_done") -> Failed:
    return Failed("it was its turn to fail", "simulated", retryable=chance.random() < 0.7, effect=effect)


def _evidence(chance: random.Random) -> tuple[Evidence, ...]:
    if chance.random() < 0.7:
        return ()
    tried = chance.randint(1, 30)
    passed = tried if chance.random() < 0.8 else chance.randint(0, tried)
    return (Evidence(judge="check", dimension="links", passed=passed, tried=tried, mandatory=chance.random() < 0.1),)
