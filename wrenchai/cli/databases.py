"""Where the log is, for commands that read it without a gateway."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wrenchai_chassis.log import EventLog, Stored
from wrenchai_chassis.postgres_log import PostgresLog

from wrenchai.client.problems import Unreachable
from wrenchai.local.attached import attach
from wrenchai.local.postgres import SERVICE, Postgres
from wrenchai.local.programs import Programs
from wrenchai.local.servers import POSTGRES_SETTING

_BATCH = 2000


def database_url(home: Path | None) -> str:
    """The database that the environment names, else that of the local installation.

    Raises:
        NotRunning: the environment names none, and none runs here.
        Unreachable: one is only just starting.
    """
    if url := os.environ.get(POSTGRES_SETTING):
        return url
    running = attach(home)
    status = running.status()
    if status is None:
        message = f"WrenchAI is still starting on {running.directory.root}; ask again in a moment"
        raise Unreachable(message)
    directory = running.directory
    return Postgres(
        cluster=directory.postgres,
        run=directory.run,
        port=status.ports["postgres"],
        secrets=directory.secrets,
        programs=Programs(directory.programs, None),
    ).dsn(SERVICE)


class LogRows:
    """The log up to where it ended when it was opened, read batch by batch as often as it is iterated."""

    def __init__(self, log: EventLog, runner: asyncio.Runner) -> None:
        self._log, self._runner = log, runner
        self.head = runner.run(log.head())

    def __iter__(self) -> Iterator[Stored]:
        after = 0
        while after < self.head:
            rows = self._runner.run(self._log.read(after, min(_BATCH, self.head - after)))
            if not rows:
                return
            yield from rows
            after = rows[-1].position


@contextmanager
def log_rows(url: str) -> Iterator[LogRows]:
    """The log at `url`, to be read while the context is open."""
    with asyncio.Runner() as runner:
        log = PostgresLog(url, application_name="wrenchai-cli", readers=1)
        runner.run(log.__aenter__())
        try:
            yield LogRows(log, runner)
        finally:
            runner.run(log.__aexit__())
