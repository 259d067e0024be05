"""The client that commands use: it gives up soon, because somebody is looking at the terminal."""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from wrenchai.client.address import ACTOR_SETTING, local_address
from wrenchai.client.patience import Patience
from wrenchai.client.shells import Client

IMPATIENT = Patience(tries=4)
LIVE = Patience(tries=12)
"""A crashed gateway is back within seconds; half a minute is enough to know that it is not."""

_NEVER_IN_A_NAME = re.compile(r"[^A-Za-z0-9@._-]")
_LONGEST_NAME = 64


def connect(home: Path | None = None) -> Client:
    """The gateway that the environment names, else the one that runs here; with `home` the one on that directory."""
    actor = who_asks(os.environ)
    if home is None:
        return Client(actor=actor, patience=IMPATIENT, live_patience=LIVE)
    address = local_address(home)
    return Client(address.url, address.api_key, actor=actor, patience=IMPATIENT, live_patience=LIVE)


def who_asks(environment: Mapping[str, str]) -> str:
    """Who is recorded as having asked: $WRENCHAI_ACTOR as it is, else the login name, as far as the gateway takes it.

    It tells who may approve: never the one who asked for the task, unless its playbook says so.
    """
    login = environment.get("USER") or environment.get("USERNAME") or ""
    return environment.get(ACTOR_SETTING) or _NEVER_IN_A_NAME.sub("_", login)[:_LONGEST_NAME]
