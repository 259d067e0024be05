"""What a tool is: a typed function with a name, a JSON Schema, and a `ToolRun` to speak through.

A tool is one file in `wrenchai_journey/tools/` (or a package of the user's, found by the entry point group
`wrenchai.tools`). It is a plain synchronous function. Unless it is `inline`, it runs in a process of its own,
so it may block, crash, hang or print a gigabyte without hurting the worker.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict
from wrenchai_contracts.evidence import ArtifactRef, Evidence

Inputs = TypeVar("Inputs", bound=BaseModel)
Outputs = TypeVar("Outputs", bound=BaseModel)


class ToolShape(BaseModel):
    """Base for a tool's inputs and outputs: unknown fields are refused, so a typo is found before the run."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ToolFailed(Exception):  # noqa: N818  # reads as the fact it states
    """The tool says that it cannot succeed. `retryable` says whether another try may.

    `reason` is shown to people as it is: one sentence that says what is wrong and what to do.
    """

    def __init__(self, reason: str, *, retryable: bool = False, kind: str = "tool_failed") -> None:
        super().__init__(reason)
        self.reason, self.retryable, self.kind = reason, retryable, kind


@dataclass(frozen=True, slots=True)
class Finished:
    """A child process that ended: its exit code and the end of what it printed (at most 64 KiB)."""

    exit_code: int
    tail: str
    seconds: float
    peak_rss_bytes: int


class ToolRun(Protocol):
    """What a running tool may do besides computing: all effects on the outside go through here."""

    @property
    def task_id(self) -> str:
        """The task this run belongs to."""

    @property
    def workspace(self) -> Path:
        """A directory of this task's own; steps of one task share it. Write nowhere else."""

    @property
    def shared(self) -> Path:
        """A directory all tasks share, for caches that are named by a content hash (e.g. a warm template)."""

    @property
    def seconds_left(self) -> float:
        """Seconds until the step's deadline."""

    def progress(self, fraction: float, message: str) -> None:
        """Tell the live view how far the tool is: `fraction` in 0..1 and one short sentence."""

    def evidence(self, fact: Evidence) -> None:
        """Record a measured fact; it is part of the step's result even when the tool fails later."""

    def artifact(
        self, path: Path, *, name: str | None = None, media_type: str = "application/octet-stream"
    ) -> ArtifactRef:
        """Keep a file for good under its SHA-256."""

    def command(
        self, argv: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Finished:
        """Run a program to its end in this tool's process group; its output streams to the step's log.

        A non-zero exit is returned, not raised. The program dies with the tool at its deadline or on cancel, and sees
        none of the tool's secrets but what `env` gives it.
        """


@dataclass(frozen=True, slots=True)
class Tool(Generic[Inputs, Outputs]):
    """One entry of the tool registry."""

    name: str
    version: str
    summary: str
    inputs: type[Inputs]
    outputs: type[Outputs]
    run: Callable[[Inputs, ToolRun], Outputs]
    inline: bool = False
    weight: int = 1
    roles: frozenset[str] = field(default_factory=frozenset)
    secrets: tuple[str, ...] = ()

    def input_schema(self) -> dict[str, Any]:
        """JSON Schema of what the tool takes."""
        return self.inputs.model_json_schema()

    def output_schema(self) -> dict[str, Any]:
        """JSON Schema of what the tool gives."""
        return self.outputs.model_json_schema(mode="serialization")


def tool(  # noqa: PLR0913  # a registry entry has this many facts
    *,
    name: str,
    summary: str,
    inputs: type[Inputs],
    outputs: type[Outputs],
    version: str = "1",
    inline: bool = False,
    weight: int = 1,
    roles: frozenset[str] = frozenset(),
    secrets: tuple[str, ...] = (),
) -> Callable[[Callable[[Inputs, ToolRun], Outputs]], Tool[Inputs, Outputs]]:
    """Make a function a tool. `inline`: microseconds and pure, run in the worker's own loop.

    `weight`: how many of the worker's process slots it takes (a site build takes all of them).
    `roles`: who may use it; empty means every role.
    `secrets`: the environment variables it needs although they hold secrets; it finds them in `os.environ` where the
    operator has set them, and no other tool sees them.
    """

    def entry(run: Callable[[Inputs, ToolRun], Outputs]) -> Tool[Inputs, Outputs]:
        return Tool(
            name=name,
            version=version,
            summary=summary,
            inputs=inputs,
            outputs=outputs,
            run=run,
            inline=inline,
            weight=weight,
            roles=roles,
            secrets=secrets,
        )

    return entry
