"""Language shares add up, and what is not the project's own does not count."""

from pathlib import PurePath

from hypothesis import given
from hypothesis import strategies as st
from wrenchai_journey.portfolio.facts import ProjectFacts
from wrenchai_journey.portfolio.languages import ProjectLanguages, count_bytes, is_written_by_people, shares
from wrenchai_journey.portfolio.material import known_languages


@given(st.dictionaries(st.sampled_from("ABCDEFGHIJ"), st.integers(0, 10**9), max_size=10))
def test_shares_add_up_to_exactly_a_hundred(sizes: dict[str, int]) -> None:
    parts = shares(sizes)
    assert round(sum(part.percent for part in parts), 1) == (100.0 if any(sizes.values()) else 0)


def test_the_biggest_come_first_and_the_rest_is_other() -> None:
    parts = shares({name: size for size, name in enumerate("ABCDEFGH", start=1)})
    assert [part.name for part in parts] == ["H", "G", "F", "E", "D", "C", "Other"]


def test_lock_files_and_minified_files_do_not_count() -> None:
    files = [("a.py", 10), ("package-lock.json", 99), ("x.min.js", 99), ("LICENSE", 99), ("Dockerfile", 5)]
    assert count_bytes((PurePath(name), size) for name, size in files) == {"Python": 10, "Dockerfile": 5}
    assert not is_written_by_people(PurePath("Cargo.lock"))


def test_what_was_counted_in_the_clone_comes_before_githubs_count() -> None:
    facts = [ProjectFacts(slug="a", language_bytes={"C": 1}), ProjectFacts(slug="b", language_bytes={"C": 1})]
    counted = [ProjectLanguages(slug="a", shares=shares({"Go": 1})), ProjectLanguages(slug="b")]
    known = known_languages(facts, counted)
    assert [known[slug][0].name for slug in ("a", "b")] == ["Go", "C"]
