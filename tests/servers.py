"""Real Postgres and NATS for tests: own, in a directory of their own, started by the product's own local start."""

import itertools
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg
from psycopg import sql
from wrenchai_chassis.migrations import migrate

from wrenchai.local.data_directory import DataDirectory
from wrenchai.local.nats import Nats
from wrenchai.local.ports import RememberedPorts
from wrenchai.local.postgres import DATABASE, OWNER, SERVICE, SUPERUSER, Postgres
from wrenchai.local.programs import Programs
from wrenchai.local.secret_files import write_private
from wrenchai.local.supervisor import Supervisor

_TEMPLATE = "migrated"
_CLOSE = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false IS_TEMPLATE true").format(sql.Identifier(_TEMPLATE))
_CREATE = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
_AT_ONCE = ((signal.SIGQUIT, 10.0),)  # its data is thrown away, so nothing need be written back
_GRANT = sql.SQL("GRANT CREATE ON DATABASE {} TO wrenchai_service")  # the one right a copy does not inherit


@contextmanager
def open_directory() -> Iterator[Path]:
    """An empty directory that any user of the machine may enter; pytest's own are closed to others."""
    made = Path(tempfile.mkdtemp(prefix="wrenchai-test-"))
    made.chmod(0o755)
    try:
        yield made
    finally:
        shutil.rmtree(made)


@dataclass(frozen=True, slots=True)
class Database:
    """One database of a test's own, by the address of each role. Services use `service`."""

    service: str
    owner: str
    superuser: str


@dataclass(slots=True)
class PostgresCluster:
    """A running server, and new databases on it."""

    server: Postgres
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    @classmethod
    def with_template(cls, server: Postgres) -> "PostgresCluster":
        """Migrate one database that the others are copied from."""
        cluster = cls(server)
        cluster._administer(_CREATE.format(*map(sql.Identifier, (_TEMPLATE, DATABASE, OWNER))))
        migrate(server.dsn(OWNER, _TEMPLATE))
        cluster._administer(_CLOSE)
        return cluster

    def migrated(self) -> Database:
        """A new database in this version's shape, empty."""
        database = self._made_from(_TEMPLATE)
        self._administer(_GRANT.format(sql.Identifier(database.service.partition("?")[0].rpartition("/")[2])))
        return database

    def bare(self) -> Database:
        """A new database that was never migrated."""
        return self._made_from(DATABASE)

    def _made_from(self, template: str) -> Database:
        name = f"test_{next(self._numbers)}"
        self._administer(_CREATE.format(*map(sql.Identifier, (name, template, OWNER))))
        return Database(*(self.server.dsn(role, name) for role in (SERVICE, OWNER, SUPERUSER)))

    def _administer(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.server.dsn(SUPERUSER, "postgres"), autocommit=True) as connection:
            connection.execute(statement)


class OpenNats(Nats):
    """The product's NATS, but for passwords: whoever connects may do everything."""

    __slots__ = ()

    def prepare(self) -> None:
        """Write a configuration without users."""
        super().prepare()
        write_private(self._config, self._text())
        if self.programs.user is not None:
            self.programs.user.own(self._config)

    def _text(self) -> str:
        return (
            f'server_name: "{self.server_name}"\nlisten: "127.0.0.1:{self.port}"\nmax_payload: 1MB\n'
            f'jetstream {{\n  store_dir: "{self.directory}"\n}}\n'
        )


@asynccontextmanager
async def running_postgres(root: Path) -> AsyncIterator[Postgres]:
    """A new cluster below `root`, its server running."""
    directory, programs, ports = _prepare(root)
    server = Postgres(
        cluster=directory.postgres,
        run=directory.run,
        port=ports.claim("postgres"),
        secrets=directory.secrets,
        programs=programs,
    )
    await server.prepare()
    supervisor = Supervisor(directory.logs, lambda _: None)
    try:
        await supervisor.start([replace(server.process(), stop=_AT_ONCE)], within=60)
        yield server
    finally:
        await supervisor.stop()


def open_nats(root: Path) -> OpenNats:
    """A NATS below `root`, prepared but not started."""
    directory, programs, ports = _prepare(root)
    server = OpenNats(
        directory=directory.nats,
        port=ports.claim("nats"),
        monitor_port=ports.claim("nats-monitor"),
        secrets=directory.secrets,
        programs=programs,
    )
    server.prepare()
    return server


@asynccontextmanager
async def running_nats(server: Nats) -> AsyncIterator[None]:
    """`server` runs inside the block; enter it again to start it on what it had stored."""
    supervisor = Supervisor(server.directory.parent / "logs", lambda _: None)
    try:
        await supervisor.start([server.process()], within=20)
        yield
    finally:
        await supervisor.stop()


def _prepare(root: Path) -> tuple[DataDirectory, Programs, RememberedPorts]:
    directory = DataDirectory.at(root)
    user = directory.open()
    return directory, Programs(directory.programs, user), RememberedPorts(directory.ports_file, lambda *_: None)
