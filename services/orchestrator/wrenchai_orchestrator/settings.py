"""What the orchestrator is told from outside, besides what every service is told."""

from pydantic import Field
from wrenchai_chassis.settings import ServiceSettings
from wrenchai_language.turns import TurnLimits


class OrchestratorSettings(ServiceSettings):
    """Settings of the orchestrator; those that the gateway has too must be the same there."""

    limits: TurnLimits = Field(
        default_factory=dict, description='Tasks at once, as JSON: `{"tool:portfolio.build": 2, "tenant:*": 50}`.'
    )
    room_alone: int = Field(default=500, ge=1, description="How many of the tasks that were held run at once.")
    room_beside: int = Field(
        default=1,
        ge=1,
        description="How many of them begin together, while other tenants' tasks come that need not wait.",
    )
