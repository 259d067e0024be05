"""What is counted of all that was learnt."""

import pytest
from wrenchai_contracts.events import EvidenceLearned
from wrenchai_contracts.judging import Subject
from wrenchai_gateway.quality.known import Known
from wrenchai_gateway.quality.ledger import Ledger, Worker, is_entry

from tests.learnt_stream import TENANT, LearntStream


def ledger_of(stream: LearntStream) -> Ledger:
    known = Known(TENANT)
    known.fold(stream.rows)
    return known.ledger


def test_every_result_that_was_learnt_from_is_counted_by_what_was_decided() -> None:
    stream = LearntStream().results(60)
    decided = ledger_of(stream).decided
    counted = {action: sum(said.decision == action for *_, said in stream.judged) for action in decided["all", ""]}
    assert dict(decided["all", ""]) == counted
    assert sum(decided["tool", "hasty"].values()) + sum(decided["tool", "careful"].values()) == 60


def test_entries_of_a_contest_are_not_decided_on() -> None:
    subject = Subject(kind="writer", work={"role": "writer", "tool": "noop", "playbook": "book"})  # type: ignore[arg-type]
    facts = {
        "task_id": "task_00000001",
        "decision": "accept",
        "probability": 0.5,
        "before": "0" * 64,
        "after": "0" * 64,
    }
    entry = EvidenceLearned(
        step="contest.one", subject=subject.model_copy(update={"seed": "task_00000001/contest.one"}), **facts
    )
    gated = EvidenceLearned(step="write", subject=subject.model_copy(update={"seed": "task_00000001/write/1"}), **facts)
    whole = EvidenceLearned(subject=subject.model_copy(update={"seed": "task_00000001"}), **facts)
    assert [is_entry(one) for one in (entry, gated, whole)] == [True, False, False]


def test_only_the_last_word_of_each_person_on_a_result_counts() -> None:
    stream = LearntStream(seed=3)
    stream.result("task_00000000")
    before = len(ledger_of(stream).words)
    for by, verdict in (("bob", "good"), ("eve", "good"), ("bob", "bad")):
        stream.says(by, verdict)
    words = ledger_of(stream).words
    assert len(words) == before + 2
    assert words["task_00000000", None, "bob"].verdict == "bad"


def test_families_count_how_many_of_them_report_together() -> None:
    ledger = ledger_of(LearntStream().results(10))
    assert ledger.families["rubric.tone@1/rubric"] == "small"
    assert (ledger.together["links"]["results"], ledger.together["links"]["reports"]) == (10, 10)


@pytest.mark.parametrize(("days", "runs"), [(1, 4), (7, 28), (28, 112)])
def test_runs_are_counted_over_the_last_days(days: int, runs: int) -> None:
    stream = LearntStream().results(200)
    ledger = ledger_of(stream)
    counted = sum(
        ledger.lately(Worker("writer", tool, playbook, ""), days)
        for tool in ("careful", "hasty")
        for playbook in ("docs", "notes")
    )
    assert abs(counted - runs) <= 4


def test_prices_are_those_that_were_offered_last() -> None:
    stream = LearntStream()
    for _ in range(3):
        stream.result(step="write")
    assert ledger_of(stream).prices["rubric.depth@1/rubric"] == 0.2
