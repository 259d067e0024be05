"""Our own Postgres: made once by initdb, run as a direct child, known by its data directory."""

import asyncio
import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg

from wrenchai.local.child import run_to_end
from wrenchai.local.errors import DataDirectoryUnusable, ForeignServer, SecretLost
from wrenchai.local.ports import LOOPBACK
from wrenchai.local.postgres_config import HOST_RULES, settings_text
from wrenchai.local.postgres_roles import Connection, make_database
from wrenchai.local.process_spec import ProcessSpec
from wrenchai.local.programs import Programs
from wrenchai.local.secret_files import SecretFiles, write_private
from wrenchai.local.system_user import SystemUser

SUPERUSER, OWNER, SERVICE = "postgres", "wrenchai", "wrenchai_worker"
DATABASE = "wrenchai"
_WHAT = "Postgres"
_LONGEST_SOCKET_PATH = 107
_ENVIRONMENT = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
_STOP = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0))  # fast shutdown, then immediate


@dataclass(frozen=True, slots=True)
class Postgres:
    """One cluster and the server on it."""

    cluster: Path
    run: Path
    port: int
    secrets: SecretFiles
    programs: Programs

    def dsn(self, role: str, database: str = DATABASE) -> str:
        """A libpq address with the role's password in it; TLS stays off on loopback."""
        password = quote(self.secrets.get(f"postgres-{role}"), safe="")
        return f"postgresql://{role}:{password}@{LOOPBACK}:{self.port}/{database}?sslmode=disable"

    async def prepare(self) -> None:
        """Make the cluster if there is none, and write its settings.

        Raises:
            ProgramFailed: initdb did not succeed; nothing half-made is left in the way.
            DataDirectoryUnusable: the cluster is of another major version or another user.
        """
        if not self.cluster.exists():
            await self._make_cluster()
        self._check_cluster()
        self._make_socket_directory()
        self._write("postgresql.conf", settings_text(port=self.port, socket_directory=self.socket_directory))
        self._write("pg_hba.conf", HOST_RULES)

    def process(self) -> ProcessSpec:
        """How to run the server. Should we die, it shuts down at once and replays its log at the next start."""
        return ProcessSpec(
            name="postgres",
            argv=(str(self.programs.postgres("postgres")), "-D", str(self.cluster)),
            env=_ENVIRONMENT,
            ready=self.is_ready,
            run_as=self.programs.user,
            stop=_STOP,
            death_signal=signal.SIGQUIT,
        )

    async def is_ready(self) -> bool:
        """Whether our server, and no other, takes connections and has our database.

        Raises:
            ForeignServer: a server answers on our port, but not with our data.
            SecretLost: it is ours, but the password on file does not open it.
        """
        try:
            async with await psycopg.AsyncConnection.connect(
                self.dsn(SUPERUSER, "postgres"), autocommit=True, connect_timeout=5
            ) as connection:
                await self._check_that_it_is_ours(connection)
                await make_database(connection, DATABASE, self._passwords())
        except psycopg.OperationalError as problem:
            if "password authentication failed" in str(problem):
                raise SecretLost(_WHAT, self.secrets.directory) from problem
            return False
        return True

    async def _check_that_it_is_ours(self, connection: Connection) -> None:
        answer = await (await connection.execute("SELECT current_setting('data_directory')")).fetchone()
        if answer is None or Path(str(answer[0])) != self.cluster:
            raise ForeignServer(_WHAT, f"{LOOPBACK}:{self.port}")

    @property
    def socket_directory(self) -> str:
        """Where the Unix socket lies; empty if the path would be longer than the kernel allows."""
        directory = self.run / "postgres"
        longest = len(os.fsencode(directory / f".s.PGSQL.{self.port}.lock"))
        return str(directory) if longest <= _LONGEST_SOCKET_PATH else ""

    def _passwords(self) -> dict[str, str]:
        return {role: self.secrets.get(f"postgres-{role}") for role in (OWNER, SERVICE)}

    async def _make_cluster(self) -> None:
        """Initdb into a draft that is renamed when it is whole, so a crash leaves no half cluster."""
        draft = self.cluster.with_name("postgres.new")
        await asyncio.to_thread(shutil.rmtree, draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        self._own(draft)
        password_file = self._write_password_file()
        try:
            await run_to_end(self._initdb(draft, password_file), _ENVIRONMENT, user=self._user)
        finally:
            password_file.unlink()
        draft.rename(self.cluster)

    def _initdb(self, draft: Path, password_file: Path) -> list[str]:
        return [
            str(self.programs.postgres("initdb")),
            f"--pgdata={draft}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--data-checksums",
            "--no-instructions",
        ]

    def _write_password_file(self) -> Path:
        """Initdb reads the password from a file, so that it never stands in an argument list."""
        path = self.cluster.with_name(".initdb-password")
        write_private(path, self.secrets.get(f"postgres-{SUPERUSER}"))
        self._own(path)
        return path

    def _check_cluster(self) -> None:
        found = (self.cluster / "PG_VERSION").read_text().strip()
        ours = self.programs.postgres_major
        if found != ours:
            reason = f"its database is of Postgres {found}, this installation brings {ours}; dump it with the old one"
            raise DataDirectoryUnusable(self.cluster, reason)
        owner = self.cluster.stat().st_uid
        if owner != (self._user.uid if self._user else os.geteuid()):
            raise DataDirectoryUnusable(self.cluster, f"it belongs to user {owner}; start as that user or as root")

    def _make_socket_directory(self) -> None:
        if self.socket_directory:
            Path(self.socket_directory).mkdir(mode=0o700, exist_ok=True)
            self._own(Path(self.socket_directory))

    def _write(self, name: str, text: str) -> None:
        write_private(self.cluster / name, text)
        self._own(self.cluster / name)

    def _own(self, path: Path) -> None:
        if self._user is not None:
            self._user.own(path)

    @property
    def _user(self) -> SystemUser | None:
        return self.programs.user
