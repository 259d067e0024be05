"""Loopback ports: chosen once, remembered, and changed only when somebody else took them meanwhile.

Between choosing a port and listening on it lie seconds. For that time, and as long as the installation runs, a name
in the kernel's abstract namespace tells other installations that it is spoken for (on Linux; elsewhere two that start
at the same moment may meet).
"""

import json
import random
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

LOOPBACK = "127.0.0.1"
_RANGE = range(15000, 30000)  # below the ephemeral ports that outgoing connections take


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def reserve(port: int) -> socket.socket | None:
    """Speak for a port until what comes back is closed; None if another installation has."""
    name = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        if sys.platform == "linux":
            name.bind(f"\0wrenchai-port-{port}")
    except OSError:
        name.close()
        return None
    return name


def random_ports() -> Iterator[int]:
    """Candidates without end, in no order, so that two installations rarely meet."""
    chance = random.SystemRandom()
    while True:
        yield chance.choice(_RANGE)


class RememberedPorts:
    """Names with their ports, kept in a file."""

    def __init__(self, file: Path, on_moved: Callable[[str, int, int], None]) -> None:
        """`on_moved(name, old, new)` is told when a port had to change."""
        self._file, self._on_moved = file, on_moved
        self._ports: dict[str, int] = json.loads(file.read_text()) if file.exists() else {}
        self._reserved: dict[int, socket.socket] = {}

    def claim(self, name: str, *, preferred: int | None = None) -> int:
        """The port of `name`: the one it had, else the preferred, else any, whichever is free first."""
        wanted = self._ports.get(name, preferred)
        taken = {port for other, port in self._ports.items() if other != name}
        if wanted is not None and wanted not in taken and self._is_ours(wanted):
            return self._remember(name, wanted)
        chosen = next(port for port in random_ports() if port not in taken and self._is_ours(port))
        if wanted is not None:
            self._on_moved(name, wanted, chosen)
        return self._remember(name, chosen)

    @property
    def chosen(self) -> dict[str, int]:
        """All names with their ports."""
        return dict(self._ports)

    def release(self) -> None:
        """Let other installations have what was claimed; the file still remembers it."""
        for name in self._reserved.values():
            name.close()
        self._reserved.clear()

    def _is_ours(self, port: int) -> bool:
        """Whether nobody listens on it, and nobody else is about to."""
        if not is_free(port):
            return False
        if port not in self._reserved:
            reserved = reserve(port)
            if reserved is None:
                return False
            self._reserved[port] = reserved
        return True

    def _remember(self, name: str, port: int) -> int:
        if self._ports.get(name) != port:
            self._ports[name] = port
            draft = self._file.with_suffix(".new")
            draft.write_text(json.dumps(self._ports, indent=1))
            draft.replace(self._file)
        return port
