"""Bursts, impact, first causes and gaps are found by numbers, and nothing is claimed without times."""

from collections.abc import Iterator

from wrenchai_journey.incident.analysis import Analysis, analysis_of
from wrenchai_journey.incident.areas import area_of, diagnosed
from wrenchai_journey.incident.log_lines import Entry, Level
from wrenchai_journey.incident.log_summary import MAX_KINDS, OTHER, summary_of
from wrenchai_journey.incident.postmortem import Handed, headline, markdown

NINE = 1_715_677_200.0
"""2024-05-14T09:00:00Z"""


def entry(second: float | None, message: str, level: Level = "info", line: int = 1) -> Entry:
    return Entry(line, None if second is None else NINE + second, level, "shop", message, "iso")


def hour(*, burst: tuple[int, int] = (1800, 1860)) -> Iterator[Entry]:
    """An entry each ten seconds; a warning before a minute in which everything fails."""
    for second in range(0, 3600, 10):
        yield entry(second, f"request {second} answered")
        if second == 600:
            yield entry(second + 1, "mailbox full", "error")
        if second == burst[0] - 30:
            yield entry(second + 1, "connection pool exhausted: 20 of 20", "warning")
        if burst[0] <= second < burst[1]:
            yield from (entry(second + part, f"order {part} timed out", "error") for part in range(5))


def analysed(*, burst: tuple[int, int] = (1800, 1860)) -> Analysis:
    return analysis_of(summary_of(hour(burst=burst)))


def test_a_minute_full_of_errors_is_the_impact() -> None:
    found = analysed()
    assert found.impact is not None
    assert (found.impact.begins, found.impact.ends) == ("2024-05-14T09:30:00Z", "2024-05-14T09:31:00Z")
    assert (found.impact.errors, len(found.bursts), found.usual) == (30, 1, 0.0)


def test_what_was_new_shortly_before_is_a_first_cause_and_what_is_old_is_not() -> None:
    parts = {finding.template: (finding.part, finding.seconds_before) for finding in analysed().findings}
    assert parts == {
        "connection pool exhausted: <n> of <n>": ("first_cause", 29.0),
        "order <n> timed out": ("first_cause", 0.0),
        "mailbox full": ("beside", None),
    }


def test_the_earliest_candidate_comes_first() -> None:
    assert analysed().findings[0].template.startswith("connection pool")


def test_single_errors_are_no_burst() -> None:
    found = analysis_of(summary_of(entry(at, "mailbox full", "error") for at in range(0, 36000, 600)))
    assert (found.impact, found.bursts) == (None, ())


def test_a_steady_stream_of_errors_is_usual_and_no_burst() -> None:
    found = analysis_of(summary_of(entry(at, "mailbox full", "error") for at in range(3600)))
    assert found.impact is None
    assert found.usual > 0


def test_a_long_silence_is_a_gap() -> None:
    entries = [entry(at, "beat") for at in (*range(0, 600, 5), *range(1200, 1800, 5))]
    (gap,) = analysis_of(summary_of(entries)).gaps
    assert (gap.begins, gap.seconds) == ("2024-05-14T09:09:55Z", 605.0)


def test_without_times_there_are_findings_and_a_word_about_what_is_not_measured() -> None:
    found = analysis_of(summary_of([entry(None, "gone", "error")]))
    assert [(finding.part, finding.first_at) for finding in found.findings] == [("beside", None)]
    assert found.not_measured[0].startswith("no entry has a time")


def test_an_empty_log_has_nothing_to_say() -> None:
    found = analysis_of(summary_of([]))
    assert (found.findings, found.bursts, found.begins) == ((), (), None)


def test_kinds_of_messages_are_bounded() -> None:
    letters = ("".join(chr(97 + int(digit)) for digit in str(number)) for number in range(MAX_KINDS + 10))
    summary = summary_of(entry(1, word, "error") for word in letters)
    assert len(summary.kinds) == MAX_KINDS + 1
    assert (summary.kinds[-1].template, summary.kinds[-1].count) == (OTHER, 10)


def test_a_message_belongs_to_the_area_that_it_speaks_of() -> None:
    assert area_of("connection pool exhausted", "orders") == "database"
    assert area_of("upstream <ip> answered <n>", "gateway") == "network"
    assert area_of("java.lang.OutOfMemoryError: Java heap space", "") == "memory"
    assert area_of("something odd", "postgres") == "database"
    assert area_of("something odd", "orders") == "application"


def test_a_specialist_without_a_rule_claims_nothing() -> None:
    assert diagnosed("finding-1", "network", "connection refused").is_known
    unknown = diagnosed("finding-1", "network", "the ducks are loose")
    assert (unknown.is_known, unknown.cause) == (False, "No rule fits; the cause is not known.")


def handed() -> list[Handed]:
    return [
        Handed(to=one.area, part=one, output=diagnosed(one.id, one.area, one.template))
        if one.level == "error"
        else Handed(to=None, part=one, output=None)
        for one in analysed().findings
    ]


def test_the_document_tells_the_story_and_what_is_not_known() -> None:
    text = markdown("Shop", analysed(), handed())
    assert "Shop: 30 errors from 2024-05-14T09:30:00Z to 2024-05-14T09:31:00Z." in text
    assert "- `connection pool exhausted: <n> of <n>` (database, line 1): new 29 s before the impact." in text
    assert "Nobody looked at it." in text
    assert "- that something came first does not make it the cause; these are candidates" in text
    assert "\n\n\n" not in text


def test_the_headline_of_a_quiet_log_says_so() -> None:
    quiet = analysis_of(summary_of([entry(1, "fine")]))
    assert headline("Shop", quiet) == "Shop: no burst of errors; 0 kinds of errors and warnings"
