"""How long each tool of a playbook usually takes: medians of its last runs in the installation, if one runs."""

from collections import defaultdict
from dataclasses import dataclass, field
from statistics import median

from wrenchai_contracts.errors import Unavailable
from wrenchai_contracts.views import StepStatus, TaskStatus

from wrenchai.cli.connecting import connect
from wrenchai.client.problems import KeyRefused
from wrenchai.client.shells import Client
from wrenchai.local.errors import NotRunning

_RUNS = 10


@dataclass(frozen=True, slots=True)
class PastRuns:
    """Seconds by tool, and over how many tasks."""

    tasks: int = 0
    seconds: dict[str, float] = field(default_factory=dict)


def past_runs(playbook: str) -> PastRuns:
    """Of the last ten tasks of that playbook that ended well; of none, where nothing runs."""
    try:
        with connect() as client:
            return _of(client, playbook)
    except (Unavailable, KeyRefused, NotRunning):
        return PastRuns()


def _of(client: Client, playbook: str) -> PastRuns:
    page = client.tasks(status=TaskStatus.COMPLETED, playbook=playbook, limit=_RUNS)
    took: defaultdict[str, list[float]] = defaultdict(list)
    for summary in page.items:
        for step in client.task(summary.task_id).steps:
            if step.tool and step.status is StepStatus.COMPLETED and step.reused_from is None:
                took[step.tool].append(step.working_seconds)
    return PastRuns(len(page.items), {tool: median(seconds) for tool, seconds in took.items()})
