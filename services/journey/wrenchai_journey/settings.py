"""What a journey worker is told from outside."""

import os

from pydantic import Field
from wrenchai_chassis.settings import ServiceSettings


class JourneySettings(ServiceSettings):
    """Settings of a journey worker."""

    tool_slots: int = Field(
        default_factory=lambda: max(os.cpu_count() or 2, 2), ge=1, description="Tool processes at once."
    )
