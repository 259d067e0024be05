"""The `wrenchai` command as a user types it: a process of its own, told where its installation is and nothing else."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code, what it said to programs and people (stdout) and to people (stderr)."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """Each line of stdout as JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A shell whose data directory is `home`, standing in `directory`; nothing of this machine's own settings."""

    home: Path
    directory: Path

    def __call__(self, *words: str, within: float = 60.0, **settings: str) -> Ended:
        """Run `wrenchai` with these words to its end; `settings` are further environment variables."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("WRENCHAI_")}
        ended = subprocess.run(
            (sys.executable, "-m", "wrenchai", *words),
            env={**own, "WRENCHAI_HOME": str(self.home), "COLUMNS": "200", **settings},
            cwd=self.directory,
            capture_output=True,
            text=True,
            timeout=within,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def told(self, *words: str) -> Any:
        """What the command tells programs; it must have done what was asked."""
        ended = self(*words, "--json")
        assert ended.code == 0, ended
        return ended.told

    def file(self, name: str, text: str) -> str:
        """A file that a user wrote where they stand; its name."""
        (self.directory / name).write_text(text)
        return name
