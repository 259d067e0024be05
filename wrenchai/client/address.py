"""Where the gateway is, which key opens it and who asks: told by the environment, else by what runs here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from wrenchai.client.problems import Unreachable
from wrenchai.local.attached import attach
from wrenchai.services import gateway_url

URL_SETTING, KEY_SETTING, ACTOR_SETTING = "WRENCHAI_URL", "WRENCHAI_API_KEY", "WRENCHAI_ACTOR"
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}


@dataclass(frozen=True, slots=True)
class Address:
    """A gateway's address, the API key for it, and the name that what we ask for is recorded under."""

    url: str
    api_key: str = field(repr=False)
    actor: str = ""

    @property
    def headers(self) -> dict[str, str]:
        """What proves who we are, and what we call ourselves."""
        proof = {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}
        return proof | ({"Actor": self.actor} if self.actor else {})

    @property
    def local(self) -> bool:
        """Whether it is this machine, so that no proxy may stand between."""
        return urlsplit(self.url).hostname in _LOOPBACK

    def socket(self, path: str) -> str:
        """The address of a WebSocket at `path`."""
        scheme, rest = self.url.rstrip("/").split("://", 1)
        return f"{'wss' if scheme == 'https' else 'ws'}://{rest}{path}"


def find_address(environment: Mapping[str, str]) -> Address:
    """The address in the environment, else that of the local installation.

    Raises:
        NotRunning: the environment names none, and none runs here.
        Unreachable: one is only just starting.
    """
    if url := environment.get(URL_SETTING):
        return Address(url.rstrip("/"), environment.get(KEY_SETTING, ""))
    return local_address(None)


def local_address(root: Path | None) -> Address:
    """The address of the installation that runs on this data directory; raises as `find_address` does."""
    running = attach(root)
    status = running.status()
    if status is None or not status.ready:
        message = f"WrenchAI is still starting on {running.directory.root}; ask again in a moment"
        raise Unreachable(message)
    return Address(gateway_url(status.ports), running.api_key)
