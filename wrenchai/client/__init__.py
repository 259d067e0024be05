"""The typed client of a WrenchAI gateway, blocking and awaiting, from one definition of every call.

    with Client() as wrench:                                   # WRENCHAI_URL and WRENCHAI_API_KEY, or what runs here
        accepted = wrench.submit_task(playbook="portfolio", inputs={"form": form})
        for frame in wrench.follow(accepted.task_id):          # live; survives broken connections, tells nothing twice
            print(frame)
        task = wrench.task(accepted.task_id)

    async with AsyncClient() as wrench:                        # the same methods, awaited
        accepted = await wrench.submit_task(playbook="portfolio", inputs={"form": form})
        task = await wrench.wait(accepted.task_id, timeout=60)

A running task is steered by `pause`, `resume`, `cancel`, `retry`, `skip`, `signal`, `answer`, `decide`, `extend`,
`prioritise` and `fork`; `context` says what it waits for, and what of these it allows now.

`give_verdict` tells the inspector whether a result is acceptable; `task_quality`, `explain`, `tool_quality`, `judges`,
`calibration`, `decisions`, `audits`, `drift`, `recommendations`, `quality_health` and `what_if` ask what it has learnt.

What can go wrong is the contracts' tree, and what only a client can meet:

    WrenchError
    ├── Refused                    change the request; the same one will be refused again
    │   ├── InputRejected          a field breaks the playbook's schema
    │   ├── PlaybookRejected       the playbook itself is wrong (file, line, field)
    │   ├── UnknownPlaybook
    │   ├── UnknownTask
    │   ├── UnknownSchedule
    │   ├── TaskEnded              too late: it reached its end before
    │   ├── NotNow                 the task's state (`state`) does not allow it, but what is in `legal`
    │   ├── NotJudged              the inspector has said nothing of that result yet, but of those in `judged`
    │   ├── KeyReused              the idempotency key came with another body
    │   ├── PayloadTooLarge
    │   ├── KeyRefused             the API key is unknown, or may not do this
    │   └── NotFound               an artifact or page that is not there
    ├── Unavailable                try the same again; it was tried again already, with growing pauses
    │   ├── LogUnavailable
    │   │   └── LogFull
    │   ├── Overloaded
    │   ├── Unreachable            nothing answers at the address
    │   └── Interrupted            the connection broke; done or not done is unknown
    ├── TookTooLong                `wait` only: the task goes on
    └── ServerFault                the gateway answered in a way that it never should
        └── WrongBytes             a download whose hash is not the one that names it
"""

from wrenchai_contracts.commands import ExecutePlaybook, SubmitBatch, SubmitTask
from wrenchai_contracts.errors import (
    InputRejected,
    KeyReused,
    LogFull,
    LogUnavailable,
    NotJudged,
    NotNow,
    Overloaded,
    PayloadTooLarge,
    PlaybookRejected,
    Refused,
    TaskEnded,
    Unavailable,
    UnknownPlaybook,
    UnknownSchedule,
    UnknownTask,
    WrenchError,
)

from wrenchai.client.frames import EndFrame, EventFrame, Frame, ProgressFrame
from wrenchai.client.patience import Patience
from wrenchai.client.pieces import WrongBytes
from wrenchai.client.problems import Interrupted, KeyRefused, NotFound, ServerFault, TookTooLong, Unreachable
from wrenchai.client.shells import AsyncClient, Client

__all__ = [
    "AsyncClient",
    "Client",
    "EndFrame",
    "EventFrame",
    "ExecutePlaybook",
    "Frame",
    "InputRejected",
    "Interrupted",
    "KeyRefused",
    "KeyReused",
    "LogFull",
    "LogUnavailable",
    "NotFound",
    "NotJudged",
    "NotNow",
    "Overloaded",
    "Patience",
    "PayloadTooLarge",
    "PlaybookRejected",
    "ProgressFrame",
    "Refused",
    "ServerFault",
    "SubmitBatch",
    "SubmitTask",
    "TaskEnded",
    "TookTooLong",
    "Unavailable",
    "UnknownPlaybook",
    "UnknownSchedule",
    "UnknownTask",
    "Unreachable",
    "WrenchError",
    "WrongBytes",
]
