"""What each type of step costs over its plain steps, how lists and loops grow, how fast a playbook is checked."""

import json
import statistics
import time
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import psycopg
from wrenchai_contracts.playbook import Playbook
from wrenchai_language.compilation import compile_plan
from wrenchai_language.playbook_yaml import read_playbook

from benchmarks.http_client import Connection, Ends, Gateway
from benchmarks.installation import Installation
from benchmarks.load import heard
from benchmarks.report import Figures

_CALLS = 24
"""Tool calls of each playbook, so that what differs is the type of step around them."""

_RUNS = 20
_ROUNDS = 1000

Step = dict[str, Any]


async def step_types(found: Installation) -> Figures:
    """Milliseconds and events per tool call of each type, and how many more than the same calls one after the other."""
    figures: Figures = {}
    plain = await _measured(found.gateway, "plain", _PLAYBOOKS["plain"])
    for name, steps in _PLAYBOOKS.items():
        ms, events = plain if name == "plain" else await _measured(found.gateway, name, steps)
        figures |= {f"steps.{name}.ms": round(ms / _CALLS, 3), f"steps.{name}.events": round(events / _CALLS, 2)}
        if name != "plain":
            figures[f"steps.{name}.over_ms"] = round((ms - plain[0]) / _CALLS, 3)
    return figures


async def lists(found: Installation) -> Figures:
    """Seconds of one `work_in_parallel` over 100 and over 1,000 no-op branches; linear would be ten times as long."""
    gateway = found.gateway
    await _register(gateway, "list", [_fan(1000)])
    seconds = {n: [await _seconds(gateway, "list", {"items": list(range(n))}) for _ in range(5)] for n in (100, 1000)}
    small, large = (statistics.median(seconds[n]) for n in (100, 1000))
    return {"list.100_s": round(small, 3), "list.1000_s": round(large, 3), "list.ratio": round(large / small, 2)}


async def loops(found: Installation) -> Figures:
    """A loop of 1,000 rounds: its seconds, and the bytes a round leaves, the last hundred against the first."""
    loop = _loop(_ROUNDS, 1)
    await _register(found.gateway, "rounds", [loop], same_call=2 * _ROUNDS)
    task, seconds = await _run(found.gateway, "rounds", {})
    sizes = await _bytes_by_round(found.service_dsn, task)
    first, last = sizes[1:101], sizes[-101:-1]
    return {
        "loop.1000_s": round(seconds, 2),
        "loop.bytes_per_round": round(statistics.mean(sizes)),
        "loop.growth": round(sum(last) / sum(first), 4),
    }


def checking() -> Figures:
    """Milliseconds to read, check and compile a playbook of 1,000 steps; the median of seven."""
    text = _thousand_steps().encode()
    took = []
    for _ in range(7):
        began = time.perf_counter()
        compile_plan(read_playbook(text, file="bench.yaml"))
        took.append((time.perf_counter() - began) * 1000)
    playbook = read_playbook(text, file="bench.yaml")
    compiled = [_milliseconds(playbook) for _ in range(7)]
    return {
        "check.1000_steps_ms": round(statistics.median(took), 1),
        "compile.1000_steps_ms": round(statistics.median(compiled), 1),
    }


def _milliseconds(playbook: Playbook) -> float:
    began = time.perf_counter()
    compile_plan(playbook)
    return (time.perf_counter() - began) * 1000


def _thousand_steps() -> str:
    lines = ["name: thousand", "inputs: {type: object, properties: {n: {type: integer}}}", "steps:"]
    for n in range(1000):
        seen = f'"${{steps.s{n - 1}.output}}"' if n else '"${inputs.n}"'
        when = f', when: "inputs.n > {n}"' if n % 10 == 0 else ""
        lines.append(f"  - {{id: s{n}, tool: noop, with: {{seen: {seen}}}{when}}}")
    return "\n".join(lines)


# --- the playbooks ---------------------------------------------------------------------------------------


def _call(number: int, **facts: Any) -> Step:
    return {"id": f"c{number}", "tool": "noop", **facts}


def _calls(count: int, first: int = 0) -> list[Step]:
    return [_call(first + n) for n in range(count)]


def _fan(at_once: int) -> Step:
    inner = _call(0, **{"with": {"n": "${item}"}})
    return {
        "id": "s",
        "type": "work_in_parallel",
        "for_each": "${inputs.items}",
        "max_parallel": at_once,
        "step": inner,
    }


def _loop(rounds: int, operations: int) -> Step:
    return {
        "id": "s",
        "type": "self_feedback_loop",
        "max_iterations": rounds,
        "operations": [{**call, "with": {"n": "${iteration}"}} for call in _calls(operations)],
    }


_SCORES = {"scores": {f"c{n}": {"good": n / 100} for n in range(_CALLS - 1)}}
_PLAYBOOKS: Mapping[str, list[Step]] = {
    "plain": _calls(_CALLS),
    "work_in_parallel": [_fan(100)],
    "self_feedback_loop": [_loop(_CALLS, 1)],
    "partner_feedback_loop": [
        {
            "id": "s",
            "type": "partner_feedback_loop",
            "max_iterations": _CALLS // 2,
            "exit_condition": "false",
            "creator": _call(0),
            "reviewer": _call(1, **{"with": {"findings": []}}),
        }
    ],
    "process": [{"id": "s", "type": "process", "operations": [_call(n, when="true") for n in range(_CALLS)]}],
    "versus": [
        {
            "id": "s",
            "type": "versus",
            "competitors": _calls(_CALLS - 1),
            "evaluation_criteria": {"good": 1},
            "judge": _call(_CALLS, **{"with": _SCORES}),
        }
    ],
    "handoff": [
        {
            "id": "s",
            "type": "handoff",
            "primary": _call(0, **{"with": {"parts": list(range(_CALLS - 1))}}),
            "parts": "${steps.c0.output.parts}",
            "handoff_conditions": [{"when": "true", "to": _call(1)}],
        }
    ],
}
"""Each makes the same number of calls."""


# --- running them ----------------------------------------------------------------------------------------


async def _measured(gateway: Gateway, name: str, steps: list[Step]) -> tuple[float, float]:
    """Median milliseconds of a task, and its events."""
    await _register(gateway, name, steps)
    inputs = {"items": list(range(_CALLS))}
    runs = [await _run(gateway, name, inputs) for _ in range(_RUNS)]
    connection = await gateway.connection()
    events = await connection.get(f"/api/v1/tasks/{runs[-1][0]}/events?limit=1000")
    connection.close()
    return statistics.median(seconds for _, seconds in runs) * 1000, len(events["items"])


async def _register(gateway: Gateway, name: str, steps: list[Step], **more: Any) -> None:
    inputs = {"type": "object", "properties": {"items": {"type": "array"}}}
    playbook = {"name": f"bench_{name}", "inputs": inputs, "same_call": 1000, "steps": steps, **more}
    connection = await gateway.connection()
    await connection.post("/api/v1/playbooks", json.dumps(playbook).encode(), kind="application/yaml")
    connection.close()


async def _seconds(gateway: Gateway, name: str, inputs: Step) -> float:
    return (await _run(gateway, name, inputs))[1]


async def _run(gateway: Gateway, name: str, inputs: Step) -> tuple[str, float]:
    """One task from submission to its end."""
    connection = await gateway.connection()
    try:
        async with heard(gateway) as ends:
            return await _timed(connection, ends, name, inputs)
    finally:
        connection.close()


async def _timed(connection: Connection, ends: Ends, name: str, inputs: Step) -> tuple[str, float]:
    body = json.dumps({"playbook": f"bench_{name}", "inputs": inputs}).encode()
    began = time.perf_counter()
    task: str = (await connection.post("/api/v1/tasks", body))["task_id"]
    return task, await ends.of(task) - began


async def _bytes_by_round(dsn: str, task: str) -> list[int]:
    """Bytes in the log from one end of a round to the next."""
    query = (
        "SELECT position, topic, length(state) FROM wrenchai.event_log "
        "WHERE stream = %(task)s OR stream ^@ (%(task)s || '/') ORDER BY position"
    )
    async with await psycopg.AsyncConnection.connect(dsn) as connection:
        rows = await (await connection.execute(query, {"task": task})).fetchall()
    ends = [place for place, row in enumerate(rows) if row[1] == "RoundEnded"]
    return [sum(row[2] for row in rows[start + 1 : end + 1]) for start, end in pairwise(ends)]
