"""What each type of step becomes in a plan: a module a type, a row a type in `COMPILERS`. Pure.

How a type is added: docs/how-to/a-new-step-type.md.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from wrenchai_contracts.plan import PlannedJourney
from wrenchai_contracts.playbook import ParallelStep, StandardStep, Step
from wrenchai_contracts.shape import Name

from wrenchai_language.steps import parallel, standard

Compile = Callable[[Sequence[Any], tuple[Name, ...]], list[PlannedJourney]]
"""The journeys of a chain of steps of that type, each waiting for the given ones; when all have ended, the steps have.

A chain is one step, unless one agent may run steps of the type through in one go (`standard.in_one_go`).
"""

COMPILERS: Mapping[type, Compile] = {
    StandardStep: standard.journeys,
    ParallelStep: parallel.journeys,
}


def journeys_of(chain: Sequence[Step], after: tuple[Name, ...]) -> list[PlannedJourney]:
    """What a chain of steps of one type becomes."""
    return COMPILERS[type(chain[0])](chain, after)
