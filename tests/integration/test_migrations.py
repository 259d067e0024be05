"""Migrations bring any database to this version's shape, from any number of processes, and back."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from wrenchai_chassis.migrations import MigrationFailed, dbmate_url, migrate, migrations_directory
from wrenchai_chassis.postgres_log import PostgresLog

from tests.samples import sealed
from tests.servers import Database, PostgresCluster

APPLY = "import sys; from wrenchai_chassis.migrations import migrate; migrate(sys.argv[1])"


@pytest.fixture
def bare(postgres_cluster: PostgresCluster) -> Database:
    return postgres_cluster.bare()


def applied(database: Database) -> list[str]:
    with psycopg.connect(database.owner) as connection:
        rows = connection.execute("SELECT version FROM public.wrenchai_migrations ORDER BY version").fetchall()
    return [version for (version,) in rows]


def of_this_version() -> list[str]:
    return sorted(file.name.partition("_")[0] for file in migrations_directory().glob("*.sql"))


def roll_back(database: Database) -> None:
    dbmate = shutil.which("dbmate", path=str(Path(sys.executable).parent))
    assert dbmate is not None
    flags = ["--no-dump-schema", "--migrations-table", "public.wrenchai_migrations"]
    command = [dbmate, *flags, "--migrations-dir", str(migrations_directory()), "rollback"]
    subprocess.run(command, env={"DATABASE_URL": dbmate_url(database.owner)}, check=True, capture_output=True)


async def works(database: Database) -> bool:
    async with PostgresLog(database.service, application_name="test") as log:
        return await log.append([sealed()]) == 1


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


async def test_every_migration_can_be_taken_back_and_applied_again(bare: Database) -> None:
    migrate(bare.owner)
    for _ in of_this_version():
        roll_back(bare)
    with psycopg.connect(bare.owner) as connection:
        assert connection.execute("SELECT FROM pg_namespace WHERE nspname = 'wrenchai'").fetchone() is None
    migrate(bare.owner)
    assert await works(bare)


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
