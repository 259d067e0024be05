"""Generated secrets, each in a file of its own that only its owner may read."""

import os
import secrets
from pathlib import Path

_RANDOM_BYTES = 24


class SecretFiles:
    """Makes a secret when it is first asked for, and gives the same one ever after."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def get(self, name: str) -> str:
        """The secret called `name`: 32 characters that need no quoting in a URL."""
        path = self.directory / name
        try:
            return path.read_text().strip()
        except FileNotFoundError:
            write_private(path, secrets.token_urlsafe(_RANDOM_BYTES))
            return path.read_text().strip()


def write_private(path: Path, text: str) -> None:
    """Write `path` whole or not at all; nobody but the owner can read it at any moment."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
