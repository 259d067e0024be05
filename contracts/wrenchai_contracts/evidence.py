"""What a step leaves behind besides its output: measured facts, and files named by their hash."""

from typing import Annotated

from pydantic import Field, model_validator

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
