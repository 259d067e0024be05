"""What the inspector is told from outside, besides what every service is told."""

from pydantic import Field
from wrenchai_chassis.settings import ServiceSettings


class InspectorSettings(ServiceSettings):
    """Settings of the inspector: when and with how much the background model is fitted."""

    refresh_after: int = Field(default=500, ge=1, description="New results after which the background model is fitted.")
    refresh_every: float = Field(default=900.0, gt=0, description="Seconds after which fewer new results are enough.")
    refresh_least: int = Field(default=100, ge=20, description="Results that there must be before it is fitted at all.")
    refresh_megabytes: int = Field(default=1024, ge=256, description="Memory that a fit may take.")
    refresh_seconds: float = Field(default=300.0, gt=0, description="Time that a fit may take.")
