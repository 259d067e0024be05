"""What is recorded of every release: a log for each type of step, each fault, and each thing that people may ask."""

from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

from wrenchai_contracts.commands import (
    DecideApproval,
    ExtendLimits,
    ForkTask,
    PauseTask,
    ResumeTask,
    RetryStep,
    SkipStep,
)
from wrenchai_contracts.events import Schedule, ScheduleDeleted, ScheduleSet
from wrenchai_contracts.playbook import Playbook
from wrenchai_gateway.control_state import ControlState

from tests.simulation.people import Asks
from tests.simulation.whole_system import Aftermath, Faults, Order, ScheduleEvent, WholeSystem

Steps = list[dict[str, Any]]

STEPS: Steps = [
    {"id": "first", "tool": "noop", "with": {"title": "${inputs.title}", "text": 'größer\u2028 "quoted"'}},
    {"id": "second", "tool": "noop", "with": {"seen": "${steps.first.output.title}"}},
    {"id": "third", "tool": "noop", "role": "checker", "with": {"all": "${steps.second.output}"}},
]
FAN_OUT: Steps = [
    {"id": "fan", "type": "work_in_parallel", "branches": [{"id": "x", "tool": "noop"}, {"id": "y", "tool": "noop"}]},
    {"id": "scan", "type": "work_in_parallel", "for_each": "${inputs.items}", "as": "one", "max_parallel": 2,
     "step": {"id": "look", "tool": "noop", "with": {"n": "${one.n}", "at": "${index}"}}},
    {"id": "join", "tool": "noop", "with": {"fan": "${steps.fan.output}", "scan": "${steps.scan.output}"}},
]  # fmt: skip
LOOP: Steps = [
    {"id": "improve", "type": "self_feedback_loop", "max_iterations": 4, "exit_condition": "iteration == 2",
     "operations": [{"id": "better", "tool": "noop", "with": {"round": "${iteration}", "before": "${previous}"}}]},
]  # fmt: skip
PARTNERS: Steps = [
    {"id": "pair", "type": "partner_feedback_loop", "max_iterations": 3,
     "creator": {"id": "create", "tool": "noop", "with": {"review": "${review}"}},
     "reviewer": {"id": "check", "tool": "review", "with": {"round": "${iteration}", "good_from": 2}}},
]  # fmt: skip
PROCESS: Steps = [
    {"id": "ship", "type": "process", "on_failure": "continue", "operations": [
        {"id": "skipped", "tool": "noop", "condition": "inputs.title == 'Other'"},
        {"id": "pack", "tool": "send_again", "with": {"to": "them"}, "undo": {"tool": "noop", "with": {"back": True}}},
        {"id": "weigh", "wait_for": {"signal": "never", "timeout": "100ms"}, "failure_action": "compensate"},
    ]},
    {"id": "after", "tool": "noop"},
]  # fmt: skip
VERSUS: Steps = [
    {"id": "best", "type": "versus", "evaluation_criteria": {"good": 1},
     "competitors": [{"id": "left", "tool": "noop"}, {"id": "right", "tool": "noop"}],
     "judge": {"id": "score", "tool": "judge", "with": {"entries": "${entries}"}}},
]  # fmt: skip
HANDOFF: Steps = [
    {"id": "triage", "type": "handoff", "parts": "${inputs.items}",
     "primary": {"id": "sort", "tool": "noop", "with": {"title": "${inputs.title}"}},
     "handoff_conditions": [
         {"when": "part.n == 6", "to": {"id": "expert", "tool": "noop", "with": {"n": "${part.n}"}}}],
     "completion_action": {"id": "report", "tool": "noop", "with": {"handed": "${handed}"}}},
]  # fmt: skip
TWO: Steps = [{"id": "a", "tool": "noop"}, {"id": "b", "tool": "noop", "role": "checker"}]
WAITS: Steps = [
    {"id": "before", "tool": "noop", "undo": {"tool": "noop", "with": {"by": "undo"}}},
    {"id": "gate", "wait_for": {"signal": "go"}},
    {"id": "after", "tool": "noop", "with": {"seen": "${steps.gate.output}"}},
]
APPROVAL: Steps = [{"id": "publish", "tool": "noop", "with": {"text": "draft"}, "approval": {"title": "Publish it?"}}]
TIMER: Steps = [{"id": "later", "wait_for": {"time": "4m"}}, {"id": "then", "tool": "noop"}]
ASKING: Steps = [{"id": "send", "tool": "send", "with": {"to": "them"}, "on_failure": "ask"}]
POOR: Steps = [
    {"id": "a", "tool": "noop", "cost": {"tokens": 10}},
    {"id": "b", "tool": "noop", "role": "checker", "cost": {"tokens": 10}},
]
LUCK: Steps = [{"id": "luck", "tool": "noop", "retry": {"max_attempts": 1}, "on_failure": "ask"}]
INSIDE: Steps = [
    {"id": "inner", "playbook": "small", "with": {"title": "${inputs.title}"}},
    {"id": "last", "tool": "noop"},
]
SMALL = Playbook.model_validate(
    {"name": "small", "steps": [{"id": "one", "tool": "noop", "with": {"title": "${inputs.title}"}}]}
)

INPUTS = {"title": "Wren", "items": [{"n": 5}, {"n": 6}, {"n": 7}]}
SEES = {"properties": {"title": {"type": "string"}, "items": {"type": "array"}}}
QUIET = Faults(failing=0)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A task, what goes wrong, what people ask and when, and the status it comes to."""

    steps: Steps
    seed: int
    status: str = "completed"
    faults: Faults = QUIET
    cancelled_at: float | None = None
    asks: tuple[Asks, ...] = ()
    inside: tuple[Playbook, ...] = ()
    playbook: Mapping[str, Any] = field(default_factory=dict)
    schedules: tuple[tuple[float, ScheduleEvent], ...] = ()

    def play(self, name: str) -> Coroutine[Any, Any, Aftermath]:
        """What is left of it."""
        playbook = Playbook.model_validate({"name": name, "inputs": SEES, "steps": self.steps, **self.playbook})
        order = Order(
            "task_00000001", playbook, INPUTS, cancelled_at=self.cancelled_at, inside=self.inside, asks=self.asks
        )
        return WholeSystem(self.seed, self.faults).run([order], self.schedules)


def _approves(state: ControlState) -> DecideApproval:
    change = {"text": "better"}
    return DecideApproval(step="publish", digest=state.waits["publish"].digest or "", decision="change", change=change)


EVERY_MINUTE = ScheduleSet(
    name="every_minute", schedule=Schedule(playbook="scheduled", inputs=INPUTS, cron="* * * * *")
)

SCENARIOS: Mapping[str, Scenario] = {
    "sequential": Scenario(STEPS, 1),
    "parallel": Scenario(FAN_OUT, 2, faults=Faults(failing=0, replicas=2)),
    "failed": Scenario(STEPS, 3, "failed", Faults(failing=1)),
    "cancelled": Scenario(FAN_OUT, 4, "cancelled", cancelled_at=0.03),
    "retried": Scenario(STEPS, 14, faults=Faults(failing=0.3)),
    "killed": Scenario(FAN_OUT, 9, faults=Faults(failing=0, kills=6, double=0.2, lose_bell=0.2, replicas=2)),
    "loop": Scenario(LOOP, 20),
    "partners": Scenario(PARTNERS, 21),
    "process": Scenario(PROCESS, 22),
    "versus": Scenario(VERSUS, 23),
    "handoff": Scenario(HANDOFF, 24),
    "playbook_inside": Scenario(INSIDE, 25, inside=(SMALL,)),
    "paused": Scenario(
        TWO, 26, asks=(Asks(0.012, "ann", lambda _: PauseTask(at="now")), Asks(1.0, "ann", lambda _: ResumeTask()))
    ),
    "undone": Scenario(WAITS, 27, "cancelled", cancelled_at=0.4),
    "changed": Scenario(APPROVAL, 28, asks=(Asks(0.4, "ann", _approves),)),
    "extended": Scenario(
        POOR, 29, playbook={"budget": {"tokens": 1}}, asks=(Asks(0.4, "ann", lambda _: ExtendLimits(tokens=50)),)
    ),
    "tried_again": Scenario(
        LUCK, 31, faults=Faults(failing=0.5), asks=(Asks(0.4, "ann", lambda _: RetryStep(step="luck")),)
    ),
    "skipped": Scenario(WAITS, 31, asks=(Asks(0.4, "ann", lambda _: SkipStep(step="gate", output={"by": "ann"})),)),
    "forked": Scenario(STEPS, 32, asks=(Asks(1.0, "ann", lambda _: ForkTask(step="third")),)),
    "in_doubt": Scenario(ASKING, 33, faults=Faults(failing=0.6)),
    "timer": Scenario(TIMER, 34),
    "scheduled": Scenario(STEPS, 35, schedules=((0.1, EVERY_MINUTE), (130.0, ScheduleDeleted(name="every_minute")))),
}
"""By name."""
