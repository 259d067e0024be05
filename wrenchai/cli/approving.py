"""Says yes or no to exactly what a step is about to do: nobody agrees to what they have not been shown."""

import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, NoReturn

from rich.console import Group
from rich.text import Text
from wrenchai_contracts.errors import Refused
from wrenchai_contracts.views import ApprovalView

from wrenchai.cli.approvals import agreed, all_approvals, begins, in_full
from wrenchai.cli.connecting import connect
from wrenchai.cli.controlling import show_to_its_end
from wrenchai.cli.exit_codes import USAGE
from wrenchai.cli.input_files import InputFileWrong, json_object
from wrenchai.cli.screen import Screen
from wrenchai.client.shells import Client

_BEGINNING = re.compile(r"[0-9a-f]{8,64}")

Decision = Literal["approve", "reject", "change"]


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody decides on: a step, and the digest of exactly what it is about to do, or how that begins."""

    task_id: str
    step: str | None
    digest: str | None
    yes: bool
    reason: str

    @property
    def certain(self) -> bool:
        """Whether it says what it means."""
        return self.digest is not None or self.yes


class NothingToDecide(Refused):
    """Nobody is asked that, or not any more; `others` are asked."""

    def __init__(self, choice: Choice, status: str, others: Iterable[str]) -> None:
        what = choice.step or "it"
        if choice.digest is not None:
            what = f"{what} with the digest {choice.digest}"
        asked = f"; asked are: {', '.join(others)}. Look at them again" if others else ""
        super().__init__(f"{choice.task_id} is {status}, and nobody is asked to agree to {what}{asked}")
        self.task_id, self.step, self.digest = choice.task_id, choice.step, choice.digest


def decide(choice: Choice, decision: Decision, change: str | None, *, follow: bool, as_json: bool) -> None:
    """`wrenchai approve` and `wrenchai reject`; without a digest or --yes it only shows what would be decided on."""
    screen = Screen(as_json=as_json)
    inputs = None if change is None else json_object("--change", change)
    with connect() as client:
        asked = asked_now(client, choice)
        if not choice.certain:
            _show(asked, decision, screen)
        one = chosen(asked, choice)
        accepted = client.decide(one.task_id, one.step, str(one.digest), decision, change=inputs, reason=choice.reason)
        if follow:
            show_to_its_end(client, accepted, screen)
    screen.result(accepted, Text(said(one, decision)))


def asked_now(client: Client, choice: Choice) -> list[ApprovalView]:
    """What the task asks people now, at that step if one is named.

    Raises:
        UnknownTask, NothingToDecide
    """
    asked = all_approvals(client, choice.task_id, "waiting", min_position=client.log_head().position).items
    here = [one for one in asked if choice.step in {None, one.step}]
    if here:
        return here
    raise NothingToDecide(choice, client.task(choice.task_id).status, [one.step for one in asked])


def chosen(asked: list[ApprovalView], choice: Choice) -> ApprovalView:
    """The one that is meant.

    Raises:
        InputFileWrong: the digest is too short, or could mean several.
        NothingToDecide: nothing with that digest is asked now.
    """
    beginning = (choice.digest or "").lower()
    if choice.digest is not None and not _BEGINNING.fullmatch(beginning):
        place = f"--digest {choice.digest}"
        raise InputFileWrong(place, reason="give 8 to 64 of its digits, from its beginning")
    meant = [one for one in asked if (one.digest or "").startswith(beginning)]
    if not meant:
        raise NothingToDecide(choice, "waiting", [f"{one.step} ({begins(one)})" for one in asked])
    if len(meant) > 1:
        place, steps = f"wrenchai approve {choice.task_id}", ", ".join(f"{one.step} ({begins(one)})" for one in meant)
        raise InputFileWrong(place, reason=f"several are meant; name one: {steps}")
    return meant[0]


def said(one: ApprovalView, decision: Decision) -> str:
    """What was decided, and what is missing still."""
    about = f"{one.step} of {one.task_id} ({begins(one)})"
    if decision == "reject":
        return f"rejected: {about}"
    missing = one.need - agreed(one) - 1
    more = f"; {missing} more must agree" if missing > 0 else ""
    return f"{'approved' if decision == 'approve' else 'approved with other inputs'}: {about}{more}"


def _show(asked: list[ApprovalView], decision: Decision, screen: Screen) -> NoReturn:
    verb = "reject" if decision == "reject" else "approve"
    commands = [f"wrenchai {verb} {one.task_id} {one.step} --digest {begins(one)}" for one in asked]
    shown: list[Any] = []
    for one, command in zip(asked, commands, strict=True):
        shown += [in_full(one), Text(), Text.assemble(f"to {verb} exactly this: ", (command, "bold")), Text()]
    value = {"decided": False, "asked": asked, "commands": commands}
    screen.result(value, Group(*shown[:-1]))
    sys.exit(USAGE)
