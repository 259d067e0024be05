"""A playbook with every type of step, a wait, an effect outside and something to take back; all of it is cheap."""

from collections.abc import Collection
from pathlib import Path

WHOLE = """
name: whole
inputs: {type: object, properties: {items: {type: array}, book: {type: string}}}
roles: {other: {tools: [noop]}}
steps:
  - {id: one, tool: noop, with: {value: 1}}
  - {id: two, tool: noop, with: {value: "${steps.one.output.value}"}}
  - {id: ready, wait_for: {signal: go}}
  - id: many
    type: work_in_parallel
    for_each: ${inputs.items}
    step: {id: branch, tool: noop, role: other, with: {value: "${item}"}}
  - id: improve
    type: self_feedback_loop
    max_iterations: 3
    exit_condition: iteration == 2
    operations: [{id: better, tool: noop, with: {round: "${iteration}"}}]
  - id: pair
    type: partner_feedback_loop
    max_iterations: 2
    creator: {id: create, tool: noop, with: {text: a draft}}
    reviewer: {id: review, tool: noop, with: {findings: []}}
  - id: contest
    type: versus
    competitors: [{id: left, tool: noop, with: {n: 1}}, {id: right, tool: noop, with: {n: 2}}]
    judge: {id: judge, tool: noop, with: {scores: {left: {good: 0.9}, right: {good: 0.1}}}}
    evaluation_criteria: {good: 1}
  - id: handing
    type: handoff
    primary: {id: first, tool: noop, with: {parts: [1, 2]}}
    parts: ${steps.first.output.parts}
    handoff_conditions:
      - {when: part == 1, to: {id: special, tool: noop, with: {part: "${part}"}}}
  - id: careful
    type: process
    on_failure: continue
    operations:
      - id: write
        tool: post_and_look
        with: {book: "${inputs.book}"}
        undo: {tool: noop, with: {key: "${steps.write.output.key}"}}
      - {id: breaks, tool: fail, with: {times: 99, retryable: false}, failure_action: compensate}
  - {id: last, tool: wait, with: {seconds: 0}}
"""


def lines_of(book: Path, tasks: Collection[str]) -> list[str]:
    """What those tasks have written into the world outside."""
    written = book.read_text().splitlines() if book.exists() else []
    return sorted(line for line in written if line.partition("/")[0] in tasks)


def line_of(task_id: str) -> str:
    """What one task writes: the key of its effect."""
    return f"{task_id}/careful.write/write"
