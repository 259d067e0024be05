"""Folding what was learnt when somebody first asks, and carrying it on."""

import asyncio
import subprocess
import sys
from collections.abc import Sequence

from wrenchai_chassis.log import Stored
from wrenchai_gateway.quality.known import Known
from wrenchai_gateway.quality.reading import AT_ONCE, QualityReader

from tests.learnt_stream import TENANT, LearntStream


class Log:
    """The stream in memory, which counts what was read of it."""

    def __init__(self, rows: Sequence[Stored]) -> None:
        self.rows, self.read = list(rows), 0

    async def learnt(self, tenant: str, after_version: int, limit: int) -> list[Stored]:
        assert tenant == TENANT
        found = [row for row in self.rows if row.version > after_version][:limit]
        self.read += len(found)
        return found


def version_of(known: Known) -> int:
    return known.version


def test_whoever_never_asks_about_quality_does_without_numpy() -> None:
    asked = "import sys, wrenchai_gateway.__main__; print('numpy' in sys.modules)"
    told = subprocess.run((sys.executable, "-c", asked), capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "False"


async def test_the_stream_is_read_once_and_then_only_what_is_new() -> None:
    rows = LearntStream().results(250).rows
    log = Log(rows[:-40])
    reader = QualityReader(log)
    assert len(log.rows) > AT_ONCE
    assert await reader.ask(TENANT, version_of) == log.read == len(rows) - 40
    assert await reader.ask(TENANT, version_of) == log.read
    log.rows = rows
    assert await reader.ask(TENANT, version_of) == log.read == len(rows)


async def test_many_who_ask_at_once_are_answered_from_one_fold() -> None:
    log = Log(LearntStream().results(60).rows)
    reader = QualityReader(log)
    assert set(await asyncio.gather(*(reader.ask(TENANT, version_of) for _ in range(8)))) == {len(log.rows)}
    assert log.read == len(log.rows)


async def test_a_question_that_fails_leaves_what_is_known_to_the_next() -> None:
    log = Log(LearntStream().results(10).rows)
    reader = QualityReader(log)

    def fails(_: Known) -> int:
        raise LookupError

    answers = await asyncio.gather(reader.ask(TENANT, fails), reader.ask(TENANT, version_of), return_exceptions=True)
    assert isinstance(answers[0], LookupError)
    assert answers[1] == len(log.rows)


class Away(Log):
    """A log that is away once, in the middle."""

    async def learnt(self, tenant: str, after_version: int, limit: int) -> list[Stored]:
        if after_version and self.read <= AT_ONCE:
            self.read += 1
            raise ConnectionError
        return await super().learnt(tenant, after_version, limit)


async def test_a_fold_that_was_cut_off_begins_anew_and_comes_to_the_same() -> None:
    stream = LearntStream().results(200)
    reader = QualityReader(Away(stream.rows))
    first, second = [
        await asyncio.gather(
            reader.ask(TENANT, lambda known: (known.knowledge.digest, known.differences)), return_exceptions=True
        )
        for _ in range(2)
    ]
    assert isinstance(first[0], ConnectionError)
    assert second == [(stream.knowledge.digest, 0)]


async def test_a_replay_reads_everything_and_changes_nothing_that_is_known() -> None:
    log = Log(LearntStream().results(30).rows)
    reader, again = QualityReader(log), Known(TENANT)
    before = await reader.ask(TENANT, lambda known: known.knowledge.digest)
    await reader.replay(TENANT, again)
    assert (again.version, again.knowledge.digest) == (len(log.rows), before)
    assert await reader.ask(TENANT, version_of) == len(log.rows)
