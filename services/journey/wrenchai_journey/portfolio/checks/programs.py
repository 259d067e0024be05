"""Finding the programs that checks need: Chromium on this machine, and what pip put beside Python."""

import os
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

CHROMIUM_SETTING = "WRENCHAI_CHROMIUM"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
NO_CHROMIUM = f"no Chromium found; install one or name it in {CHROMIUM_SETTING}"


def chromium() -> Path | None:
    """The browser to use: the one the setting names, else the first on PATH; None when there is none.

    A setting that names no program counts as none, so that an operator can switch browser checks off.
    """
    named = os.environ.get(CHROMIUM_SETTING)
    if named is not None:
        return Path(named) if named and os.access(named, os.X_OK) else None
    found = next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
    return Path(found) if found else None


def beside_python(name: str) -> Path | None:
    """A program that a Python package brought; None when it is not installed."""
    program = Path(sys.executable).with_name(name)
    return program if program.exists() else None


def package_version(name: str) -> str:
    """The version of an installed Python package."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"
