"""What a step leaves behind besides its output: measured facts, and files named by their hash."""

from typing import Annotated

from pydantic import Field, model_validator

from wrenchai_contracts.judging import LEVELS, Report, Scale
from wrenchai_contracts.shape import Name, Recordable, Sha256


class ArtifactRef(Recordable):
    """A file that the log points to: the bytes live in the artifact store under their SHA-256."""

    sha256: Sha256
    name: str = Field(max_length=200, description="File name to offer on download, without a path.")
    media_type: str = Field(default="application/octet-stream", max_length=100)
    size: int = Field(ge=0, description="Bytes.")


class Evidence(Recordable):
    """One measured fact about a step's result: `passed` of `tried` trials went well.

    `tried == 0` says "not measured" and needs a reason; it is never read as "passed".
    """

    judge: Name = Field(description="Which check said so, e.g. `links.lychee`.")
    judge_version: str = Field(default="1", max_length=40)
    dimension: Name = Field(description="What it speaks about, e.g. `links`, `accessibility`.")
    passed: int = Field(ge=0)
    tried: int = Field(ge=0)
    weight: Annotated[float, Field(gt=0, le=10)] = 1.0
    mandatory: bool = Field(default=False, description="A failed trial can never be accepted.")
    scale: Scale | None = Field(
        default=None, description="How it is read; None: one trial as a check, more as tests, k of n. Rubric: k of 5."
    )
    family: Name | None = Field(
        default=None, description="Judges that see with the same eyes, e.g. one base model; None: its dimension."
    )
    summary: str = Field(default="", max_length=500)
    artifact: ArtifactRef | None = None

    @model_validator(mode="after")
    def _counts_agree(self) -> "Evidence":
        if self.passed > self.tried:
            message = f"passed={self.passed} exceeds tried={self.tried}"
            raise ValueError(message)
        if self.tried == 0 and not self.summary:
            message = "evidence with tried=0 means 'not measured' and needs a summary that says why"
            raise ValueError(message)
        return self

    @property
    def measured(self) -> bool:
        """Whether anything was tried at all."""
        return self.tried > 0

    @property
    def report(self) -> Report | None:
        """What it says, as a level of its scale; None if nothing was measured. A weight above 1 counts as 1."""
        if not self.measured:
            return None
        scale = self.scale or ("check" if self.tried == 1 else "tests")
        return Report(
            judge=self.judge,
            version=self.judge_version,
            family=self.family or self.dimension,
            dimension=self.dimension,
            scale=scale,
            level=level_of(scale, self.passed, self.tried),
            weight=min(self.weight, 1.0),
        )


_CUTS: dict[Scale, tuple[float, ...]] = {
    "check": (1.0,),
    "human": (1.0,),
    "tests": (0.4, 0.7, 0.9, 1.0),
    "rubric": (0.2, 0.4, 0.6, 0.8),
}
"""Shares of trials that passed from which the next level begins. A rubric's share is (grade - 1) / 4."""


def level_of(scale: Scale, passed: int, tried: int) -> int:
    """The level, from 0 to `LEVELS[scale]` - 1, that so many of so many are."""
    if scale == "rubric" and tried == LEVELS["rubric"]:
        return max(0, passed - 1)
    return sum(passed >= cut * tried for cut in _CUTS[scale])
