"""Migrations bring any database to this version's shape, in two phases, from any number of processes, and back."""

import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from wrenchai_chassis.migrations import (
    MigrationFailed,
    Phase,
    dbmate,
    dbmate_url,
    main,
    migrate,
    migrations_directory,
    sql_folders,
)
from wrenchai_chassis.postgres_log import PostgresLog

from tests.samples import sealed
from tests.servers import Database, PostgresCluster

PHASES: tuple[Phase, ...] = ("pre", "post")
TAKES_AWAY = re.compile(r"^\s*(?:DROP|TRUNCATE|DELETE|ALTER .*\b(?:DROP|RENAME|TYPE)\b).*$", re.MULTILINE)
APPLY = "import sys; from wrenchai_chassis.migrations import migrate; migrate(sys.argv[1])"


@pytest.fixture
def bare(postgres_cluster: PostgresCluster) -> Database:
    return postgres_cluster.bare()


def applied(database: Database) -> list[str]:
    with psycopg.connect(database.owner) as connection:
        rows = connection.execute("SELECT version FROM public.wrenchai_migrations ORDER BY version").fetchall()
    return [version for (version,) in rows]


def of_this_version() -> list[str]:
    return sorted(file.name.partition("_")[0] for file in migrations_directory().glob("*/*.sql"))


def name_of(file: Path) -> str:
    return file.stem.partition("_")[2]


def roll_back_all(database: Database) -> None:
    for _ in of_this_version():
        dbmate(database.owner, "rollback", sql_folders(migrations_directory()))


async def works(database: Database) -> bool:
    """Whether a service can add to the log and read it."""
    async with PostgresLog(database.service, application_name="test") as log:
        position = await log.append([sealed(version=await log.head() + 1)])
        return [row.position for row in await log.read(position - 1, 10)] == [position]


async def test_an_empty_database_is_brought_to_this_versions_shape(bare: Database) -> None:
    migrate(bare.owner)
    assert applied(bare) == of_this_version()
    assert await works(bare)


async def test_to_migrate_again_changes_nothing(bare: Database) -> None:
    migrate(bare.owner)
    assert await works(bare)
    migrate(bare.owner)
    assert applied(bare) == of_this_version()
    async with PostgresLog(bare.service, application_name="test") as log:
        assert await log.head() == 1


async def test_four_processes_at_once_migrate_once_and_all_succeed(bare: Database) -> None:
    def apply(_: int) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-c", APPLY, bare.owner]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(apply, range(4)))
    assert [(process.returncode, process.stderr) for process in ended] == [(0, "")] * 4
    assert applied(bare) == of_this_version()
    assert await works(bare)


async def test_services_work_between_the_two_phases_and_after_both(bare: Database) -> None:
    for phase in PHASES:
        migrate(bare.owner, phase)
        assert await works(bare)
    assert applied(bare) == of_this_version()


@pytest.fixture
def next_release(tmp_path: Path) -> Path:
    """This version's migrations, and a pair that would give the log's readers another view in place of this one's."""
    shutil.copytree(migrations_directory(), tmp_path / "migrations")
    (tmp_path / "migrations" / "post").mkdir(exist_ok=True)
    pair = {
        "pre/29990101000100": "CREATE VIEW wrenchai.facts AS SELECT * FROM wrenchai.event_log;\n"
        "GRANT SELECT ON wrenchai.facts TO wrenchai_service;",
        "post/29990101000200": "DROP VIEW wrenchai.stored_events;",
    }
    for name, up in pair.items():
        (tmp_path / "migrations" / f"{name}_facts.sql").write_text(f"-- migrate:up\n{up}\n-- migrate:down\n")
    return tmp_path / "migrations"


def reads(database: Database, view: str) -> bool:
    with psycopg.connect(database.service) as connection:
        try:
            connection.execute(sql.SQL("SELECT * FROM wrenchai.{}").format(sql.Identifier(view)))
        except psycopg.errors.UndefinedTable:
            return False
        return True


async def test_a_half_migrated_database_serves_both_releases(bare: Database, next_release: Path) -> None:
    migrate(bare.owner)
    assert (reads(bare, "stored_events"), reads(bare, "facts")) == (True, False)
    migrate(bare.owner, "pre", directory=next_release)
    assert (reads(bare, "stored_events"), reads(bare, "facts")) == (True, True)
    assert await works(bare)
    migrate(bare.owner, "post", directory=next_release)
    assert (reads(bare, "stored_events"), reads(bare, "facts")) == (False, True)


def test_no_pre_takes_away_what_the_release_before_uses() -> None:
    for file in migrations_directory().glob("pre/*.sql"):
        up = file.read_text().partition("-- migrate:down")[0]
        assert TAKES_AWAY.findall(up) == [], file.name


def test_every_post_follows_a_pre_of_the_same_name() -> None:
    adding = {name_of(file): file.name for file in migrations_directory().glob("pre/*.sql")}
    for file in migrations_directory().glob("post/*.sql"):
        assert adding[name_of(file)] < file.name


async def test_every_migration_can_be_taken_back_and_applied_again(bare: Database) -> None:
    migrate(bare.owner)
    roll_back_all(bare)
    with psycopg.connect(bare.owner) as connection:
        assert connection.execute("SELECT FROM pg_namespace WHERE nspname = 'wrenchai'").fetchone() is None
    migrate(bare.owner)
    assert await works(bare)


async def test_no_step_back_drops_a_log_that_holds_events(bare: Database) -> None:
    migrate(bare.owner)
    assert await works(bare)
    with pytest.raises(MigrationFailed, match="the event log holds events and is not dropped"):
        roll_back_all(bare)
    migrate(bare.owner)
    async with PostgresLog(bare.service, application_name="test") as log:
        assert await log.head() == 1


def test_the_command_applies_the_phase_it_is_told(
    bare: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WRENCHAI_POSTGRES_URL", bare.owner)
    assert main(["pre"]) == 0
    assert f"Applied: {of_this_version()[0]}_event_log.sql" in capsys.readouterr().out
    assert main(["all"]) == 0
    assert applied(bare) == of_this_version()


def test_the_command_says_why_it_could_not(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("WRENCHAI_POSTGRES_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    assert main(["all"]) == 1
    assert "connection refused" in capsys.readouterr().err
    monkeypatch.delenv("WRENCHAI_POSTGRES_URL")
    with pytest.raises(SystemExit):
        main(["all"])
    assert "WRENCHAI_POSTGRES_URL is not set" in capsys.readouterr().err


def test_a_migration_that_fails_says_why_and_tells_no_password(bare: Database) -> None:
    with psycopg.connect(bare.owner) as connection:
        connection.execute("CREATE SCHEMA wrenchai")
    with pytest.raises(MigrationFailed, match='schema "wrenchai" already exists') as refused:
        migrate(bare.owner)
    password = bare.owner.split(":")[2].partition("@")[0]
    assert password not in str(refused.value)
    assert applied(bare) == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://a:b@h:1/d", "postgres://a:b@h:1/d?sslmode=disable"),
        ("postgresql://a:b@h:1/d?sslmode=require", "postgres://a:b@h:1/d?sslmode=require"),
    ],
)
def test_tls_is_used_if_it_was_asked_for(url: str, expected: str) -> None:
    assert dbmate_url(url) == expected
