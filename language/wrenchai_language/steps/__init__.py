"""What each type of step becomes in a plan: a module a type, a row a type in `COMPILERS`. Pure.

How a type is added: docs/how-to/a-new-step-type.md.
"""

from collections.abc import Callable, Mapping
from typing import Any

from wrenchai_contracts.plan import Node
from wrenchai_contracts.steps import (
    HandoffStep,
    LoopStep,
    ParallelStep,
    PartnerStep,
    ProcessStep,
    StandardStep,
    VersusStep,
)

from wrenchai_language.steps import handoff, loop, parallel, partner, process, standard, versus
from wrenchai_language.steps.inside import Inside

Compile = Callable[[Any, Inside], Node]
"""The node that a step becomes where it stands."""

COMPILERS: Mapping[type, Compile] = {
    StandardStep: standard.node,
    ParallelStep: parallel.node,
    LoopStep: loop.node,
    PartnerStep: partner.node,
    ProcessStep: process.node,
    VersusStep: versus.node,
    HandoffStep: handoff.node,
}
