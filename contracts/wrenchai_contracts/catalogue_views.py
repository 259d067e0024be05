"""What readers are shown of what can be run: playbooks and tools."""

from pydantic import Field

from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.shape import Frozen, JsonObject
from wrenchai_contracts.spending import Spending


class PlaybookSummary(Frozen):
    """A registered playbook as a list shows it."""

    name: str
    version: str
    description: str
    digest: str
    steps: int
    inputs: JsonObject = Field(default_factory=dict)


class PlaybookList(Frozen):
    """Every registered playbook, each in its newest version."""

    items: tuple[PlaybookSummary, ...]


class PlaybookProblem(Frozen):
    """One thing wrong with a playbook, or to be known of it, and where."""

    field: str
    reason: str
    line: int | None = None
    column: int | None = None


class PlaybookText(Frozen):
    """A registered playbook in full. `position` is that of its registration, where that was asked for."""

    digest: str
    playbook: Playbook
    position: int | None = None
    notes: tuple[PlaybookProblem, ...] = Field(default=(), description="See `PlaybookVerdict`; where just registered.")


class PlaybookVerdict(Frozen):
    """Whether a playbook is right as it is now; nothing was recorded."""

    valid: bool
    digest: str | None = None
    problems: tuple[PlaybookProblem, ...] = ()
    notes: tuple[PlaybookProblem, ...] = Field(
        default=(), description="What became of the fields of an old layout; which steps nobody does as it is now."
    )


class ToolView(Frozen):
    """A tool as its worker announced it."""

    name: str
    version: str
    summary: str = ""
    inputs: JsonObject = Field(default_factory=dict)
    outputs: JsonObject = Field(default_factory=dict)
    roles: tuple[str, ...] = ()
    effect: bool = Field(default=False, description="It does something outside that cannot be done twice unnoticed.")
    most: Spending = Field(default=Spending(calls=1), description="What one call costs at most.")


class ToolList(Frozen):
    """Every announced tool."""

    items: tuple[ToolView, ...]
