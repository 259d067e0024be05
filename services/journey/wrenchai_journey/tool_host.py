"""The process that one attempt of a tool runs in: `python -m wrenchai_journey.tool_host`.

It reads one request from standard input, speaks JSON lines to the worker on the descriptor it was given, and prints
nothing of its own: standard output and error belong to the tool and stream to the step's log. The tool itself runs in a
fork; the first process stays behind as its guardian.
"""

import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json
from wrenchai_contracts.evidence import ArtifactRef, Evidence
from wrenchai_contracts.spending import MICROS

from wrenchai_journey import disk_full
from wrenchai_journey.guardian import leave_a_guardian
from wrenchai_journey.outcome import MAX_OUTPUT_BYTES, MAX_REASON, Effect
from wrenchai_journey.registry import tool_in
from wrenchai_journey.tool import Finished, ToolAsks, ToolFailed

_TAIL = 64 * 1024


class HostedRun:
    """`ToolRun` for a tool with a process of its own."""

    def __init__(self, request: Mapping[str, Any], speak: int) -> None:
        self.task_id = str(request["task_id"])
        self.workspace, self.shared = Path(request["workspace"]), Path(request["shared"])
        self._spool = Path(request["spool"])
        self._secrets = frozenset(request["secrets"])
        self.idempotency_key, self.answer = str(request["key"]), request["answer"]
        self._ends = time.monotonic() + float(request["seconds"])
        self._speak = speak

    @property
    def seconds_left(self) -> float:
        """See `ToolRun.seconds_left`."""
        return max(self._ends - time.monotonic(), 0.0)

    def say(self, kind: str, **facts: Any) -> None:
        """One line to the worker."""
        line = json.dumps({"kind": kind, **facts}).encode() + b"\n"
        while line:
            line = line[os.write(self._speak, line) :]

    def give(self, output: BaseModel) -> None:
        """Hand over the tool's result, or say that it is larger than events may be; what it did is done."""
        given = output.model_dump(mode="json")
        if (size := len(to_json(given))) > MAX_OUTPUT_BYTES:
            reason = f"the output has {size} bytes; the limit is {MAX_OUTPUT_BYTES}. Keep large results as artifacts."
            self.fail(reason, "output_too_large", effect="done")
        else:
            self.say("result", output=given)

    def give_found(self, found: BaseModel | None) -> None:
        """Hand over what a probe has found of the effect: what the tool would have given, or that it did not happen."""
        self.say("result", output={"found": None if found is None else found.model_dump(mode="json")})

    def fail(self, reason: str, kind: str, *, retryable: bool = False, effect: Effect = "unknown") -> None:
        """Say how the tool failed, and what is known of its effect."""
        self.say("failed", reason=reason[:MAX_REASON], failure=kind, retryable=retryable, effect=effect)

    def spend(self, *, tokens: int = 0, money: float = 0.0) -> None:
        """See `ToolRun.spend`."""
        self.say("spent", tokens=tokens, micros=round(money * MICROS))

    def progress(self, fraction: float, message: str) -> None:
        """See `ToolRun.progress`."""
        self.say("progress", fraction=min(max(fraction, 0.0), 1.0), message=message[:300])

    def evidence(self, fact: Evidence) -> None:
        """See `ToolRun.evidence`."""
        self.say("evidence", fact=fact.model_dump(mode="json"))

    def artifact(
        self, path: Path, *, name: str | None = None, media_type: str = "application/octet-stream"
    ) -> ArtifactRef:
        """See `ToolRun.artifact`: a copy goes to the spool, from where the worker stores it before it records us."""
        self._spool.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        shutil.copyfile(path, self._spool / digest)
        kept = ArtifactRef(
            sha256=digest, name=name or path.name, media_type=media_type, size=(self._spool / digest).stat().st_size
        )
        self.say("artifact", artifact=kept.model_dump(mode="json"))
        return kept

    def command(
        self, argv: Sequence[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Finished:
        """See `ToolRun.command`."""
        started, tail = time.monotonic(), b""
        with subprocess.Popen(
            list(argv),
            cwd=cwd or self.workspace,
            env={**self._without_secrets(), **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as child:
            while child.stdout is not None and (chunk := child.stdout.read1(65536)):  # type: ignore[attr-defined]
                sys.stdout.buffer.write(chunk)
                sys.stdout.buffer.flush()
                tail = (tail + chunk)[-_TAIL:]
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
        return Finished(child.returncode, tail.decode(errors="replace"), time.monotonic() - started, peak)

    def _without_secrets(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if name not in self._secrets}


def main() -> None:
    """Run the tool that standard input asks for and say how it ended."""
    request = json.loads(sys.stdin.buffer.read())
    leave_a_guardian(int(request["worker"]), Path(request["used"]))
    run = HostedRun(request, int(request["speak"]))
    try:
        _use(run, request)
    except ToolFailed as failure:
        effect: Effect = "unknown" if failure.in_doubt else "not_done"
        run.fail(failure.reason, failure.kind, retryable=failure.retryable, effect=effect)
    except ToolAsks as asks:
        run.say("asks", title=asks.title, form=asks.form)
    except ValidationError as problem:
        run.fail(str(problem), "bad_output")
    except OSError as problem:
        if not disk_full.is_full(problem):
            raise
        traceback.print_exc()
        run.fail(disk_full.REASON, disk_full.KIND, retryable=True)


def _use(run: HostedRun, request: Mapping[str, Any]) -> None:
    """Call the tool in the task's workspace and hand its result over; or only its probe."""
    run.workspace.mkdir(parents=True, exist_ok=True)
    os.chdir(run.workspace)
    tool = tool_in(request["module"], request["tool"])
    inputs = tool.inputs.model_validate(request["inputs"])
    if request["probe"] and tool.probe is not None:
        run.give_found(tool.probe(inputs, run))
    else:
        run.give(tool.run(inputs, run))


if __name__ == "__main__":
    main()
