"""A full disk, told as a failure of the attempt that may be tried again: space may come back."""

import errno
import os
import shutil
from typing import Final

KIND: Final = "disk_full"
REASON: Final = (
    "no space is left on the disk (under WrenchAI's data directory, or where temporary files go); "
    "free some, and the step can be tried again"
)
_FULL = (errno.ENOSPC, errno.EDQUOT)


def is_full(problem: OSError) -> bool:
    """Whether there is no space, no quota or no inode left; `shutil` gathers such problems as texts."""
    if isinstance(problem, shutil.Error):
        return any(os.strerror(number) in str(problem) for number in _FULL)
    return problem.errno in _FULL
