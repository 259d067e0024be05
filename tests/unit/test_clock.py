"""Ids sort by the time they were made, and no two are alike."""

import re
import time

from wrenchai_chassis.clock import new_id, utc_now

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def test_ids_sort_by_the_time_they_were_made() -> None:
    ids = [new_id() for _ in range(5000)]
    made = [millisecond_of(made_id) for made_id in ids]
    assert made == sorted(made)
    assert [made_id[:10] for made_id in sorted(ids)] == [made_id[:10] for made_id in ids]


def test_an_id_tells_the_millisecond_it_was_made_in() -> None:
    before = time.time_ns() // 1_000_000
    made = millisecond_of(new_id())
    assert before <= made <= time.time_ns() // 1_000_000


def millisecond_of(made_id: str) -> int:
    number = 0
    for character in made_id:
        number = number * 32 + ALPHABET.index(character)
    return number >> 80


def test_an_id_has_26_characters_that_nobody_mistakes_for_another() -> None:
    assert all(re.fullmatch(f"[{ALPHABET}]{{26}}", new_id()) for _ in range(100))


def test_no_two_ids_are_alike() -> None:
    assert len({new_id() for _ in range(10_000)}) == 10_000


def test_the_clock_is_aware_and_in_utc() -> None:
    offset = utc_now().utcoffset()
    assert offset is not None
    assert not offset
