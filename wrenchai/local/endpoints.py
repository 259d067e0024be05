"""Where a service finds everything: databases, bus, directories, ports, and its own credentials."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wrenchai.local.data_directory import API_KEY, DataDirectory
from wrenchai.local.ports import RememberedPorts


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What a running stack offers. DSNs hold passwords, so they are kept out of `repr`.

    `owner_dsn` may change the schema, `service_dsn` may do what services may. With WRENCHAI_POSTGRES_URL both
    are that address; with WRENCHAI_NATS_URL there are no `nats_passwords`, the address must bring its own.
    """

    directory: DataDirectory
    owner_dsn: str = field(repr=False)
    service_dsn: str = field(repr=False)
    nats_url: str = field(repr=False)
    nats_passwords: Mapping[str, str] = field(repr=False)
    ports: RememberedPorts = field(repr=False)

    @property
    def api_key(self) -> str:
        """The generated key of the gateway."""
        return self.directory.secrets.get(API_KEY)

    def port(self, name: str, *, preferred: int | None = None) -> int:
        """A free loopback port that `name` keeps over restarts."""
        return self.ports.claim(name, preferred=preferred)

    def environment(self, user: str) -> dict[str, str]:
        """The `WRENCHAI_*` settings of a service that is `user` on the bus."""
        settings = {
            "WRENCHAI_POSTGRES_URL": self.service_dsn,
            "WRENCHAI_NATS_URL": self.nats_url,
            "WRENCHAI_NATS_USER": user,
            "WRENCHAI_DATA_DIR": str(self.directory.root),
        }
        if user in self.nats_passwords:
            settings["WRENCHAI_NATS_PASSWORD"] = self.nats_passwords[user]
        return settings
