"""Tasks that wait, in lanes: those of one tenant that take part in the same shares, the first in front. Pure."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush, heapreplace
from itertools import count
from typing import NamedTuple

from wrenchai_contracts.shape import TaskId

_SLACK = 1000

Order = tuple[int, str, TaskId]
"""How one tenant's tasks go: highest priority first, then the oldest."""

_AWAKE = ""


class Share(NamedTuple):
    """See the contract of this name."""

    name: str
    most: int
    within: float | None = None


class Held(NamedTuple):
    """A task that waits; `at` is when it was requested, as ISO 8601 in UTC to the microsecond."""

    task_id: TaskId
    tenant: str
    priority: int
    at: str
    shares: tuple[Share, ...] = ()

    @property
    def order(self) -> Order:
        """Its place among its tenant's."""
        return (-self.priority, self.at, self.task_id)


@dataclass(slots=True, eq=False)
class Lane:
    """Tasks that are alike but for their order; `sleeps` names the share that is in their way."""

    tenant: str
    shares: tuple[Share, ...]
    orders: list[Order] = field(default_factory=list)
    sleeps: str = _AWAKE

    @property
    def head(self) -> Order:
        """The first of them."""
        return self.orders[0]


class _Entry(NamedTuple):
    """A lane in a heap; it is stale if its lane has another head by now, or is elsewhere."""

    order: Order
    number: int
    lane: Lane


class Lanes:
    """All lanes; to look at the best costs the logarithm of how many there are. `of`: how many wait of each tenant.

    A lane is in the heap of its tenant's lanes that are awake, or of those that sleep for one share. When there may be
    room in that share, the heap is open, and its best lanes are tried one by one; the others sleep on.
    """

    def __init__(self) -> None:
        self.of: Counter[str] = Counter()
        self._tasks: dict[TaskId, Held] = {}
        self._lanes: dict[tuple[str, tuple[Share, ...]], Lane] = {}
        self._heaps: defaultdict[tuple[str, str], list[_Entry]] = defaultdict(list)
        self._open: defaultdict[str, set[str]] = defaultdict(set)
        self._asleep: defaultdict[str, set[str]] = defaultdict(set)
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._tasks)

    def __contains__(self, task: TaskId) -> bool:
        return task in self._tasks

    @property
    def tenants(self) -> list[str]:
        """Whose lanes may have somebody who can go."""
        return list(self._open)

    def add(self, task: Held) -> None:
        """It waits in its lane."""
        key = (task.tenant, task.shares)
        lane = self._lanes.get(key)
        if lane is None:
            lane = self._lanes[key] = Lane(task.tenant, task.shares)
        self._tasks[task.task_id] = task._replace(shares=lane.shares)
        self.of[task.tenant] += 1
        heappush(lane.orders, task.order)
        if lane.head == task.order:
            self._put(lane)

    def remove(self, task: TaskId) -> Held | None:
        """It waits no more; None if it did not."""
        held = self._tasks.pop(task, None)
        if held is not None:
            self.of[held.tenant] -= 1
            if not self.of[held.tenant]:
                del self.of[held.tenant]
            self._tidy(self._lanes[held.tenant, held.shares])
        return held

    def prioritise(self, task: TaskId, priority: int) -> None:
        """Give it another place, if it waits."""
        held = self.remove(task)
        if held is not None:
            self.add(held._replace(priority=priority))

    def best(self, tenant: str) -> Lane | None:
        """The tenant's lane with the best task, of those that are awake or may wake."""
        best: _Entry | None = None
        for name in list(self._open.get(tenant, ())):
            entry = self._top(tenant, name)
            if entry is None:
                self._close(tenant, name)
            elif best is None or entry < best:
                best = entry
        return best.lane if best else None

    def sleep(self, lane: Lane, share: str) -> None:
        """Nobody of that lane can go until there is room in `share`."""
        if lane.sleeps == share:
            self._close(lane.tenant, share)
        else:
            lane.sleeps = share
            self._put(lane)

    def wake(self, share: str) -> None:
        """There may be room in `share`."""
        for tenant in self._asleep.pop(share, ()):
            self._open[tenant].add(share)

    def _put(self, lane: Lane) -> None:
        heappush(self._heaps[lane.tenant, lane.sleeps], _Entry(lane.head, next(self._numbers), lane))
        if lane.sleeps == _AWAKE:
            self._open[lane.tenant].add(_AWAKE)
        elif lane.sleeps not in self._open.get(lane.tenant, ()):
            self._asleep[lane.sleeps].add(lane.tenant)

    def _close(self, tenant: str, name: str) -> None:
        """Nobody of that heap can go for now."""
        self._open[tenant].discard(name)
        if not self._open[tenant]:
            del self._open[tenant]
        if (tenant, name) in self._heaps:
            self._asleep[name].add(tenant)

    def _top(self, tenant: str, name: str) -> _Entry | None:
        """The best of one heap, once all that is stale in front of it is put right."""
        entries = self._heaps[tenant, name]
        while entries:
            lane = entries[0].lane
            if lane.sleeps != name or not self._has_head(lane):
                heappop(entries)
            elif lane.head == entries[0].order:
                return entries[0]
            else:
                heapreplace(entries, _Entry(lane.head, next(self._numbers), lane))
        del self._heaps[tenant, name]
        return None

    def _has_head(self, lane: Lane) -> bool:
        """Whether anybody waits in it; who does not any more is let out first."""
        while lane.orders and not self._waits(lane.orders[0]):
            heappop(lane.orders)
        key = (lane.tenant, lane.shares)
        if not lane.orders and self._lanes.get(key) is lane:
            del self._lanes[key]
        return bool(lane.orders)

    def _waits(self, order: Order) -> bool:
        held = self._tasks.get(order[2])
        return held is not None and held.priority == -order[0]

    def _tidy(self, lane: Lane) -> None:
        """Who left from the middle is let out when they are many."""
        if len(lane.orders) > 2 * len(self._tasks) + _SLACK:
            lane.orders = [order for order in lane.orders if self._waits(order)]
            heapify(lane.orders)
