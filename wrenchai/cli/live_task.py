"""A task as its events tell it while it runs: what the terminal's live view is drawn from. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from wrenchai_contracts.events import ExecutionEvaluated
from wrenchai_contracts.views import TaskStatus

from wrenchai.cli.live_rows import Key, Places, Row, seconds_between
from wrenchai.cli.task_tree import Branch, Share, share_of, tree_of
from wrenchai.cli.waiting import Waiting


@dataclass(frozen=True, slots=True)
class SetAside:
    """An event that a service gave up on. What would follow from it waits for an operator."""

    consumer: str
    position: int
    reason: str

    @property
    def redrive(self) -> str:
        """The command that sends it to its service again."""
        return f"wrenchai parked redrive {self.consumer} {self.position}"


@dataclass(frozen=True, slots=True)
class LiveTask:
    """What the frames so far tell of one task."""

    task_id: str
    playbook: str = ""
    status: TaskStatus = TaskStatus.REQUESTED
    rows: Mapping[Key, Row] = field(default_factory=dict)
    places: Places = field(default_factory=Places)
    began_at: datetime | None = None
    ended_at: datetime | None = None
    position: int = 0
    reason: str = ""
    failed_step: str | None = None
    evaluation: ExecutionEvaluated | None = None
    parked: tuple[SetAside, ...] = ()
    paused: bool = False
    known_progress: float | None = None

    @property
    def shown_status(self) -> TaskStatus:
        """Parked, paused or waiting as long as it is that; else where it is in its life."""
        if self.status.ended:
            return self.status
        if self.parked:
            return TaskStatus.PARKED
        if self.status is TaskStatus.CANCELLING:
            return self.status
        if self.paused:
            return TaskStatus.PAUSED
        return TaskStatus.WAITING if self.waits and self.at_rest else self.status

    @property
    def ordered(self) -> list[Row]:
        """The rows as the plan has them."""
        return self.places.ordered(self.rows.values())

    @property
    def tree(self) -> list[Branch]:
        """The rows as the plan has them, each under the block that it lies in."""
        return tree_of(self.ordered)

    @property
    def waits(self) -> list[Waiting]:
        """What it waits for now, as the plan has it; nothing once it has ended."""
        if self.status.ended:
            return []
        waiting = self.places.ordered(row for row in self.rows.values() if row.open_wait is not None)
        return [row.wait for row in waiting if row.wait is not None]

    @property
    def at_rest(self) -> bool:
        """Whether no worker has anything of it, or will without being told."""
        return not any(row.at_work for row in self.rows.values())

    @property
    def progress(self) -> float:
        """From 0 to 1: as it was told, else with each tool call and wait counting the same."""
        return self.progress_by(share_of(self.tree))

    def progress_by(self, share: Share) -> float:
        """The same, where the share of its tree is at hand."""
        if self.status is TaskStatus.COMPLETED:
            return 1.0
        if self.known_progress is not None:
            return self.known_progress
        return share.done / share.weight if share.weight else 0.0

    def seconds(self, now: datetime) -> float:
        """How long it has been going on."""
        return seconds_between(self.began_at, self.ended_at or now)

    def at(self, path: str) -> list[Row]:
        """The rows at a path: a block or a wait, or the steps of a journey."""
        return sorted((row for row in self.rows.values() if row.path == path), key=lambda row: row.number)

    def inside(self, path: str) -> list[Row]:
        """The rows that lie in a block."""
        return [row for row in self.rows.values() if row.path.startswith(f"{path}.")]

    def with_rows(self, rows: Iterable[Row], *, without: Iterable[Row] = ()) -> "LiveTask":
        """The task with these rows in place of those of the same keys, and without those."""
        gone = {row.key for row in without}
        kept = {key: row for key, row in self.rows.items() if key not in gone} if gone else self.rows
        return replace(self, rows={**kept, **{row.key: row for row in rows}})
