"""A task's result from its rows: the outputs of the steps that nothing comes after. Pure."""

from collections.abc import Iterable
from typing import Any

from wrenchai_chassis.projection import Row
from wrenchai_contracts.paths import first_go, go_in

from wrenchai_gateway.task_state import TaskFold


def result_of(task: TaskFold) -> dict[str, Any]:
    """By step; of those that came to nothing, nothing."""
    outputs = _Outputs(task)
    found = {name: outputs.of_step(name) for name in task.header["result_from"]}
    return {name: output for name, (known, output) in found.items() if known}


class _Outputs:
    """What the nodes of a task came to, each as its last go left it."""

    def __init__(self, task: TaskFold) -> None:
        self._outline = task.header["outline"]
        waits = (row for row in task.waits.values() if self._outline.get(row["step"], {}).get("wait"))
        self._blocks = _latest((*task.blocks.values(), *waits))
        self._journeys: dict[str, list[Row]] = {}
        self._outermost: dict[str, Row] = {}
        self._grouped: dict[str, list[Row]] = {}
        for path in sorted(task.journeys, key=go_in):
            self._take_in(path, list(task.journeys[path].steps.values()))

    def _take_in(self, path: str, rows: list[Row]) -> None:
        if any(row["undoes"] is not None for row in rows):
            return
        self._journeys[first_go(path)] = rows
        for row in rows:
            if row["in_group"] is not None:
                self._grouped.setdefault(row["in_group"], []).append(row)
            if "." not in path:
                self._outermost[row["step"]] = row

    def of_step(self, name: str) -> tuple[bool, Any]:
        """Whether the outermost step `name` came to anything, and to what."""
        block = self._blocks.get(name)
        if block is not None:
            output = self._of_block(block)
            return block["status"] == "completed" or output is not None, output
        flat = self._of_group(name)
        if flat is not None:
            return True, flat
        row = self._outermost.get(name)
        output = None if row is None else row["output"]
        return output is not None, output

    def _at(self, path: str) -> Any:
        block = self._blocks.get(path)
        if block is not None:
            return self._of_block(block)
        rows = self._journeys.get(path)
        return rows[-1]["output"] if rows else None

    def _of_block(self, block: Row) -> Any:
        if not block["gathered"]:
            return block["output"]
        told, at_work = self._outline.get(block["step"], {}), block["journey"]
        if "each" not in told:
            inside = "" if told.get("flat") else f"{at_work}."
            return {branch: self._at(inside + branch) for branch in told.get("branches", ())}
        behind = "" if told.get("flat") else f".{told['last']}"
        return [self._at(f"{at_work}.{index}{behind}") for index in range(block["count"] or 0)]

    def _of_group(self, name: str) -> Any:
        """Branches of a fan as 0.1 recorded it: by their ids, or in the order of their items."""
        rows = [row for row in self._grouped.get(name, ()) if row["output"] is not None]
        if not rows:
            return None
        if rows[0]["index"] is None:
            return {row["step"]: row["output"] for row in rows}
        items: list[Any] = [None] * (1 + max(row["index"] for row in rows))
        for row in rows:
            items[row["index"]] = row["output"]
        return items


def _latest(rows: Iterable[Row]) -> dict[str, Row]:
    ordered = sorted(rows, key=lambda row: (go_in(row["journey"]), row["known_at"]))
    return {first_go(row["journey"]): row for row in ordered}
