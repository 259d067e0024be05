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
from wrenchai_contracts.shape import JsonObject
from wrenchai_contracts.spending import Spending

Inputs = TypeVar("Inputs", bound=BaseModel)
Outputs = TypeVar("Outputs", bound=BaseModel)


class ToolShape(BaseModel):
    """Base for a tool's inputs and outputs: unknown fields are refused, so a typo is found before the run."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ToolFailed(Exception):  # noqa: N818  # reads as the fact it states
    """The tool says that it cannot succeed. `retryable` says whether another try may.

    `reason` is shown to people as it is: one sentence that says what is wrong and what to do. A tool with an effect
    says thereby that it did not happen, unless it is `in_doubt`: the outside never answered, for instance.
    """

    def __init__(
        self, reason: str, *, retryable: bool = False, kind: str = "tool_failed", in_doubt: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason, self.retryable, self.kind, self.in_doubt = reason, retryable, kind, in_doubt


class ToolAsks(Exception):  # noqa: N818  # reads as the fact it states
    """The tool must know something from a person first; nothing has happened outside yet.

    The attempt ends here and does not count. Once somebody has answered, the tool is run from its beginning again and
    finds the answer, an object that meets the JSON Schema `form`, in `run.answer`.
    """

    def __init__(self, title: str, form: JsonObject | None = None) -> None:
        super().__init__(title)
        self.title, self.form = title[:2000], form or {}


class ToolMisdefined(ValueError):  # noqa: N818  # a noun with its facts
    """A tool says two things about itself that cannot both be so."""

    def __init__(self, tool: str, reason: str) -> None:
        super().__init__(f"{tool}: {reason}")
        self.tool, self.reason = tool, reason


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

    @property
    def answer(self) -> JsonObject | None:
        """What a person answered to the tool's latest question; None when nobody was asked."""

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt of this step, and for no other: what a tool with an effect gives the outside."""

    def spend(self, *, tokens: int = 0, money: float = 0.0) -> None:
        """Tell what was spent just now, besides time; `money` in currency units. It counts however the attempt ends."""

    def progress(self, fraction: float, message: str) -> None:
        """Tell the live view how far the tool is: `fraction` in 0..1 and one short sentence."""

    def evidence(self, fact: Evidence) -> None:
        """Record a measured fact; it is part of the step's result even when the tool fails later.

        `judge` and `judge_version` name the instrument: each is learnt of by itself, so a program tells its own
        version, and never speaks in two scales. Who counts says `scale="tests"`, also where there is one to count.
        Facts that one program tells of one thing have a `family` in common, else they would count as so many
        witnesses. `tried=0` with the reason says that nothing was measured.
        """

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


_ONE_CALL = Spending(calls=1)


@dataclass(frozen=True, slots=True)
class Tool(Generic[Inputs, Outputs]):
    """One entry of the tool registry. `inline`: microseconds and pure, run in the worker's own loop.

    `weight`: how many of the worker's process slots it takes (a site build takes all of them).
    `roles`: who may use it; empty means every role.
    `secrets`: the environment variables it needs although they hold secrets; it finds them in `os.environ` where the
    operator has set them, and no other tool sees them.
    `effect`: it does something outside that cannot be done twice unnoticed, on what the input `target` names. It gives
    the outside `run.idempotency_key`. Should a worker die in it, the journey waits for a person who finds out, unless
    `probe` can tell, which only looks and returns what the tool would have (None: it did not happen; `ToolFailed`: it
    cannot tell), or the tool is `repeatable`: the outside itself passes over a key that it knows.
    `most`: what one call costs at most.
    """

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
    effect: bool = False
    repeatable: bool = False
    probe: Callable[[Inputs, ToolRun], Outputs | None] | None = None
    target: str = ""
    most: Spending = _ONE_CALL

    def __post_init__(self) -> None:
        """Refuse what cannot be.

        Raises:
            ToolMisdefined: an inline tool with an effect, or a word about an effect without one.
        """
        if self.effect and self.inline:
            raise ToolMisdefined(self.name, "an inline tool cannot have an effect; it needs a process of its own")
        if not self.effect and (self.repeatable or self.probe is not None or self.target):
            raise ToolMisdefined(self.name, "`repeatable`, `probe` and `target` are for tools with effect=True")
        if self.target and self.target not in self.inputs.model_fields:
            raise ToolMisdefined(self.name, f"its inputs have no field {self.target!r} that could name its target")

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
    effect: bool = False,
    repeatable: bool = False,
    probe: Callable[[Inputs, ToolRun], Outputs | None] | None = None,
    target: str = "",
    most: Spending = _ONE_CALL,
) -> Callable[[Callable[[Inputs, ToolRun], Outputs]], Tool[Inputs, Outputs]]:
    """Make a function a tool; what each fact means is told with `Tool`."""
    return lambda run: Tool(
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
        effect=effect,
        repeatable=repeatable,
        probe=probe,
        target=target,
        most=most,
    )
