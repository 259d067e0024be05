"""`python -m tests.history.record RELEASE`: keep the logs that today's code writes, before it is released."""

import json
import sys
from collections.abc import Mapping
from typing import Any

from wrenchai_contracts.playbook import Playbook

from tests.history.recorded_log import OUTCOMES, RELEASES, outcomes_of, write_log
from tests.simulation.seeded_time import run_in_virtual_time
from tests.simulation.whole_system import Faults, Order, WholeSystem

STEPS: list[dict[str, Any]] = [
    {"id": "first", "tool": "noop", "with": {"title": "${inputs.title}", "text": 'größer\u2028 "quoted"'}},
    {"id": "second", "tool": "noop", "with": {"seen": "${steps.first.output.title}"}},
    {"id": "third", "tool": "noop", "role": "checker", "with": {"all": "${steps.second.output}"}},
]
FAN_OUT: list[dict[str, Any]] = [
    {"id": "fan", "type": "work_in_parallel", "branches": [{"id": "x", "tool": "noop"}, {"id": "y", "tool": "noop"}]},
    {"id": "scan", "type": "work_in_parallel", "for_each": "${inputs.items}", "as": "one", "max_parallel": 2,
     "step": {"id": "look", "tool": "noop", "with": {"n": "${one.n}", "at": "${index}"}}},
    {"id": "join", "tool": "noop", "with": {"fan": "${steps.fan.output}", "scan": "${steps.scan.output}"}},
]  # fmt: skip
INPUTS = {"title": "Wren", "items": [{"n": 5}, {"n": 6}, {"n": 7}]}

SCENARIOS: Mapping[str, tuple[list[dict[str, Any]], Faults, float | None, int]] = {
    "sequential": (STEPS, Faults(failing=0), None, 1),
    "parallel": (FAN_OUT, Faults(failing=0, replicas=2), None, 2),
    "failed": (STEPS, Faults(failing=1), None, 3),
    "cancelled": (FAN_OUT, Faults(failing=0), 0.03, 4),
    "retried": (STEPS, Faults(failing=0.3), None, 14),
    "killed": (FAN_OUT, Faults(failing=0, kills=6, double=0.2, lose_bell=0.2, replicas=2), None, 9),
}
"""Name: steps, faults, when it is cancelled, seed."""


def record(release: str) -> None:
    """Write one log for each scenario, and what each came to."""
    directory = RELEASES / release
    directory.mkdir(parents=True)
    outcomes: dict[str, Any] = {}
    for name, (steps, faults, cancelled_at, seed) in SCENARIOS.items():
        playbook = Playbook.model_validate({"name": name, "steps": steps})
        order = Order("task_00000001", playbook, INPUTS, cancelled_at=cancelled_at)
        rows = run_in_virtual_time(WholeSystem(seed, faults).run([order])).rows
        write_log(directory / f"{name}.jsonl", rows)
        outcomes[name] = outcomes_of((row.position, row.state) for row in rows)
    (directory / OUTCOMES).write_text(json.dumps(outcomes, indent=2) + "\n")


if __name__ == "__main__":
    record(sys.argv[1])
