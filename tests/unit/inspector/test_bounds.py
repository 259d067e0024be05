"""However many journeys made a result, what is recorded of its judgement fits into an event."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wrenchai_contracts.envelope import MAX_EVENT_BYTES, Context, NewEvent, seal
from wrenchai_contracts.judging import Part, ResourceSample, Subject, Used
from wrenchai_inspector.bounds import MOST_FINDINGS, MOST_PARTS, MOST_USED, OTHERS, evenly, few, fewer
from wrenchai_inspector.judging import Whose, judge
from wrenchai_inspector.subjects import measured
from wrenchai_judgement.knowledge import Knowledge
from wrenchai_judgement.rollup import Whole, whole_of

from tests.samples import AT, TASK
from tests.unit.inspector.inspected import fact
from tests.unit.inspector.test_judging import WORK

SAMPLE = ResourceSample(
    seconds=1.234567, cpu_seconds=1.0, peak_rss=10**9, read_bytes=10**9, written_bytes=10**9, tokens=10**6
)


def test_findings_are_told_once_each_the_first_of_them_and_how_many_more() -> None:
    assert few(["a", "b", "a"]) == ("a", "b")
    told = few(map(str, range(100)))
    assert told[:2] == ("0", "1")
    assert (len(told), told[-1]) == (MOST_FINDINGS + 1, f"and {100 - MOST_FINDINGS} more")


def test_samples_are_picked_evenly_from_the_first_on() -> None:
    used = [Used(step=f"s{n}", tool="t", sample=SAMPLE) for n in range(3 * MOST_USED)]
    assert [one.step for one in evenly(used)[:3]] == ["s0", "s3", "s6"]
    assert len(evenly(used)) == MOST_USED
    assert evenly(used[:5]) == tuple(used[:5])


PARTS = st.lists(
    st.builds(Part, probability=st.floats(0.9, 0.9999), spread=st.floats(0.1, 1.0)),
    min_size=MOST_PARTS + 1,
    max_size=MOST_PARTS + 40,
).map(lambda parts: {f"all.{n}.a": part for n, part in enumerate(parts)})


@given(PARTS)
@settings(max_examples=15, deadline=None)
def test_of_very_many_parts_the_least_probable_are_told_and_the_whole_is_as_probable_as_before(
    parts: dict[str, Part],
) -> None:
    told = fewer(parts)
    assert len(told) == MOST_PARTS
    assert math.prod(part.probability for part in told.values()) == pytest.approx(
        math.prod(part.probability for part in parts.values())
    )
    least = min(parts, key=lambda path: parts[path].probability)
    assert told[least] == parts[least]
    assert all(told[path] == parts[path] for path in told if path != OTHERS)


def test_the_interval_of_a_whole_of_very_many_parts_is_about_what_it_would_be() -> None:
    parts = {f"all.{n}.a": Part(probability=0.995, spread=0.5) for n in range(400)}
    own = Whole(0.5, 0.0, 1.0)
    every, some = (whole_of(own, Subject(kind="k", work=WORK, parts=each, seed="s")) for each in (parts, fewer(parts)))
    assert some.probability == pytest.approx(every.probability)
    assert some.interval == pytest.approx(every.interval, abs=0.03)


def test_a_judgement_of_five_thousand_items_fits_into_an_event() -> None:
    """So many items may be handed out one by one."""
    facts = [fact(0, 1, "links", mandatory=True, summary=f"{n}: " + "x" * 490) for n in range(5000)]
    used = tuple(Used(step="look", tool="links.check", sample=SAMPLE) for _ in range(5000))
    parts = {f"all.{n}.{'a' * 40}": Part(probability=0.999, spread=0.3) for n in range(5000)}
    subject = Subject(
        kind="k", work=WORK, seed=TASK, used=evenly(used), parts=fewer(parts), **measured(facts)._asdict()
    )
    evaluation, learnt = judge(Knowledge("t"), subject, Whose(TASK))
    for event in (evaluation, *learnt):
        sealed = seal(NewEvent(TASK, 1, event, Context("inspector")), AT)
        assert len(sealed.state) < MAX_EVENT_BYTES / 2
    assert subject.reports[0].times == 5000
