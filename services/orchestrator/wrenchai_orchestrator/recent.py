"""Tasks that were decided on a moment ago, so that what follows is folded on top and not from the first event on."""

from collections import OrderedDict

from wrenchai_orchestrator.task import Task


class Recent:
    """A bounded memory, by number and by bytes; the longest untouched are forgotten, which costs reading them again."""

    def __init__(self, *, most: int = 2_000, most_bytes: int = 64 * 1024 * 1024) -> None:
        self._most, self._most_bytes = most, most_bytes
        self._tasks: OrderedDict[str, tuple[Task, int]] = OrderedDict()
        self._bytes = 0

    def get(self, task_id: str) -> Task | None:
        """The task, if it is remembered."""
        found = self._tasks.get(task_id)
        return found[0] if found else None

    def keep(self, task: Task) -> None:
        """Remember it, as large as it is now."""
        self.drop(task.task_id)
        self._tasks[task.task_id] = (task, task.size)
        self._bytes += task.size
        while len(self._tasks) > self._most or self._bytes > self._most_bytes:
            self.drop(next(iter(self._tasks)))

    def drop(self, task_id: str) -> None:
        """Forget it."""
        _, size = self._tasks.pop(task_id, (None, 0))
        self._bytes -= size
