"""Log lines of several formats become entries; what fits none belongs to the entry before."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wrenchai_journey.incident.log_lines import Entry, Reading, entries_in
from wrenchai_journey.incident.templates import template_of

AT = datetime(2024, 5, 14, 9, 32, 24, tzinfo=UTC).timestamp()


def read(*lines: str, year: int = 2024) -> list[Entry]:
    return list(entries_in(lines, Reading(), year=year))


@pytest.mark.parametrize(
    ("line", "level", "component", "message"),
    [
        ("2024-05-14T09:32:24Z ERROR [orders] it broke", "error", "orders", "it broke"),
        ("2024-05-14 09:32:24 WARN orders: it may break", "warning", "orders", "it may break"),
        ("2024-05-14 09:32:24 [worker-12] ERROR gone", "error", "worker", "gone"),
        ("[71] 2024/05/14 09:32:24.000000 [WRN] slow consumer", "warning", "", "slow consumer"),
        ("2024/05/14 09:32:24 [error] 71#71: *3 upstream timed out", "error", "", "71#71: *3 upstream timed out"),
        ("web_1  | 2024-05-14T09:32:24Z ERROR gone", "error", "web", "gone"),
        ("2024-05-14 09:32:24 status installed libgpg-error-dev", "info", "", "status installed libgpg-error-dev"),
        ("[2024-05-14T11:32:24+02:00] INFO fine", "info", "", "fine"),
        ("2024-05-14 09:32:24 UTC [71] FATAL:  too many clients already", "error", "", "too many clients already"),
        ("May 14 09:32:24 host sshd[71]: Failed password for root", "error", "sshd", "Failed password for root"),
        ("<34>1 2024-05-14T09:32:24Z host su - ID47 - it broke", "error", "su", "it broke"),
        ("<30>May 14 09:32:24 host cron[1]: started", "info", "cron", "started"),
        (
            '{"time": "2024-05-14T09:32:24Z", "level": "warn", "logger": "db", "msg": "slow"}',
            "warning",
            "db",
            "slow",
        ),
        ('{"ts": 1715679144, "severity": "CRITICAL", "message": "gone"}', "error", "", "gone"),
        ('{"ts": 1715679144000, "message": "connection refused"}', "error", "", "connection refused"),
    ],
)
def test_a_line_of_a_known_format_is_an_entry(line: str, level: str, component: str, message: str) -> None:
    (entry,) = read(line)
    assert (entry.level, entry.component, entry.message, entry.at) == (level, component, message, AT)


def test_milliseconds_are_kept() -> None:
    (entry,) = read("2024-05-14 09:32:24,250 ERROR x")
    assert entry.at == AT + 0.25


def test_a_trace_goes_on_from_its_entry_and_its_last_line_counts() -> None:
    reading = Reading()
    lines = [
        "no entry at all",
        "2024-05-14T09:32:24Z INFO [orders] reply",
        "Traceback (most recent call last):",
        '  File "reply.py", line 41',
        "river.errors.DryError: no water",
        "2024-05-14T09:32:25Z INFO next",
    ]
    first, second = entries_in(lines, reading, year=2024)
    assert (first.level, first.message, second.line) == ("error", "reply ⟶ DryError: no water", 6)
    assert (reading.lines, reading.continued, reading.unread) == (6, 3, 1)


def test_a_log_over_new_year_without_years_goes_on_forward() -> None:
    first, second = read("Dec 31 23:59:59 h a: x", "Jan  1 00:00:01 h a: y", year=2023)
    assert first.at is not None
    assert second.at == first.at + 2


def test_a_time_that_the_calendar_has_not_is_not_told() -> None:
    (entry,) = read("May 32 09:32:24 host a: x")
    assert entry.at is None


@pytest.mark.parametrize(
    ("message", "template"),
    [
        ("order 7 of user-3 took 12.5 ms", "order <n> of user<n> took <n> ms"),
        ("GET https://x.test/a?b=1 from 10.0.0.1:80", "GET <address> from <ip>"),
        ("job 3f2504e0-4f89-11d3-9a0c-0305e82c3301 gone", "job <id> gone"),
        ("cannot read /srv/data/a.txt", "cannot read <path>"),
        ("key 'river' of ada@x.test", "key <text> of <email>"),
        ("login with password=hunter2 failed", "login with password=<secret> failed"),
    ],
)
def test_what_differs_from_time_to_time_is_masked(message: str, template: str) -> None:
    assert template_of(message) == template


@given(st.lists(st.text(max_size=200), max_size=20))
def test_any_lines_are_counted_once(lines: list[str]) -> None:
    reading = Reading()
    found = list(entries_in(lines, reading, year=2024))
    blank = sum(1 for line in lines if not line.rstrip("\r\n").strip())
    assert reading.lines == len(lines)
    assert len(found) + reading.continued + reading.unread + blank == len(lines)
