"""Our own NATS: configured by us, known by a name that only this start has."""

import asyncio
import json
import secrets
import signal
from dataclasses import dataclass, field
from pathlib import Path

from wrenchai.local.errors import ForeignServer
from wrenchai.local.nats_config import USERS, config_text
from wrenchai.local.ports import LOOPBACK
from wrenchai.local.process_spec import ProcessSpec
from wrenchai.local.programs import Programs
from wrenchai.local.secret_files import SecretFiles, write_private

_WHAT = "NATS"
_STOP = ((signal.SIGTERM, 5.0),)
_ANSWER_WITHIN = 2.0
_MEMORY = "224MiB"  # gives back what a busy minute took; it needs half of it to hold what the stream may hold


@dataclass(frozen=True, slots=True)
class Nats:
    """One server with its JetStream store below `directory`."""

    directory: Path
    port: int
    monitor_port: int
    secrets: SecretFiles
    programs: Programs
    server_name: str = field(default_factory=lambda: f"wrenchai-{secrets.token_hex(8)}")

    @property
    def url(self) -> str:
        """Where it listens, without credentials."""
        return f"nats://{LOOPBACK}:{self.port}"

    @property
    def passwords(self) -> dict[str, str]:
        """Each user with its password."""
        return {user: self.secrets.get(f"nats-{user}") for user in USERS}

    def prepare(self) -> None:
        """Write the configuration."""
        self.directory.mkdir(mode=0o700, exist_ok=True)
        text = config_text(
            server_name=self.server_name,
            port=self.port,
            monitor_port=self.monitor_port,
            store=self.directory,
            passwords=self.passwords,
        )
        write_private(self._config, text)
        if self.programs.user is not None:
            self.programs.user.own(self.directory)
            self.programs.user.own(self._config)

    def process(self) -> ProcessSpec:
        """How to run it."""
        return ProcessSpec(
            name="nats",
            argv=(str(self.programs.nats_server()), "--config", str(self._config)),
            env={"PATH": "/usr/bin:/bin", "GOMEMLIMIT": _MEMORY},
            ready=self.is_ready,
            run_as=self.programs.user,
            stop=_STOP,
        )

    async def is_ready(self) -> bool:
        """Whether the server that greets on our port is the one we configured; no password is sent to find out.

        Raises:
            ForeignServer: somebody else greets there, or something that is no NATS.
        """
        try:
            async with asyncio.timeout(_ANSWER_WITHIN):
                reader, writer = await asyncio.open_connection(LOOPBACK, self.port)
                greeting = await reader.readline()
        except (OSError, TimeoutError):
            return False
        writer.close()
        if _server_name(greeting) != self.server_name:
            raise ForeignServer(_WHAT, self.url)
        return True

    @property
    def _config(self) -> Path:
        return self.directory / "nats.conf"


def _server_name(greeting: bytes) -> str | None:
    """The name in the INFO line with which a NATS server opens each connection."""
    verb, _, facts = greeting.partition(b" ")
    if verb != b"INFO":
        return None
    name = json.loads(facts).get("server_name")
    return name if isinstance(name, str) else None
