"""Postgres and NATS of one stack: ours from the wheels, or those that the environment names."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from wrenchai.local.data_directory import DataDirectory
from wrenchai.local.endpoints import Endpoints
from wrenchai.local.nats import Nats
from wrenchai.local.ports import RememberedPorts
from wrenchai.local.postgres import OWNER, SERVICE, Postgres
from wrenchai.local.programs import Programs
from wrenchai.local.restart_policy import PATIENT, Patience
from wrenchai.local.supervisor import Supervisor
from wrenchai.local.system_user import SystemUser

POSTGRES_SETTING, NATS_SETTING = "WRENCHAI_POSTGRES_URL", "WRENCHAI_NATS_URL"
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Servers:
    """A str is the address of a server that somebody else runs."""

    postgres: Postgres | str
    nats: Nats | str
    patience: Patience = PATIENT

    @classmethod
    def of(
        cls,
        directory: DataDirectory,
        ports: RememberedPorts,
        user: SystemUser | None,
        *,
        environment: Mapping[str, str],
    ) -> Self:
        """What this environment asks for; ports are claimed, nothing is started."""
        programs = Programs(directory.programs, user)
        postgres = environment.get(POSTGRES_SETTING) or Postgres(
            cluster=directory.postgres,
            run=directory.run,
            port=ports.claim("postgres"),
            secrets=directory.secrets,
            programs=programs,
        )
        nats = environment.get(NATS_SETTING) or Nats(
            directory=directory.nats,
            port=ports.claim("nats"),
            monitor_port=ports.claim("nats-monitor"),
            secrets=directory.secrets,
            programs=programs,
        )
        return cls(postgres, nats)

    @property
    def own(self) -> tuple[str, ...]:
        """Names of the processes that are ours."""
        servers = {"postgres": self.postgres, "nats": self.nats}
        return tuple(name for name, server in servers.items() if not isinstance(server, str))

    async def start(self, supervisor: Supervisor) -> None:
        """Start both at once and wait until they are ready; the first error, when both have been tried."""
        results = await asyncio.gather(
            self._start_postgres(supervisor), self._start_nats(supervisor), return_exceptions=True
        )
        for problem in results:
            if problem is not None:
                raise problem

    def endpoints(self, directory: DataDirectory, ports: RememberedPorts) -> Endpoints:
        """Where services find them."""
        postgres, nats = self.postgres, self.nats
        return Endpoints(
            directory=directory,
            owner_dsn=postgres if isinstance(postgres, str) else postgres.dsn(OWNER),
            service_dsn=postgres if isinstance(postgres, str) else postgres.dsn(SERVICE),
            nats_url=nats if isinstance(nats, str) else nats.url,
            nats_passwords={} if isinstance(nats, str) else nats.passwords,
            ports=ports,
        )

    async def _start_postgres(self, supervisor: Supervisor) -> None:
        if not isinstance(self.postgres, str):
            await self.postgres.prepare()
            await supervisor.start([replace(self.postgres.process(), patience=self.patience)], within=START_SECONDS)

    async def _start_nats(self, supervisor: Supervisor) -> None:
        if not isinstance(self.nats, str):
            self.nats.prepare()
            await supervisor.start([replace(self.nats.process(), patience=self.patience)], within=START_SECONDS)
