"""When a crashed process is started again, and when it is left alone."""

from wrenchai.local.restart_policy import (
    CRASHES_BEFORE_FIRST_READY,
    CRASHES_TO_GIVE_UP,
    FIRST_DELAY,
    LONGEST_DELAY,
    CrashHistory,
)


def crashes(count: int, *, every: float = 1.0, lived: float = 0.5, history: CrashHistory | None = None) -> CrashHistory:
    history = history or CrashHistory().became_ready()
    for i in range(count):
        history = history.crashed(now=i * every, lived=lived)
    return history


def test_the_wait_doubles_with_each_crash_in_a_row_up_to_ten_seconds() -> None:
    waits = [crashes(count).delay(chance=0) for count in range(1, 9)]
    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]


def test_chance_takes_off_at_most_half_of_the_wait() -> None:
    assert crashes(1).delay(chance=1) == FIRST_DELAY / 2
    assert crashes(20).delay(chance=1) == LONGEST_DELAY / 2


def test_a_life_of_thirty_seconds_starts_the_waits_anew() -> None:
    history = crashes(5).crashed(now=60, lived=30)
    assert history.delay(chance=0) == FIRST_DELAY


def test_eight_crashes_within_two_minutes_are_given_up() -> None:
    assert not crashes(CRASHES_TO_GIVE_UP - 1).hopeless
    assert crashes(CRASHES_TO_GIVE_UP).hopeless


def test_crashes_spread_over_a_longer_time_are_never_given_up() -> None:
    assert not crashes(100, every=20).hopeless


def test_a_process_that_never_was_ready_is_given_up_early() -> None:
    assert crashes(CRASHES_BEFORE_FIRST_READY, history=CrashHistory()).hopeless
    assert not crashes(CRASHES_BEFORE_FIRST_READY).hopeless
