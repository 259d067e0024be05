"""Logs as a release wrote them, kept as JSON lines: position and the exact text of each event."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic_core import to_json
from wrenchai_chassis.log import Stored
from wrenchai_chassis.projection import entry_of
from wrenchai_gateway.task_projection import TaskProjection

RELEASES = Path(__file__).parent / "releases"
OUTCOMES = "outcomes.json"

Row = tuple[int, bytes]


def write_log(file: Path, rows: Iterable[Stored]) -> None:
    lines = [json.dumps({"position": row.position, "state": row.state.decode()}) for row in rows]
    file.write_text("\n".join(lines) + "\n")


def read_log(file: Path) -> list[Row]:
    lines = map(json.loads, file.read_text().splitlines())
    return [(line["position"], line["state"].encode()) for line in lines]


def outcomes_of(rows: Iterable[Row]) -> dict[str, dict[str, Any]]:
    """What today's projection makes of each task of a log."""
    projection = TaskProjection()
    projection.fold([entry_of(position, state) for position, state in rows])
    assert not projection.complaints()
    return {header["task_id"]: _outcome(header) for header in projection.changes()["task"]}


def _outcome(header: dict[str, Any]) -> dict[str, Any]:
    told = {name: header[name] for name in ("status", "steps_total", "steps_completed", "attempts", "failed_attempts")}
    return {**told, "result_sha256": hashlib.sha256(to_json(header["result"])).hexdigest()}
