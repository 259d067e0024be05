"""The bus as a contract test sees it: both ends of it, and two processes on it."""

from dataclasses import dataclass
from typing import Protocol

from wrenchai_chassis.bus import Bus, EventCache


class WholeBus(Bus, EventCache, Protocol):
    """Both ends: the services' and the relay's."""


@dataclass(frozen=True, slots=True)
class Replicas:
    """Two processes of one service on the same bus; in memory they are one."""

    first: WholeBus
    second: WholeBus
