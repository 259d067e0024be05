"""What an author says of a step's quality, as its node holds it. Pure."""

from collections.abc import Callable

from wrenchai_contracts.judging import Costs
from wrenchai_contracts.plan import Gate, JudgeOnCall, Node
from wrenchai_contracts.steps import JudgeRule, StatedCosts, StepQuality

from wrenchai_language.steps.approvals import approval_of

_NOT_SAID = StatedCosts()


def gate_of(quality: StepQuality, costs: Costs, judge: Callable[[JudgeRule], Node]) -> Gate:
    """The gate of a step in a playbook of these `costs`; `judge` makes the journey that asks one of its judges."""
    return Gate(
        retries=quality.retries,
        judges=tuple(_on_call(rule, judge(rule)) for rule in quality.judges),
        costs=None if quality.costs == _NOT_SAID else quality.costs.over(costs),
        reject_below=quality.reject_below,
        approval=None if quality.approval is None else approval_of(quality.approval),
    )


def _on_call(rule: JudgeRule, asking: Node) -> JudgeOnCall:
    """Where its evidence calls itself otherwise than the tool, the author says so; alone, it is its own family."""
    judge = rule.judge or rule.use
    return JudgeOnCall(
        name=rule.name,
        body=(asking,),
        judge=judge,
        version=rule.version,
        family=rule.family or judge,
        scale=rule.scale,
        price=rule.price,
    )
