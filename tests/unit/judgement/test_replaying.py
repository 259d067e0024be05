"""What was learnt folds to the same state, hash by hash, on whatever way; and what folds to something else is named."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wrenchai_contracts.event import Event
from wrenchai_contracts.quality_events import EvidenceLearned
from wrenchai_judgement.knowledge import MODEL, Knowledge
from wrenchai_judgement.replaying import carry_on
from wrenchai_judgement.snapshot import OtherModel, from_bytes, to_bytes

from benchmarks.inspector.drawn_results import learnt_from, results

SEED, MANY = 20, 400

GOLDEN = "281a2926770f26ba6bf1d3453d07a7f972a1adf15fe9277fc8e374338b252323"
"""The last link of the chain over `MANY` made-up results, words and refreshes."""


@pytest.fixture(scope="module")
def learnt() -> tuple[Event, ...]:
    return tuple(learnt_from(Knowledge("golden"), results(SEED, MANY)))


def as_recorded(event: Event) -> Event:
    """Through the bytes in which the log keeps it."""
    return type(event).model_validate_json(event.model_dump_json(exclude_defaults=True))


def folded(events: Sequence[Event], knowledge: Knowledge | None = None) -> Knowledge:
    """Knowledge after these events, on top of what is known already; none may differ."""
    knowledge = knowledge or Knowledge("golden")
    for event in events:
        replayed = carry_on(knowledge, as_recorded(event), knowledge.version + 1)
        assert replayed.difference is None, event
    return knowledge


def differences(events: Sequence[Event]) -> list[str]:
    """What is said of each event that folds to something else."""
    knowledge = Knowledge("golden")
    said = [carry_on(knowledge, event, version).difference for version, event in enumerate(events, start=1)]
    return [one for one in said if one is not None]


def test_the_arithmetic_is_what_it_was(learnt: tuple[Event, ...]) -> None:
    """If this fails and was meant to: raise `MODEL`, so that older snapshots are folded anew, and record the new one.

    If it was not meant to, some machine, library or change calculates otherwise than the log says.
    """
    assert folded(learnt).digest == GOLDEN


def test_the_golden_sequence_goes_through_everything(learnt: tuple[Event, ...]) -> None:
    kinds = {type(event).__name__ for event in learnt}
    assert {"EvidenceLearned", "VerdictLearned", "DriftDetected"} <= kinds
    decisions = {event.decision for event in learnt if isinstance(event, EvidenceLearned)}
    assert decisions == {"accept", "retry", "escalate", "reject"}


def test_a_fold_of_the_recorded_bytes_comes_to_the_state_that_learnt(learnt: tuple[Event, ...]) -> None:
    knowledge = Knowledge("golden")
    list(learnt_from(knowledge, results(SEED, MANY)))
    again = folded(learnt)
    assert again.digest == knowledge.digest
    assert to_bytes(again) == to_bytes(knowledge)


def test_folding_twice_comes_to_the_same(learnt: tuple[Event, ...]) -> None:
    assert to_bytes(folded(learnt[:150])) == to_bytes(folded(learnt[:150]))


@given(st.data())
@settings(max_examples=4)
def test_a_snapshot_anywhere_and_the_rest_come_to_the_same_as_everything(
    learnt: tuple[Event, ...], data: st.DataObject
) -> None:
    events = learnt[:90]
    cut = data.draw(st.integers(0, len(events)))
    half = from_bytes(to_bytes(folded(events[:cut])))
    whole = folded(events[cut:], half)
    assert whole.digest == folded(events).digest
    assert to_bytes(whole) == to_bytes(folded(events))


class TestDifferences:
    def test_none_is_found_where_nothing_differs(self, learnt: tuple[Event, ...]) -> None:
        assert differences(learnt) == []

    def test_a_judgement_that_would_be_another_now_is_named_by_its_decision(self, learnt: tuple[Event, ...]) -> None:
        first = learnt[0]
        assert isinstance(first, EvidenceLearned)
        other = "escalate" if first.decision != "escalate" else "accept"
        said = differences([first.model_copy(update={"decision": other}), *learnt[1:40]])
        assert said == [f"it decides {first.decision} now, recorded is {other}"]

    def test_a_probability_that_differs_in_its_last_bit_is_named(self, learnt: tuple[Event, ...]) -> None:
        first = learnt[0]
        assert isinstance(first, EvidenceLearned)
        said = differences([first.model_copy(update={"probability": first.probability * (1 + 2**-52)}), *learnt[1:40]])
        assert len(said) == 1
        assert said[0].startswith("P is ")

    def test_an_event_that_is_missing_is_noticed_at_the_next_one(self, learnt: tuple[Event, ...]) -> None:
        knowledge = Knowledge("golden")
        carry_on(knowledge, learnt[0], 1)
        difference = carry_on(knowledge, learnt[2], 3).difference
        assert difference is not None
        assert difference.startswith("the state before is ")

    def test_of_a_stream_that_another_arithmetic_recorded_each_difference_is_named_once(self) -> None:
        """The recorded hash goes on, so that what follows is compared with what it was recorded on."""
        knowledge = Knowledge("golden")
        drawn = list(results(SEED, 40))
        before = list(learnt_from(knowledge, iter(drawn[:20])))
        strange = sha256(b"another arithmetic").hexdigest()
        before[-1] = before[-1].model_copy(update={"after": strange})
        knowledge.digest = strange
        after = list(learnt_from(knowledge, iter(drawn[20:])))
        said = differences([*before, *after])
        assert len(said) == 1
        assert said[0].endswith(f"recorded is {strange[:12]}")


class TestSnapshots:
    def test_bytes_come_back_as_the_same_bytes(self, learnt: tuple[Event, ...]) -> None:
        state = to_bytes(folded(learnt))
        assert to_bytes(from_bytes(state)) == state

    def test_of_nothing_it_is_nothing(self) -> None:
        assert from_bytes(to_bytes(Knowledge("t"))).digest == Knowledge("t").digest

    def test_one_of_another_model_is_refused_with_its_name(self) -> None:
        state = to_bytes(Knowledge("t")).replace(MODEL.encode(), b"dynamic-logit/0")
        with pytest.raises(OtherModel, match="dynamic-logit/0"):
            from_bytes(state)

    @pytest.mark.parametrize("state", [b"", b"\xff", b"{}", b"[]", b'{"model": "%s"}' % MODEL.encode()])
    def test_one_that_is_damaged_is_refused_as_such(self, state: bytes) -> None:
        with pytest.raises(ValueError, match=r"."):
            from_bytes(state)

    def test_one_that_knows_more_than_this_release_is_refused_as_such(self, learnt: tuple[Event, ...]) -> None:
        state = to_bytes(folded(learnt[:30])).replace(b'"reports":', b'"more": 1, "reports":')
        with pytest.raises(ValueError, match="more"):
            from_bytes(state)

    def test_what_is_asked_of_it_is_what_was_known(self, learnt: tuple[Event, ...]) -> None:
        knowledge = folded(learnt)
        again = from_bytes(to_bytes(knowledge))
        for one in results(SEED + 1, 40):
            assert again.judge(one.subject) == knowledge.judge(one.subject)
