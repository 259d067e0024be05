"""Who must agree, as an author says it and as a plan holds it. Pure."""

from wrenchai_contracts.plan import Approval
from wrenchai_contracts.steps import ApprovalRule


def approval_of(rule: ApprovalRule) -> Approval:
    """Who must agree, as a plan holds it."""
    return Approval(
        title=rule.title, need=rule.need, of=rule.of, requester_may=rule.requester_may, expires=rule.expires
    )
