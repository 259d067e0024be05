"""The directory that a command puts files into: made and tried before any work is done for it."""

from pathlib import Path
from tempfile import TemporaryFile

from wrenchai.cli.input_files import InputFileWrong


def writable(directory: Path) -> Path:
    """The directory, absolute, made if it was not there; something was written into it and is gone again.

    Raises:
        InputFileWrong: nothing can be written there.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=directory):
            return directory.absolute()
    except OSError as problem:
        place = f"--output {directory}"
        reason = f"nothing can be written there ({problem.strerror}); name another directory"
        raise InputFileWrong(place, reason) from problem
