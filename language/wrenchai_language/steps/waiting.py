"""A `standard` step with `wait_for`: nothing runs until a person, a signal or a time lets it go on. Pure."""

from typing import Literal, NamedTuple

from wrenchai_contracts.plan import Approval, PlannedWait
from wrenchai_contracts.steps import StandardStep, WaitFor

from wrenchai_language.steps.approvals import approval_of
from wrenchai_language.steps.inside import Inside


class _Awaited(NamedTuple):
    waits_for: Literal["approval", "answer", "signal", "time"]
    name: str = ""
    title: str = ""
    approval: Approval | None = None
    timeout: float | None = None
    until: str | None = None


def node(step: StandardStep, wait: WaitFor, inside: Inside) -> PlannedWait:
    """What is waited for, and what a person is shown."""
    awaited = _awaited(wait)
    return PlannedWait(
        **inside.own_facts(step),
        **awaited._asdict(),
        details=step.inputs,
        answer=wait.form,
        on_timeout=wait.on_timeout,
    )


def _awaited(wait: WaitFor) -> _Awaited:
    if wait.signal is not None:
        return _Awaited("signal", name=wait.signal, timeout=wait.timeout)
    if wait.answer is not None:
        return _Awaited("answer", title=wait.answer, timeout=wait.timeout)
    if wait.approval is not None:
        rule = approval_of(wait.approval)
        return _Awaited("approval", title=rule.title, approval=rule, timeout=wait.timeout)
    return _Awaited("time", timeout=wait.time, until=wait.until)
