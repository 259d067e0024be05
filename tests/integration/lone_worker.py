"""`python -m tests.integration.lone_worker TOOL DIRECTORY`: a worker that runs one attempt and nothing else."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from wrenchai_chassis.artifacts import ArtifactStore
from wrenchai_chassis.postgres_log import PostgresLog
from wrenchai_journey.process import Attempt, ToolProcess
from wrenchai_journey.registry import tool_in

from tests.integration import hostile_tools

EVERYTHING_ON_DISK = -1


def disk_store(directory: Path) -> ArtifactStore:
    """Keeps everything in files, so that it needs no Postgres."""
    no_log = PostgresLog("", application_name="")
    return ArtifactStore(no_log, directory / "artifacts", inline_bytes=EVERYTHING_ON_DISK)


def tool_process(attempt: Attempt, directory: Path) -> ToolProcess:
    return ToolProcess(attempt, disk_store(directory), lambda _fraction, _message: None)


def attempt_of(
    tool: str, directory: Path, *, seconds: float = 60.0, inputs: dict[str, Any] | None = None, **facts: Any
) -> Attempt:
    return Attempt(
        task_id="task_00000001",
        tool=tool,
        module=hostile_tools.__name__,
        inputs=inputs or {},
        seconds=seconds,
        workspace=directory / "workspace",
        shared=directory / "shared",
        steps=directory / "steps",
        secrets=tool_in(hostile_tools.__name__, tool).secrets,
        **facts,
    )


async def start_lone_worker(tool: str, directory: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.lone_worker", tool, str(directory), env=dict(os.environ)
    )


async def main(tool: str, directory: Path) -> None:
    print(await tool_process(attempt_of(tool, directory), directory).run(asyncio.Event()))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
