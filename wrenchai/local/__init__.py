"""The embedded local start: real Postgres, real NATS and the services, supervised, in one directory."""

from wrenchai.local.attached import RunningStack, attach
from wrenchai.local.data_directory import DataDirectory, default_home
from wrenchai.local.endpoints import Endpoints
from wrenchai.local.errors import LocalStartError
from wrenchai.local.process_spec import ProcessSpec
from wrenchai.local.readiness import answers_http
from wrenchai.local.stack import Stack
from wrenchai.local.status import Notice, ProcessStatus, StackStatus, State

__all__ = [
    "DataDirectory",
    "Endpoints",
    "LocalStartError",
    "Notice",
    "ProcessSpec",
    "ProcessStatus",
    "RunningStack",
    "Stack",
    "StackStatus",
    "State",
    "answers_http",
    "attach",
    "default_home",
]
