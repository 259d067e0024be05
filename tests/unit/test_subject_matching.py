"""Which subjects a pattern stands for: as NATS has it, token by token."""

import pytest
from wrenchai_chassis.bus import Consumer, matches
from wrenchai_contracts.events import JourneyCompleted, StepCompleted
from wrenchai_contracts.subjects import EVENTS, event_subject, every


@pytest.mark.parametrize(
    ("subject", "pattern"),
    [
        ("bell", "bell"),
        ("ev.A.-.default.task_1", EVENTS),
        ("ev.A.-.default.task_1/build.2", "ev.A.*.*.>"),
        ("beat.progress.acme.task_1", "beat.progress.*.task_1"),
    ],
)
def test_a_star_stands_for_one_token_and_a_last_arrow_for_all_that_follow(subject: str, pattern: str) -> None:
    assert matches(subject, pattern)


@pytest.mark.parametrize(
    ("subject", "pattern"),
    [
        ("bell", "bel"),
        ("ev", EVENTS),
        ("ev.A.-.default", "ev.A.*.*.>"),
        ("ev.AA.-.default.task_1", "ev.A.*.*.>"),
        ("beat.progress.acme.other.task_1", "beat.progress.*.task_1"),
    ],
)
def test_neither_stands_for_nothing_nor_for_a_part_of_a_token(subject: str, pattern: str) -> None:
    assert not matches(subject, pattern)


def test_a_consumer_wants_what_one_of_its_subjects_stands_for() -> None:
    consumer = Consumer("picky", (every(JourneyCompleted, "final"), every(StepCompleted, tenant="acme")))
    wanted = [("JourneyCompleted.final", "default"), ("StepCompleted", "acme")]
    others = [("JourneyCompleted.partial", "default"), ("StepCompleted", "default"), ("StepCompletedToo", "acme")]
    assert all(consumer.wants(event_subject(topic, tenant, "task_1/a")) for topic, tenant in wanted)
    assert not any(consumer.wants(event_subject(topic, tenant, "task_1/a")) for topic, tenant in others)
