"""What is to be done at which time, by key: the earliest first. Pure."""

import heapq
from datetime import datetime
from itertools import count
from typing import Generic, NamedTuple, TypeVar

Key = TypeVar("Key")
Item = TypeVar("Item")

_SLACK = 1000


class Planned(NamedTuple, Generic[Item]):
    """An item and its time."""

    when: datetime
    item: Item


class Agenda(Generic[Key, Item]):
    """A heap from which anything may be taken out again."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Key]] = []
        self._planned: dict[Key, tuple[int, Planned[Item]]] = {}
        self._numbers = count()

    def __len__(self) -> int:
        return len(self._planned)

    def __contains__(self, key: Key) -> bool:
        return key in self._planned

    @property
    def next(self) -> datetime | None:
        """The earliest time; None if there is nothing to do."""
        while self._heap and not self._holds(self._heap[0]):
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def put(self, key: Key, when: datetime, item: Item) -> None:
        """Plan it, in place of what `key` had."""
        number = next(self._numbers)
        self._planned[key] = (number, Planned(when, item))
        heapq.heappush(self._heap, (when, number, key))
        if len(self._heap) > 2 * len(self._planned) + _SLACK:
            self._heap = [entry for entry in self._heap if self._holds(entry)]
            heapq.heapify(self._heap)

    def drop(self, key: Key) -> None:
        """It need not be done."""
        self._planned.pop(key, None)

    def clear(self) -> None:
        """Nothing need be done."""
        self._heap, self._planned = [], {}

    def take(self, now: datetime, most: int) -> list[Item]:
        """What is due by `now`, at most so many; it is no more on the agenda."""
        taken: list[Item] = []
        while len(taken) < most and (when := self.next) is not None and when <= now:
            _, _, key = heapq.heappop(self._heap)
            taken.append(self._planned.pop(key)[1].item)
        return taken

    def _holds(self, entry: tuple[datetime, int, Key]) -> bool:
        planned = self._planned.get(entry[2])
        return planned is not None and planned[0] == entry[1]
