"""What every service is told from outside: by environment variables that begin with `WRENCHAI_`."""

import os
import socket
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

BUS_MAX_BYTES = 112 * 1024**2
BUS_MAX_AGE = 7 * 86400.0


class ServiceSettings(BaseSettings):
    """Common settings; a service may subclass it for its own."""

    model_config = SettingsConfigDict(env_prefix="WRENCHAI_", extra="ignore", frozen=True)

    postgres_url: SecretStr = Field(description="libpq address of the event log.")
    nats_url: str = Field(default="nats://127.0.0.1:4222", description="Address of the bus.")
    nats_user: str | None = Field(default=None, description="Defaults to the service's name.")
    nats_password: SecretStr | None = None
    bus_max_bytes: int = Field(default=BUS_MAX_BYTES, ge=1024**2, description="How much of the log the bus holds.")
    bus_max_age: float = Field(default=BUS_MAX_AGE, ge=60, description="For how many seconds it holds an event.")
    bus_replicas: int = Field(default=1, ge=1, le=5, description="On how many servers of a NATS cluster it holds them.")
    max_in_flight: int = Field(default=1000, ge=1, description="Events handled at once by all replicas of a service.")
    health_host: str = "127.0.0.1"
    health_port: int = Field(default=0, description="Where /health is served; 0 takes a free port.")
    data_dir: Path = Field(default=Path("/var/lib/wrenchai"), description="Artifacts, workspaces, caches.")
    inline_artifact_bytes: int = Field(default=64 * 1024, description="Smaller artifacts live in Postgres.")
    instance: str = Field(
        default_factory=lambda: f"{socket.gethostname()}-{os.getpid()}", description="Name of this replica."
    )
    drain_seconds: float = Field(default=8.0, description="How long running work may take to end on SIGTERM.")
    log_level: str = "INFO"

    @property
    def artifact_dir(self) -> Path:
        """Where big artifacts lie, each under its SHA-256."""
        return self.data_dir / "artifacts"

    @property
    def workspace_dir(self) -> Path:
        """One directory for each running task."""
        return self.data_dir / "workspaces"

    @property
    def shared_dir(self) -> Path:
        """Caches that all tasks share, each named by a content hash."""
        return self.data_dir / "shared"
