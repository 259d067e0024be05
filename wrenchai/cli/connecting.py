"""The client that commands use: it gives up soon, because somebody is looking at the terminal."""

from pathlib import Path

from wrenchai.client.address import local_address
from wrenchai.client.patience import Patience
from wrenchai.client.shells import Client

IMPATIENT = Patience(tries=4)
LIVE = Patience(tries=12)
"""A crashed gateway is back within seconds; half a minute is enough to know that it is not."""


def connect(home: Path | None = None) -> Client:
    """The gateway that the environment names, else the one that runs here; with `home` the one on that directory."""
    if home is None:
        return Client(patience=IMPATIENT, live_patience=LIVE)
    address = local_address(home)
    return Client(address.url, address.api_key, patience=IMPATIENT, live_patience=LIVE)
