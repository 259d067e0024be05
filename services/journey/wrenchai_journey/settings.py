"""What a journey worker is told from outside."""

import os
from pathlib import Path

from pydantic import Field
from wrenchai_chassis.settings import ServiceSettings


class JourneySettings(ServiceSettings):
    """Settings of a journey worker."""

    tool_slots: int = Field(
        default_factory=lambda: max(os.cpu_count() or 2, 2), ge=1, description="Tool processes at once."
    )
    kept_builds: int = Field(default=50, ge=1, description="Builds kept for sources that come again.")
    kept_sites: int = Field(default=200, ge=1, description="Published sites kept for looking at.")

    @property
    def step_dir(self) -> Path:
        """Logs and artifacts of running attempts, until they are stored; one directory each."""
        return self.data_dir / "steps"
