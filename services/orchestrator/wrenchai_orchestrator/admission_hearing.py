"""What admission hears of in the log: little is parsed, most is passed over by its subject."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

from wrenchai_chassis.bell import Rung
from wrenchai_chassis.projection import entry_of
from wrenchai_contracts.subjects import task_of

from wrenchai_orchestrator.admission import Admission
from wrenchai_orchestrator.admission_projection import held_of, row_of
from wrenchai_orchestrator.timers import ENDS

_A_WAIT = b'"type":"wait"'


class _Told(NamedTuple):
    """An event by its subject; `now` is when it is heard."""

    event: Rung
    routing: str
    tenant: str
    stream: str
    now: datetime


class Hearing:
    """Lets `admission` know of what is recorded. `version`: how far the stream of admissions is."""

    def __init__(self, admission: Admission, version: int) -> None:
        self._admission, self.version = admission, version

    def hear(self, batch: Sequence[Rung], now: datetime) -> bool:
        """Take in consecutive events; whether one of them may change whose turn it is."""
        mattered = False
        for event in batch:
            _, event_type, routing, tenant, stream = event.subject.split(".", 4)
            follow = _BY_TYPE.get(event_type)
            if follow is not None and follow(self, _Told(event, routing, tenant, stream, now)):
                mattered = True
        return mattered

    def requested(self, told: _Told) -> bool:
        """Somebody is there who need not wait; what is held waits from now on."""
        if told.routing != "held":
            self._admission.asked(told.tenant, told.now)
            return False
        entry = entry_of(told.event.position, told.event.state)
        if entry.data.get("held"):
            self._admission.hold(held_of(row_of(entry)))
        return True

    def admitted(self, told: _Told) -> bool:
        """By us, as a rule; then it is known already."""
        entry = entry_of(told.event.position, told.event.state)
        self.version = max(self.version, entry.version)
        for task in entry.data.get("tasks", ()):
            self._admission.admitted(task, datetime.fromisoformat(entry.at))
        return False

    def prioritised(self, told: _Told) -> bool:
        """It may be the first by now."""
        if told.stream in self._admission:
            entry = entry_of(told.event.position, told.event.state)
            self._admission.prioritise(told.stream, entry.data.get("priority", 0))
        return True

    def rests(self, told: _Told) -> bool:
        """A journey of it, or all of it, is paused."""
        self._admission.rests(task_of(told.stream))
        return True

    def opened(self, told: _Told) -> bool:
        """A step that waits lets others work meanwhile."""
        return self.rests(told) if _A_WAIT in told.event.state else False

    def ended(self, told: _Told) -> bool:
        """There may be room for another."""
        if told.stream not in self._admission:
            return False
        self._admission.ended(told.stream)
        return True


_BY_TYPE: dict[str, Callable[[Hearing, _Told], bool]] = {
    "TaskRequested": Hearing.requested,
    "TasksAdmitted": Hearing.admitted,
    "TaskPrioritised": Hearing.prioritised,
    "TaskPaused": Hearing.rests,
    "JourneyPaused": Hearing.rests,
    "StepOpened": Hearing.opened,
    **dict.fromkeys(ENDS, Hearing.ended),
}
