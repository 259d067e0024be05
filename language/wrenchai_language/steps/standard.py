"""A `standard` step: one tool call. Several of one role, one after the other, are one journey. Pure."""

from collections.abc import Sequence

from wrenchai_contracts.plan import PlannedJourney, PlannedStep
from wrenchai_contracts.playbook import StandardStep, Step
from wrenchai_contracts.shape import Name

DEFAULT_ROLE = "worker"


def journeys(chain: Sequence[StandardStep], after: tuple[Name, ...]) -> list[PlannedJourney]:
    """One journey, named by its first step."""
    head = chain[0]
    return [
        PlannedJourney(
            id=head.id,
            role=head.role or DEFAULT_ROLE,
            steps=tuple(map(planned, chain)),
            after=after,
            on_failure=head.on_failure,
        )
    ]


def in_one_go(before: Step, step: Step) -> bool:
    """Whether one agent may run `step` right after `before`: both plain, of one role, and neither may fail alone."""
    return (
        isinstance(before, StandardStep)
        and isinstance(step, StandardStep)
        and (before.role, before.on_failure, step.on_failure) == (step.role, "fail", "fail")
    )


def planned(step: StandardStep) -> PlannedStep:
    """The tool call as a plan holds it."""
    return PlannedStep(id=step.id, tool=step.tool, inputs=step.inputs, timeout=step.timeout, retry=step.retry)
