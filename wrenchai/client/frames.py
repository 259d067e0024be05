"""What a live connection tells: events of the log, how far running steps are, and that nothing more will come."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from wrenchai_contracts.views import EventView, TaskStatus

from wrenchai.client.problems import ServerFault


class _Told(BaseModel):
    """Fields that a newer gateway added are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class EventFrame(EventView):
    """A recorded fact; each comes once, in the log's order."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Literal["event"] = "event"

    @property
    def journey(self) -> str | None:
        """The journey that this event tells of, if it tells of one."""
        return self.stream.partition("/")[2] or None


class ProgressFrame(_Told):
    """How far a running step is: `fraction` of it, from 0 to 1. Not an event: it may be lost."""

    kind: Literal["progress"] = "progress"
    task_id: str
    journey: str
    step: str
    attempt: int = 1
    fraction: float = 0.0
    message: str = ""


class EndFrame(_Told):
    """The task ended; `position` is that of its last event."""

    kind: Literal["end"] = "end"
    task_id: str
    status: TaskStatus
    position: int


Frame = EventFrame | ProgressFrame | EndFrame
_FRAME: TypeAdapter[Frame] = TypeAdapter(Annotated[Frame, Field(discriminator="kind")])


def read_frame(text: str | bytes) -> Frame | None:
    """The frame that a WebSocket message holds; None for a kind that only a newer client knows.

    Raises:
        ServerFault: it is no frame at all.
    """
    try:
        return _FRAME.validate_json(text)
    except ValidationError as problem:
        if problem.errors()[0]["type"] == "union_tag_invalid":
            return None
        message = "the gateway told something that is no frame; is it another version than this client's?"
        raise ServerFault(message) from problem
