"""What can be run: playbooks and tools as the catalogue stream tells them, kept in memory, added to on request."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from wrenchai_chassis.bell import Rung
from wrenchai_chassis.committer import Committer
from wrenchai_chassis.log import EventLog, VersionConflict
from wrenchai_contracts.envelope import Context, NewEvent, Recorded, Undecodable, unseal
from wrenchai_contracts.errors import FieldProblem, PlaybookRejected, UnknownPlaybook
from wrenchai_contracts.events import PlaybookRegistered, ToolRegistered
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.subjects import CATALOGUE
from wrenchai_language.absent_tools import absent_notes, undone_notes
from wrenchai_language.calls import calls_of
from wrenchai_language.expansion import size_of
from wrenchai_language.input_schema import InputSchema
from wrenchai_language.shelf import place_on

_SUBJECT_END = f".{CATALOGUE}"


@dataclass(frozen=True)
class KnownPlaybook:
    """A registered playbook, its input schema compiled when it is first needed."""

    digest: str
    playbook: Playbook

    @cached_property
    def schema(self) -> InputSchema:
        """What its inputs must be."""
        return InputSchema(self.playbook.inputs)

    @cached_property
    def tools(self) -> dict[str, str]:
        """The tools it uses, at whatever depth, each with the first place that does; without playbooks inside."""
        used: dict[str, str] = {}
        for call in calls_of(self.playbook):
            used.setdefault(call.tool, ".".join(map(str, call.place)))
        return used


class Catalogue:
    """A fold of the catalogue stream that hears of news, and looks itself before it says that something is unknown.

    `position` is that of the last event it knows; `digests` names every version of every playbook that ever was.
    """

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self._version = 0
        self._behind = True
        self._staffed: set[str] = set()
        self.position = 0
        self.digests: set[str] = set()
        self.playbooks: dict[str, KnownPlaybook] = {}
        self.shelf: dict[str, Playbook] = {}
        self.tools: dict[str, ToolRegistered] = {}

    def hear(self, batch: Iterable[Rung]) -> None:
        """Take in what was just recorded, if it is of the catalogue."""
        for event in batch:
            if event.subject.endswith(_SUBJECT_END):
                try:
                    self._learn(unseal(event.position, event.state))
                except Undecodable:
                    self._behind = True

    async def look(self) -> None:
        """Read what was recorded and not heard."""
        for row in await self._log.read_stream(CATALOGUE, self._version):
            try:
                self._learn(unseal(row.position, row.state))
            except Undecodable:  # a newer release's event, or a broken one: what it tells is not for us
                self._version = max(self._version, row.version)
        self._behind = False

    async def find(self, name: str) -> KnownPlaybook:
        """The newest playbook of that name.

        Raises:
            UnknownPlaybook: there is none.
        """
        if self._behind or name not in self.playbooks:
            await self.look()
        known = self.playbooks.get(name)
        if known is None:
            raise UnknownPlaybook(name, sorted(self.playbooks))
        return known

    async def require_tools(self, known: KnownPlaybook) -> None:
        """Somebody must do each step of it and of the playbooks inside: a tool that a worker announced, or a model.

        Raises:
            PlaybookRejected: names what nobody does, and what there is; or a playbook inside that is unknown.
        """
        if known.digest in self._staffed:
            return
        if self._undone(known.playbook):
            await self.look()
        if problems := self._undone(known.playbook):
            raise PlaybookRejected(known.playbook.name, problems)
        self._staffed.add(known.digest)

    def _undone(self, playbook: Playbook) -> list[FieldProblem]:
        try:
            size_of(playbook, self.shelf)
        except PlaybookRejected as rejected:
            return rejected.problems
        absent = ((note.place, note.reason) for note in absent_notes(playbook, self.tools, self.shelf))
        undone = undone_notes(playbook, self.tools, self.shelf)
        return [FieldProblem(".".join(map(str, place)), reason) for place, reason in chain(absent, undone)]

    async def register(self, playbook: Playbook, committer: Committer, context: Context) -> tuple[str, int | None]:
        """Record `playbook` unless it is the newest of its name already; its digest, and the position if it is new."""
        digest = playbook.digest()
        while True:
            await self.look()
            known = self.playbooks.get(playbook.name)
            if known is not None and known.digest == digest:
                return digest, None
            event = PlaybookRegistered(digest=digest, playbook=playbook)
            try:
                position = await committer.commit([NewEvent(CATALOGUE, self._version + 1, event, context)])
            except VersionConflict:
                continue
            await self.look()
            return digest, position

    def _learn(self, recorded: Recorded) -> None:
        if recorded.version != self._version + 1:
            self._behind = self._behind or recorded.version > self._version
            return
        self._version, self.position = recorded.version, recorded.position
        match recorded.event:
            case PlaybookRegistered(digest=digest, playbook=playbook):
                self.digests.add(digest)
                self.playbooks[playbook.name] = KnownPlaybook(digest, playbook)
                place_on(self.shelf, playbook)
                self._staffed.clear()  # it may be inside others
            case ToolRegistered() as tool:
                self.tools[tool.name] = tool
            case _:
                pass
