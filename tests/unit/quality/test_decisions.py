"""The ledger of decisions, from the view's sums."""

from typing import Any

from wrenchai_gateway.quality.decisions import decisions_of


def a_row(week: str, decision: str, count: int = 4, **facts: Any) -> dict[str, Any]:
    usual = {"expected": 2.5, "asked": 0, "verdicts": 0, "bad": 0, "expected_of_these": 0.0, "false_accepts": 0.0}
    return {"week": week, "decision": decision, "count": count} | usual | facts


def test_an_accepted_result_that_people_call_bad_has_cost_a_false_accept() -> None:
    row = a_row("2026-11-23", "accept", verdicts=3, bad=1, expected_of_these=1.8, false_accepts=10.0)
    accepted = decisions_of([row], 7).total["accept"]
    assert (accepted.expected_of_these, accepted.realised, accepted.bad) == (1.8, 10.0, 1)


def test_a_person_s_look_has_cost_what_was_expected() -> None:
    row = a_row("2026-11-23", "escalate", verdicts=2, bad=1, expected_of_these=6.0)
    assert decisions_of([row], 7).total["escalate"].realised == 6.0


def test_results_that_a_judge_was_asked_about_count_as_asking_too() -> None:
    found = decisions_of([a_row("2026-11-23", "accept", asked=3), a_row("2026-11-23", "retry", asked=1)], 7)
    assert found.total["ask_judge"].count == 4
    assert found.total["accept"].count == 4


def test_weeks_stand_in_their_order_and_add_up() -> None:
    rows = [a_row("2026-11-23", "accept", 2), a_row("2026-11-16", "accept", 5), a_row("2026-11-16", "reject", 1)]
    found = decisions_of(rows, 9)
    assert [week.week.isoformat() for week in found.weeks] == ["2026-11-16", "2026-11-23"]
    assert (found.total["accept"].count, found.total["reject"].count, found.position) == (7, 1, 9)


def test_without_decisions_there_is_an_empty_ledger() -> None:
    assert decisions_of([], 3).total == {}
