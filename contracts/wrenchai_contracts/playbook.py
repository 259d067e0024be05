"""The shape of a playbook, as an author writes it in YAML, and everything that can be wrong with one."""

from hashlib import sha256
from typing import Annotated, Literal

from pydantic import Field, model_validator

from wrenchai_contracts.plan import Expression
from wrenchai_contracts.shape import JsonObject, Name, Seconds, Sha256
from wrenchai_contracts.steps import ApprovalRule, Authored, Cost, StatedCosts, Step


class Role(Authored):
    """What an agent may be asked to be, and the tools it may use in that part."""

    description: str = ""
    tools: tuple[Name, ...] = ()


class QualityBar(Authored):
    """How probable it must be that the result is good, what mistakes cost, and who looks where that is not clear."""

    accept_above: float = Field(default=0.7, ge=0, le=1)
    reject_below: float = Field(default=0.2, ge=0, le=1, description="Upper end of the interval below this: failed.")
    costs: StatedCosts = Field(default=StatedCosts(), description="What is not said, `accept_above` amounts to.")
    escalation: Literal["complete", "ask"] = Field(
        default="complete", description="Where a person should look: end, marked so, or wait for a person's word."
    )
    approval: ApprovalRule | None = Field(default=None, description="Who is asked; else anybody, the requester too.")

    @model_validator(mode="after")
    def _bars_in_order(self) -> "QualityBar":
        if self.reject_below > self.accept_above:
            message = "reject_below must not exceed accept_above"
            raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _asks_whom(self) -> "QualityBar":
        if self.approval is not None and self.escalation != "ask":
            message = "`approval` says who is asked; write `escalation: ask` too, or nobody is"
            raise ValueError(message)
        return self


class ConcurrencyRule(Authored):
    """At most `limit` tasks whose `key` has one value run at once; more wait their turn."""

    key: Expression = Field(description="CEL over `inputs`, `metadata`, `tenant`.")
    limit: int = Field(ge=1, le=100_000)


class RateRule(Authored):
    """At most `most` tasks whose `key` has one value begin within any span of `per`; more wait their turn."""

    key: Expression = Field(default='"all"', description="CEL over `inputs`, `metadata`, `tenant`.")
    per: Annotated[Seconds, Field(gt=0, le=31 * 86400)]
    most: int = Field(ge=1, le=10_000)


class Playbook(Authored):
    """A written plan: inputs, roles, quality bar and steps."""

    name: Name
    version: str = Field(default="1", max_length=40)
    description: str = Field(default="", max_length=2000)
    keywords: tuple[str, ...] = Field(default=(), description="Words that a goal may use to mean this playbook.")
    id_prefix: str = Field(default="task", pattern=r"^[a-z][a-z0-9]{0,23}$")
    inputs: JsonObject = Field(default_factory=dict, description="JSON Schema of what the task must be given.")
    roles: dict[Name, Role] = Field(default_factory=dict)
    quality: QualityBar = QualityBar()
    budget: Cost = Field(default=Cost(), description="What a whole task may cost.")
    same_call: int = Field(default=50, ge=1, le=1_000_000, description="How often loops may repeat one call.")
    priority: int = Field(default=0, ge=-100, le=100)
    concurrency: ConcurrencyRule | None = None
    rate: RateRule | None = None
    deadline: Annotated[Seconds, Field(gt=0, le=400 * 86400)] = 86400.0
    steps: tuple[Step, ...] = Field(min_length=1, max_length=10_000)

    def digest(self) -> Sha256:
        """SHA-256 of the playbook's JSON without what is as always; names it in the log for ever."""
        return sha256(self.model_dump_json(by_alias=True, exclude_defaults=True).encode()).hexdigest()
