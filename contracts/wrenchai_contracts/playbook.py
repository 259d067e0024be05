"""The shape of a playbook, as an author writes it in YAML, and everything that can be wrong with one."""

from hashlib import sha256
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, model_validator

from wrenchai_contracts.plan import RetryPolicy
from wrenchai_contracts.shape import Frozen, JsonObject, Name, Seconds, Sha256, StepId


class _Authored(Frozen):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Role(_Authored):
    """What an agent may be asked to be, and the tools it may use in that part."""

    description: str = ""
    tools: tuple[Name, ...] = ()


class QualityBar(_Authored):
    """What the inspector's posterior must reach: the lower end of the interval against `accept_above`."""

    accept_above: float = Field(default=0.7, ge=0, le=1)
    reject_below: float = Field(default=0.2, ge=0, le=1, description="Upper end of the interval below this: failed.")

    @model_validator(mode="after")
    def _bars_in_order(self) -> "QualityBar":
        if self.reject_below > self.accept_above:
            message = "reject_below must not exceed accept_above"
            raise ValueError(message)
        return self


class StandardStep(_Authored):
    """One tool call by one role."""

    id: StepId
    type: Literal["standard"] = "standard"
    description: str = ""
    tool: Name
    role: Name | None = None
    needs: tuple[StepId, ...] | None = Field(default=None, description="Default: the step before it.")
    inputs: JsonObject = Field(default_factory=dict, alias="with")
    timeout: Annotated[Seconds, Field(gt=0, le=7 * 86400)] = 300.0
    retry: RetryPolicy = RetryPolicy()
    on_failure: Literal["fail", "continue"] = "fail"


class ParallelStep(_Authored):
    """Branches that run side by side: either named `branches`, or one `step` for each item of a list."""

    id: StepId
    type: Literal["work_in_parallel"]
    description: str = ""
    role: Name | None = None
    needs: tuple[StepId, ...] | None = None
    branches: tuple[StandardStep, ...] = ()
    for_each: str | None = Field(default=None, description="A reference to a list, e.g. ${inputs.projects}.")
    item_name: StepId = Field(default="item", alias="as")
    step: StandardStep | None = None
    max_parallel: int = Field(default=100, ge=1, le=1000)
    on_failure: Literal["fail", "continue"] = "fail"

    @model_validator(mode="after")
    def _one_kind_of_fan_out(self) -> "ParallelStep":
        named, listed = bool(self.branches), self.for_each is not None and self.step is not None
        if named == listed or (self.for_each is None) != (self.step is None):
            message = "a work_in_parallel step needs either `branches`, or `for_each` together with `step`"
            raise ValueError(message)
        return self


Step = Annotated[StandardStep | ParallelStep, Field(discriminator="type")]


class Playbook(_Authored):
    """A written plan: inputs, roles, quality bar and steps."""

    name: Name
    version: str = Field(default="1", max_length=40)
    description: str = Field(default="", max_length=2000)
    keywords: tuple[str, ...] = Field(default=(), description="Words that a goal may use to mean this playbook.")
    id_prefix: str = Field(default="task", pattern=r"^[a-z][a-z0-9]{0,23}$")
    inputs: JsonObject = Field(default_factory=dict, description="JSON Schema of what the task must be given.")
    roles: dict[Name, Role] = Field(default_factory=dict)
    quality: QualityBar = QualityBar()
    deadline: Annotated[Seconds, Field(gt=0, le=30 * 86400)] = 86400.0
    steps: tuple[Step, ...] = Field(min_length=1, max_length=10_000)

    @model_validator(mode="before")
    @classmethod
    def _steps_are_standard_unless_they_say_otherwise(cls, raw: object) -> object:
        if isinstance(raw, dict) and isinstance(raw.get("steps"), list):
            steps = [{"type": "standard", **s} if isinstance(s, dict) else s for s in raw["steps"]]
            return {**raw, "steps": steps}
        return raw

    def digest(self) -> Sha256:
        """SHA-256 of the playbook's JSON; names it in the log for ever."""
        return sha256(self.model_dump_json(by_alias=True).encode()).hexdigest()
