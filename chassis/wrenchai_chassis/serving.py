"""Serves an application until the process is told to go, and ends the process as one that did what it was told."""

import signal
import socket
from typing import NoReturn

import uvicorn

_NOT_STARTED = 3


def serve_until_told_to_go(config: uvicorn.Config, listener: socket.socket) -> None:
    """Until SIGTERM or SIGINT; what is in hand is ended first, and the exit code is 0, as uvicorn's is not.

    Raises:
        SystemExit: the process ends here; with 3 if the application could not begin.
    """
    for told in (signal.SIGTERM, signal.SIGINT):
        signal.signal(told, _leave)  # uvicorn raises the signal again when everything is done
    server = uvicorn.Server(config)
    server.run(sockets=[listener])
    if not server.started:
        raise SystemExit(_NOT_STARTED)


def _leave(*_: object) -> NoReturn:
    raise SystemExit(0)
