"""Whose turn it is: of the tasks that are held, those that may begin. Pure, and cheap however many wait.

The highest priority goes first, then the tenant of which the fewest run, then the oldest. While all that comes is
held, many run at once (`Room.alone`); while tasks of others begin without waiting, few of those that were held begin
together (`Room.beside`), so that whoever asks for little finds an idle system. Of a tenant of which none runs, one
always may.

What a task takes part in (`Share`), it does until it ends. The room it takes, it gives back sooner: when it waits for
something, or after `LEASE`; so no task that waits for a person, and no end that is never told, holds up the others.
"""

from collections import Counter, defaultdict, deque
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from itertools import islice
from typing import NamedTuple

from wrenchai_contracts.shape import TaskId

from wrenchai_orchestrator.admission_lanes import Held, Lane, Lanes, Share

LATELY = timedelta(seconds=10)
"""For so long a tenant counts as there after a task of it began without waiting."""

BRISK = timedelta(seconds=5)
"""A task that has run for longer is a long one: those wait for slots, not for us, and disturb nobody's beginning."""

LEASE = timedelta(minutes=10)

_PORTION = 8


class Room(NamedTuple):
    """How many of the tasks that were held run at once; beside others, how many of those that began just now.

    A full room is refilled by the eighth: many that begin together cost less than one after the other.
    """

    alone: int = 500
    beside: int = 1


ROOM = Room()


class _Running(NamedTuple):
    tenant: str
    shares: tuple[Share, ...]


class Admission:
    """All that is held, and all that was and has not ended."""

    def __init__(self, room: Room = ROOM) -> None:
        self._room = room
        self._waiting = Lanes()
        self._running: dict[TaskId, _Running] = {}
        self._taking_room: dict[TaskId, str] = {}
        self._room_taken: Counter[str] = Counter()
        self._leases: deque[tuple[datetime, TaskId]] = deque()
        self._used: Counter[str] = Counter()
        self._begun: defaultdict[str, deque[datetime]] = defaultdict(deque)
        self._alarms: list[tuple[datetime, str]] = []
        self._asked: dict[str, datetime] = {}
        self._fresh: dict[TaskId, datetime] = {}
        self._beside = self._was_full = False

    def __contains__(self, task: TaskId) -> bool:
        return task in self._waiting or task in self._running

    @property
    def waiting(self) -> int:
        """How many are held."""
        return len(self._waiting)

    @property
    def running(self) -> int:
        """How many were held and have not ended."""
        return len(self._running)

    # --- what is heard -----------------------------------------------------------------------------------

    def asked(self, tenant: str, now: datetime) -> None:
        """A task of `tenant` begins without waiting."""
        self._asked[tenant] = now

    def hold(self, task: Held) -> None:
        """It waits from now on, unless its turn came before."""
        if task.task_id not in self:
            self._waiting.add(task)

    def prioritise(self, task: TaskId, priority: int) -> None:
        """It matters more or less than it did."""
        self._waiting.prioritise(task, priority)

    def admitted(self, task: TaskId, at: datetime) -> None:
        """Its turn came, here or elsewhere."""
        held = self._waiting.remove(task)
        if held is not None:
            self.began(held, at)

    def began(self, task: Held, at: datetime) -> None:
        """It was admitted at `at` and has not ended."""
        self._running[task.task_id] = _Running(task.tenant, task.shares)
        self._taking_room[task.task_id] = task.tenant
        self._fresh[task.task_id] = at
        self._room_taken[task.tenant] += 1
        self._leases.append((at + LEASE, task.task_id))
        for share in task.shares:
            if share.within is None:
                self._used[share.name] += 1
            else:
                self.paced(share, at)

    def paced(self, share: Share, at: datetime) -> None:
        """A task that counts for this rate began at `at`, whether or not it has ended."""
        begun = self._begun[share.name]
        begun.append(at)
        if len(begun) > 1 and begun[-2] > at:
            self._begun[share.name] = deque(sorted(begun))

    def rests(self, task: TaskId) -> None:
        """It waits for something: others may use its room."""
        self._fresh.pop(task, None)
        tenant = self._taking_room.pop(task, None)
        if tenant is not None:
            self._room_taken[tenant] -= 1
            if not self._room_taken[tenant]:
                del self._room_taken[tenant]

    def ended(self, task: TaskId) -> None:
        """It needs nothing any more, whether or not its turn ever came."""
        self._waiting.remove(task)
        self.rests(task)
        running = self._running.pop(task, None)
        for share in running.shares if running else ():
            if share.within is None:
                self._give_back(share.name)

    def _give_back(self, name: str) -> None:
        self._used[name] -= 1
        if not self._used[name]:
            del self._used[name]
        self._waiting.wake(name)

    # --- what follows ------------------------------------------------------------------------------------

    def admit(self, now: datetime, most: int = 100) -> list[TaskId]:
        """Tasks whose turn it is at `now`, at most so many, in order; they count as running from here on."""
        self._pass_time(now)
        self._look_around()
        offers = [offer for tenant in self._waiting.tenants if (offer := self._offer(tenant, now)) is not None]
        heapify(offers)
        chosen: list[TaskId] = []
        while offers and len(chosen) < most:
            offer = heappop(offers)
            tenant, now_offered = offer[-1], self._offer(offer[-1], now)
            if now_offered is not None and now_offered > offer:
                heappush(offers, now_offered)
            elif now_offered is not None and self._has_room(tenant):
                chosen.append(now_offered[-2])
                self.admitted(now_offered[-2], now)
                if (following := self._offer(tenant, now)) is not None:
                    heappush(offers, following)
        return chosen

    def next_time(self) -> datetime | None:
        """When to ask again even if nothing is heard; None if never."""
        if not self.waiting:
            return None
        times = [self._alarms[0][0]] if self._alarms else []
        times += [self._leases[0][0]] if self._leases else []
        if self._beside:
            times += [at + LATELY for at in self._asked.values()]
            times += [at + BRISK for at in islice(self._fresh.values(), 1)]
        return min(times, default=None)

    def _look_around(self) -> None:
        """Whether others come, and whether a room that was full is to be refilled yet: see `Room`."""
        self._beside = any(tenant not in self._waiting.of for tenant in self._asked)
        free = self._room.alone - len(self._taking_room)
        self._was_full = free <= 0 or (self._was_full and free < self._room.alone // _PORTION)

    def _has_room(self, tenant: str) -> bool:
        if tenant not in self._room_taken:
            return True
        crowded = self._beside and len(self._fresh) >= self._room.beside
        return not crowded and not self._was_full and len(self._taking_room) < self._room.alone

    def _pass_time(self, now: datetime) -> None:
        while self._leases and self._leases[0][0] <= now:
            self.rests(self._leases.popleft()[1])
        while self._fresh and next(iter(self._fresh.values())) + BRISK <= now:
            del self._fresh[next(iter(self._fresh))]
        while self._alarms and self._alarms[0][0] <= now:
            self._waiting.wake(heappop(self._alarms)[1])
        self._asked = {tenant: at for tenant, at in self._asked.items() if at + LATELY > now}

    def _offer(self, tenant: str, now: datetime) -> tuple[int, int, str, TaskId, str] | None:
        """The best task of a tenant that no share is in the way of, in the order in which tenants' best ones go."""
        while (lane := self._waiting.best(tenant)) is not None:
            full = next((share for share in lane.shares if self._is_full(share, now)), None)
            if full is None:
                priority, at, task = lane.head
                return (priority, self._room_taken.get(tenant, 0), at, task, tenant)
            self._put_to_sleep(lane, full)
        return None

    def _put_to_sleep(self, lane: Lane, full: Share) -> None:
        self._waiting.sleep(lane, full.name)
        if full.within is not None:
            heappush(self._alarms, (self._begun[full.name][-full.most] + timedelta(seconds=full.within), full.name))

    def _is_full(self, share: Share, now: datetime) -> bool:
        if share.within is None:
            return self._used.get(share.name, 0) >= share.most
        begun = self._begun.get(share.name)
        if begun is None:
            return False
        while begun and begun[0] + timedelta(seconds=share.within) <= now:
            begun.popleft()
        if not begun:
            del self._begun[share.name]
        return len(begun) >= share.most
