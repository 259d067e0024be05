"""Not measured is never passed, and never accepted unseen."""

from wrenchai_contracts.judging import Report, Subject, Work
from wrenchai_judgement.knowledge import Knowledge

WORK = Work(role="builder", tool="build", playbook="site")
FLAWLESS = tuple(Report(judge=f"check_{n}", family=f"check_{n}", dimension="site", level=1) for n in range(12))


def test_a_flawless_rest_does_not_vouch_for_what_nobody_looked_at() -> None:
    knowledge = Knowledge("default")
    seen = knowledge.judge(Subject(kind="builder", work=WORK, reports=FLAWLESS, proven=True))
    unseen = knowledge.judge(
        Subject(kind="builder", work=WORK, reports=FLAWLESS, proven=True, not_measured=("axe", "lighthouse"))
    )
    assert seen.decision.action == "accept"
    assert unseen.decision.action == "escalate"
    assert unseen.decision.rules == ("not measured: axe, lighthouse; what nobody looked at is for a person to accept",)


def test_what_was_not_measured_moves_no_probability() -> None:
    knowledge = Knowledge("default")
    with_all = Subject(kind="builder", work=WORK, reports=FLAWLESS)
    one_missing = with_all.model_copy(update={"not_measured": ("axe",)})
    assert knowledge.judge(with_all).whole == knowledge.judge(one_missing).whole
