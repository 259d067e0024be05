"""Runs an inline tool: microseconds, pure, in the worker's own loop."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from pydantic import BaseModel
from wrenchai_contracts.events import Question
from wrenchai_contracts.evidence import ArtifactRef, Evidence
from wrenchai_contracts.shape import JsonObject
from wrenchai_contracts.spending import MICROS, Spending

from wrenchai_journey.outcome import NOTHING, Asked, Failed, Outcome, Succeeded
from wrenchai_journey.tool import Finished, Tool, ToolAsks, ToolFailed


@dataclass(slots=True)
class InlineRun:
    """A `ToolRun` that can only record evidence; files and programs are for tools with a process of their own."""

    task_id: str
    seconds_left: float
    facts: list[Evidence] = field(default_factory=list)
    answer: JsonObject | None = None
    idempotency_key: str = ""
    spent: Spending = NOTHING

    @property
    def workspace(self) -> Path:
        """Not for inline tools."""
        return self._refuse("use the workspace")

    @property
    def shared(self) -> Path:
        """Not for inline tools."""
        return self._refuse("use the shared directory")

    def progress(self, fraction: float, message: str) -> None:
        """Nothing: an inline tool is done before anybody could look."""

    def spend(self, *, tokens: int = 0, money: float = 0.0) -> None:
        """See `ToolRun.spend`."""
        self.spent = self.spent.plus(Spending(tokens=tokens, micros=round(money * MICROS)))

    def evidence(self, fact: Evidence) -> None:
        """See `ToolRun.evidence`."""
        self.facts.append(fact)

    def artifact(self, path: Path, *, name: str | None = None, media_type: str = "") -> ArtifactRef:
        """Not for inline tools."""
        return self._refuse(f"keep {name or path.name} ({media_type or 'file'})")

    def command(
        self, argv: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Finished:
        """Not for inline tools."""
        return self._refuse(f"run {argv[0]} in {cwd or 'its directory'} with {len(env or {})} variables")

    def _refuse(self, what: str) -> NoReturn:
        message = f"an inline tool cannot {what}; register it without inline=True"
        raise ToolFailed(message, kind="inline_tool")


def run_inline(tool: Tool[Any, Any], inputs: BaseModel, run: InlineRun) -> Outcome:
    """The outcome of one attempt. What a tool raises is the tool's failure, not the worker's."""
    started = time.perf_counter()
    try:
        output = tool.run(inputs, run).model_dump(mode="json")
    except ToolFailed as failure:
        seconds, facts = time.perf_counter() - started, tuple(run.facts)
        return Failed(failure.reason, failure.kind, failure.retryable, seconds, facts, spent=run.spent)
    except ToolAsks as asks:
        question = Question(title=asks.title, form=asks.form)
        return Asked(question, time.perf_counter() - started, run.spent)
    except Exception as bug:  # noqa: BLE001  # somebody else's code: whatever it raises is the step's failure
        seconds, reason = time.perf_counter() - started, f"{tool.name} crashed: {type(bug).__name__}: {bug}"
        return Failed(reason, "tool_crashed", retryable=True, seconds=seconds, spent=run.spent)
    return Succeeded(output, time.perf_counter() - started, tuple(run.facts), spent=run.spent)
