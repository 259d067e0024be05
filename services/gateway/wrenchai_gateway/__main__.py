"""`python -m wrenchai_gateway`: the gateway as a process."""

import logging
import socket
from typing import Any

import uvicorn
from fastapi import FastAPI
from wrenchai_chassis.logging_setup import set_up_logging
from wrenchai_chassis.serving import serve_until_told_to_go

from wrenchai_gateway.app import application
from wrenchai_gateway.service import GATEWAY
from wrenchai_gateway.settings import GatewaySettings

_GRACE_SECONDS = 5
_LARGEST_MESSAGE_OF_A_CLIENT = 4096


def server_config(app: FastAPI, **differently: Any) -> uvicorn.Config:
    """How the application is served; `differently` is for tests that bring their own loop."""
    options: dict[str, Any] = {
        "log_config": None,
        "access_log": False,
        "loop": "uvloop",
        "http": "httptools",
        "ws": "websockets-sansio",
        "ws_max_size": _LARGEST_MESSAGE_OF_A_CLIENT,
        "ws_per_message_deflate": False,
        "lifespan": "on",
        "server_header": False,
        "proxy_headers": False,
        "timeout_keep_alive": 75,
        "timeout_graceful_shutdown": _GRACE_SECONDS,
    }
    return uvicorn.Config(app, **(options | differently))


def serve(settings: GatewaySettings) -> None:
    """Serve until SIGTERM or SIGINT; then take nothing new, close sockets with 1012, and end what is in hand."""
    set_up_logging(GATEWAY.name, settings.log_level)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    listener = socket.create_server((settings.gateway_host, settings.gateway_port), backlog=2048)
    serve_until_told_to_go(server_config(application(settings)), listener)


if __name__ == "__main__":
    serve(GatewaySettings())
