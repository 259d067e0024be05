"""The playbooks that the load runs: nothing but no-ops, so that what is measured is us."""

import json

SEQUENTIAL = "bench_sequential"
FANOUT = "bench_fanout"


def sequential(steps: int) -> str:
    """`steps` no-op steps, one after the other, as YAML."""
    lines = [f"name: {SEQUENTIAL}", "description: No-op steps one after the other.", "steps:"]
    lines += [f"  - {{id: s{n}, tool: noop, with: {{value: {json.dumps('x' * 100)}}}}}" for n in range(1, steps + 1)]
    return "\n".join(lines)


def fanout() -> str:
    """One parallel step, a no-op branch for each item of the input, as YAML."""
    return f"""name: {FANOUT}
description: No-op branches side by side.
inputs: {{type: object, required: [items], properties: {{items: {{type: array}}}}}}
steps:
  - id: branches
    type: work_in_parallel
    for_each: ${{inputs.items}}
    as: item
    step: {{id: branch, tool: noop, with: {{value: "${{item}}"}}}}
"""


def submission(playbook: str, inputs: dict[str, object] | None = None) -> bytes:
    """The body of a POST /tasks."""
    return json.dumps({"playbook": playbook, "inputs": inputs or {}}).encode()
