"""What the routes work with: everything of a running gateway in one place."""

from dataclasses import dataclass, field

from starlette.requests import HTTPConnection
from wrenchai_chassis.artifacts import ArtifactStore
from wrenchai_chassis.projector import Projector
from wrenchai_chassis.service import Runtime

from wrenchai_gateway.catalogue import Catalogue
from wrenchai_gateway.door import Door
from wrenchai_gateway.intake import Intake
from wrenchai_gateway.live import LiveFeed
from wrenchai_gateway.quality.reading import QualityReader
from wrenchai_gateway.reading import Reader
from wrenchai_gateway.settings import GatewaySettings


@dataclass(slots=True)
class Gateway:
    """The parts of a running gateway."""

    settings: GatewaySettings
    runtime: Runtime
    catalogue: Catalogue
    live: LiveFeed
    projector: Projector
    reader: Reader
    artifacts: ArtifactStore
    door: Door
    intake: Intake = field(init=False)
    quality: QualityReader = field(init=False)

    def __post_init__(self) -> None:
        self.quality = QualityReader(self.reader)
        self.intake = Intake(self.runtime, self.catalogue, self.door)


def gateway_of(connection: HTTPConnection) -> Gateway:
    """The gateway that serves this connection."""
    gateway = connection.app.state.gateway
    assert isinstance(gateway, Gateway)  # noqa: S101  # the lifespan has set it
    return gateway
