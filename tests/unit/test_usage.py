"""Adding up what processes use: nobody is counted twice, and who is overlooked once is not forgotten."""

import json
from pathlib import Path

import pytest
from wrenchai_journey.usage import Measured, Meter, added, greatest, sample_in


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "used.json"


def told(file: Path) -> Measured:
    said: Measured = json.loads(file.read_bytes())
    return said


def test_what_is_not_measured_stays_so_and_is_not_nothing() -> None:
    assert added({"cpu_seconds": 1}, {"cpu_seconds": 2}) == {"cpu_seconds": 3}
    assert added({}, {}) == greatest({}, {}) == {}
    assert greatest({"cpu_seconds": 1, "peak_rss": 5}, {"peak_rss": 3}) == {"cpu_seconds": 1, "peak_rss": 5}


def test_counts_of_those_that_ended_add_up_and_of_their_memory_the_greatest_counts(file: Path) -> None:
    meter = Meter(file)
    meter.ended({"cpu_seconds": 1, "peak_rss": 50, "read_bytes": 7})
    meter.ended({"cpu_seconds": 2, "peak_rss": 30, "read_bytes": 1})
    assert told(file) == {"cpu_seconds": 3, "peak_rss": 50, "read_bytes": 8}


def test_memory_of_those_that_run_at_once_is_theirs_together(file: Path) -> None:
    meter = Meter(file)
    meter.ended({"cpu_seconds": 1, "peak_rss": 50})
    meter.alive({"cpu_seconds": 4, "peak_rss": 70})
    assert told(file) == {"cpu_seconds": 5, "peak_rss": 70}


def test_what_was_seen_alive_is_not_added_to_what_the_kernel_says_at_the_end(file: Path) -> None:
    meter = Meter(file)
    meter.alive({"cpu_seconds": 4, "peak_rss": 70})
    meter.ended({"cpu_seconds": 5, "peak_rss": 60})
    assert told(file) == {"cpu_seconds": 5, "peak_rss": 70}


def test_whose_end_nobody_asked_for_counts_as_much_as_was_seen(file: Path) -> None:
    meter = Meter(file)
    meter.alive({"cpu_seconds": 4})
    meter.alive({"cpu_seconds": 1})
    assert told(file) == {"cpu_seconds": 4}


def test_a_sample_has_what_its_meter_told_and_what_the_worker_knows(file: Path) -> None:
    Meter(file).ended({"cpu_seconds": 1.5, "peak_rss": 50})
    sample = sample_in(file, seconds=2.0000004, tokens=9)
    assert sample.model_dump(exclude_none=True) == {"seconds": 2.0, "cpu_seconds": 1.5, "peak_rss": 50, "tokens": 9}


def test_without_a_word_of_its_meter_a_sample_has_only_its_seconds(file: Path) -> None:
    assert sample_in(file, seconds=2, tokens=None).model_dump(exclude_none=True) == {"seconds": 2.0}


def test_on_a_full_disk_the_last_word_stands(file: Path) -> None:
    meter = Meter(file)
    meter.alive({"cpu_seconds": 1})
    file.with_suffix(".partial").mkdir()
    meter.alive({"cpu_seconds": 2})
    assert told(file) == {"cpu_seconds": 1}
