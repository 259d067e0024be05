"""Attempts that take time, fail, crash and give evidence as a seed says; what they do not decide the real ones do."""

import asyncio
import random
from dataclasses import dataclass, replace

from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import StepStarted
from wrenchai_contracts.evidence import Evidence
from wrenchai_contracts.plan import PlannedStep
from wrenchai_journey.attempts import Attempts
from wrenchai_journey.journey import Journey
from wrenchai_journey.outcome import Failed, Outcome, Stopped, Succeeded

from tests.simulation.seeded_time import seeded


@dataclass(slots=True)
class RandomOutcomes:
    """The same attempt of the same step ends the same way, whoever runs it and however often."""

    attempts: Attempts
    seed: int
    slowest: float = 0.02
    failing: float = 0.15

    def is_pure(self, step: PlannedStep) -> bool:
        """Half of the steps, whoever asks."""
        return seeded(f"{self.seed}/{step.id}").random() < 0.5

    async def run(self, cause: Recorded, journey: Journey, started: StepStarted, stop: asyncio.Event) -> Outcome:
        chance = seeded(f"{self.seed}/{cause.stream}/{started.step}/{started.attempt}")
        try:
            await asyncio.wait_for(stop.wait(), chance.random() * self.slowest)
        except TimeoutError:
            pass
        else:
            return Stopped("cancelled while it ran")
        if chance.random() < self.failing:
            return Failed("it was its turn to fail", "simulated", retryable=chance.random() < 0.7)
        outcome = await self.attempts.run(cause, journey, started, stop)
        if isinstance(outcome, Stopped):
            return outcome
        evidence = _evidence(chance) if isinstance(outcome, Succeeded) else ()
        return replace(outcome, evidence=evidence, seconds=0.001)


def _evidence(chance: random.Random) -> tuple[Evidence, ...]:
    if chance.random() < 0.7:
        return ()
    tried = chance.randint(1, 30)
    passed = tried if chance.random() < 0.8 else chance.randint(0, tried)
    return (Evidence(judge="check", dimension="links", passed=passed, tried=tried, mandatory=chance.random() < 0.1),)
