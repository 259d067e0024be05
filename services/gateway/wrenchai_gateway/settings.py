"""What the gateway is told from outside, besides what every service is told."""

from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from wrenchai_chassis.settings import ServiceSettings
from wrenchai_language.turns import TurnLimits


def playbooks_directory() -> Path:
    """Where our own playbooks are: at the top of a checkout, inside the package `wrenchai` when installed."""
    site = Path(__file__).parents[1]
    installed = site / "wrenchai" / "playbooks"
    return installed if installed.is_dir() else site.parents[1] / "playbooks"


class GatewaySettings(ServiceSettings):
    """Settings of the one public door."""

    api_key: SecretStr = Field(description="Whoever has it may do everything; 20 characters or more.")
    gateway_host: str = "127.0.0.1"
    gateway_port: int = Field(default=8321, ge=0, le=65535, description="0 takes a free port.")
    cors_origins: tuple[str, ...] = Field(
        default=(), description='Web pages from these origins may call us; as JSON, e.g. `["https://ops.example"]`.'
    )
    playbooks_dir: Path = Field(default_factory=playbooks_directory, description="Registered at every start.")
    read_deadline: float = Field(default=2.0, ge=0, description="Seconds that a read waits for its `min_position`.")
    max_waiting_frames: int = Field(default=1000, description="Events held for a slow WebSocket before it is closed.")
    limits: TurnLimits = Field(
        default_factory=dict, description='Tasks at once, as JSON: `{"tool:portfolio.build": 2, "tenant:*": 50}`.'
    )
    open_alone: int = Field(
        default=2000, ge=0, description="Open tasks of a tenant beyond which more are held, while no other is there."
    )
    open_shared: int = Field(default=16, ge=0, description="The same while several tenants are there.")
    view_linger: float = Field(default=0.1, ge=0, description="Seconds that events gather before the view is written.")

    @field_validator("api_key")
    @classmethod
    def _long_enough(cls, key: SecretStr) -> SecretStr:
        if len(key.get_secret_value()) < _SHORTEST_KEY or not key.get_secret_value().isascii():
            message = f"an API key needs {_SHORTEST_KEY} or more ASCII characters"
            raise ValueError(message)
        return key

    @property
    def sites_dir(self) -> Path:
        """Where built sites are published, each under its hash."""
        return self.shared_dir / "sites"


_SHORTEST_KEY = 20
