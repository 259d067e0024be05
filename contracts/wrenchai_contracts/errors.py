"""Every error that crosses a service's edge: a noun with its facts.

WrenchError
├── Refused                    the caller must change something
│   ├── InputRejected          a field breaks the schema
│   ├── PlaybookRejected       the playbook itself is wrong (file, line, column, field)
│   ├── UnknownPlaybook
│   ├── UnknownTask
│   ├── UnknownSchedule
│   ├── TaskEnded              too late: it reached its end before
│   ├── NotNow                 the task's state does not allow it; what it does allow
│   ├── NotJudged              the inspector has said nothing of that result; of which it has
│   ├── KeyReused              the idempotency key came with another body
│   └── PayloadTooLarge
└── Unavailable                the caller may try the same again later
    ├── LogUnavailable         Postgres cannot be written or read just now
    │   └── LogFull            its disk is full
    └── Overloaded             more waits than we promise to hold
"""

from dataclasses import dataclass


class WrenchError(Exception):
    """Base of all. `str(error)` is one sentence for people; it never holds a secret or a stack."""


class Refused(WrenchError):  # noqa: N818  # errors are nouns with their facts
    """The caller must change the request; the same request will be refused again."""


class Unavailable(WrenchError):  # noqa: N818  # see above
    """Nothing is wrong with the request; try again after `retry_after` seconds."""

    retry_after: float = 1.0


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One thing wrong at one place: `field` is a dotted path; `line` and `column` count from 1 when a file is known."""

    field: str
    reason: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        column = f", column {self.column}" if self.column is not None else ""
        place = f"line {self.line}{column}: " if self.line is not None else ""
        return f"{place}{self.field}: {self.reason}" if self.field else f"{place}{self.reason}"


class InputRejected(Refused):
    """The inputs break the playbook's schema; nothing was started."""

    def __init__(self, problems: list[FieldProblem]) -> None:
        super().__init__("; ".join(map(str, problems)) or "the input was refused")
        self.problems = problems


class PlaybookRejected(Refused):
    """The playbook is wrong; all problems at once, each with file, line, column and field."""

    def __init__(self, file: str, problems: list[FieldProblem]) -> None:
        super().__init__("; ".join(f"{file}: {problem}" for problem in problems))
        self.file, self.problems = file, problems


class UnknownPlaybook(Refused):
    """No playbook of that name is registered."""

    def __init__(self, name: str, known: list[str]) -> None:
        super().__init__(f"no playbook is called {name!r}; known are: {', '.join(known) or 'none yet'}")
        self.name, self.known = name, known


class UnknownTask(Refused):
    """No task has that id."""

    def __init__(self, task_id: str) -> None:
        super().__init__(f"no task has the id {task_id!r}")
        self.task_id = task_id


class TaskEnded(Refused):
    """The task reached its end before the command came."""

    def __init__(self, task_id: str, status: str) -> None:
        super().__init__(f"task {task_id} has already ended as {status}")
        self.task_id, self.status = task_id, status


class NotNow(Refused):
    """The task's state does not allow the command: why not, and what it does allow."""

    def __init__(self, task_id: str, state: str, reason: str, legal: list[str]) -> None:
        allowed = ", ".join(legal) or "nothing more"
        super().__init__(f"task {task_id} is {state}: {reason}. Allowed now: {allowed}")
        self.task_id, self.state, self.reason, self.legal = task_id, state, reason, legal


class NotJudged(Refused):
    """The inspector has said nothing of that result yet; `judged` are the task's results of which it has."""

    def __init__(self, task_id: str, step: str | None, judged: list[str]) -> None:
        what = f"step {step} of task {task_id}" if step else f"task {task_id} as a whole"
        others = f"; judged are: {', '.join(judged)}" if judged else ", nor any of its steps"
        super().__init__(f"{what} was not judged yet{others}")
        self.task_id, self.step, self.judged = task_id, step, judged


class UnknownSchedule(Refused):
    """No schedule has that name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no schedule is called {name!r}")
        self.name = name


class KeyReused(Refused):
    """An idempotency key stands for one request; this one differs from the first."""

    def __init__(self, key: str) -> None:
        super().__init__(f"the idempotency key {key!r} was used before with another request; take a new key")
        self.key = key


class PayloadTooLarge(Refused):
    """A body, output or event is over its limit in bytes."""

    def __init__(self, what: str, size: int, limit: int) -> None:
        super().__init__(f"{what} has {size} bytes; the limit is {limit}. Put large content into an artifact.")
        self.what, self.size, self.limit = what, size, limit


class LogUnavailable(Unavailable):
    """The event log cannot be reached. A write may or may not have been recorded: ask again with the same key."""


class LogFull(LogUnavailable):
    """The event log's disk is full: nothing was recorded, and nothing will be until somebody makes room."""

    retry_after = 60.0


class Overloaded(Unavailable):
    """Too much is waiting; nothing of this request was recorded."""
