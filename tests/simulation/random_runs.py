"""A seed is a run: its playbooks, its orders, its faults, and what is wrong afterwards."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wrenchai_chassis.invariants import Violation, bus_violations, log_violations
from wrenchai_contracts.envelope import Recorded, unseal_all
from wrenchai_contracts.events import EventParked, StepFailed
from wrenchai_contracts.playbook import Playbook

from tests.simulation.obedience import disobedience
from tests.simulation.promises import broken_promises
from tests.simulation.random_lives import life_inputs, random_lives
from tests.simulation.random_plans import random_inputs, random_playbook
from tests.simulation.seeded_time import run_in_virtual_time, seeded
from tests.simulation.whole_system import Aftermath, Faults, Order, WholeSystem
from wrenchai.invariants import step_violations, task_violations

TWO_CHAINS = Playbook.model_validate(
    {
        "name": "two_chains",
        "steps": [
            {"id": "x", "tool": "noop"},
            {"id": "y", "tool": "noop", "needs": []},
            {"id": "after_x", "tool": "noop", "role": "checker", "needs": ["x"]},
            {"id": "after_y", "tool": "noop", "role": "checker", "needs": ["y"]},
        ],
    }
)


@dataclass(frozen=True, slots=True)
class Run:
    """A finished run."""

    seed: int
    faults: Faults
    orders: list[Order]
    events: list[Recorded]
    aftermath: Aftermath

    @property
    def problems(self) -> list[str]:
        """Everything that should not be; empty for a good run."""
        rows = self.aftermath.rows
        found: list[Violation] = log_violations(rows)
        found += bus_violations(rows, self.aftermath.carried, reached=len(rows))
        found += task_violations(self.events, settled=True) + step_violations(self.events)
        told = [*broken_promises(self.events), *disobedience(self.events, self.aftermath.outside)]
        return [*map(str, found), *told, *self._surprises(), *self.aftermath.deaths]

    def _surprises(self) -> Iterator[str]:
        """What nothing in this run can be the reason of: a poisonous event, a step that fails unasked."""
        for recorded in self.events:
            match recorded.event:
                case EventParked(reason=reason):
                    yield f"{recorded.id} was parked: {reason}"
                case StepFailed(kind=kind, reason=reason) if kind not in {"simulated", "deadline"}:
                    yield f"{recorded.id} failed: {reason}"
                case _:
                    pass


def run_seed(seed: int) -> Run:
    """The run that `seed` stands for."""
    chance = seeded(seed)
    return run_to_the_end(seed, random_faults(chance), random_orders(chance))


def problems_of(seeds: Iterable[int]) -> list[str]:
    """What is wrong with the runs of `seeds`, each with the command that repeats it."""
    return [f"python -m tests.simulation {seed}: {problem}" for seed in seeds for problem in run_seed(seed).problems]


def run_race(seed: int) -> Run:
    """Three orchestrators with slow wires, quick tools, and tasks called off while their branches go on."""
    chance = seeded(seed)
    orders = [Order(f"task_{number:08}", TWO_CHAINS, {}, 0.0, chance.random() * 0.08) for number in range(4)]
    return run_to_the_end(seed, Faults(failing=0.05, replicas=3, slowest_wire=0.02, slowest_tool=0.001), orders)


def run_to_the_end(seed: int, faults: Faults, orders: list[Order]) -> Run:
    aftermath = run_in_virtual_time(WholeSystem(seed, faults).run(orders))
    events = unseal_all((row.position, row.state) for row in aftermath.rows)
    return Run(seed, faults, orders, events, aftermath)


def random_faults(chance: random.Random) -> Faults:
    return Faults(
        double=chance.choice((0.0, 0.2)),
        delay=chance.choice((0.0, 0.3)),
        lose_bell=chance.choice((0.0, 0.2, 1.0)),
        lose_answer=chance.choice((0.0, 0.0, 0.03)),
        failing=chance.choice((0.0, 0.15, 0.4)),
        kills=chance.choice((0, 0, 1, 4)),
        bus_losses=chance.choice((0, 0, 0, 1)),
        replicas=chance.choice((1, 2, 3)),
        slowest_wire=chance.choice((0.003, 0.02)),
        slowest_tool=chance.choice((0.001, 0.02)),
        drains=chance.choice((0, 0, 2)),
        most_on_bus=chance.choice((None, None, None, 4)),
    )


def random_orders(chance: random.Random) -> list[Order]:
    """One to four tasks of one or two playbooks: plain ones, as they were in the beginning, or ones that live."""
    if chance.random() < 0.3:
        plain = [random_playbook(chance, f"book{number}") for number in range(chance.randint(1, 2))]
        return [_order(chance, number, chance.choice(plain)) for number in range(chance.randint(1, 4))]
    lives = [random_lives(chance, f"life{number}") for number in range(chance.randint(1, 2))]
    return [_life(chance, number, chance.choice(lives)) for number in range(chance.randint(1, 3))]


def _order(chance: random.Random, number: int, playbook: Playbook) -> Order:
    at = chance.random() * 0.2
    cancelled_at = at + chance.choice((0.01, 0.1, 0.5)) * chance.random() if chance.random() < 0.3 else None
    return Order(f"task_{number:08}", playbook, random_inputs(chance), at, cancelled_at)


def _life(chance: random.Random, number: int, playbooks: list[Playbook]) -> Order:
    *inside, playbook = playbooks
    meddled, at = chance.choice((0, 1, 3, 8)), chance.random() * 0.2
    return Order(f"task_{number:08}", playbook, life_inputs(chance), at, inside=tuple(inside), meddled=meddled)
