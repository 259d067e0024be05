"""npm trees that are installed once per lock file and shared by every task."""

import fcntl
import hashlib
import json
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wrenchai_journey.tool import ToolFailed, ToolRun

MANIFESTS = ("package.json", "package-lock.json")
QUIETLY = (
    "--ignore-scripts",
    "--prefer-offline",
    "--no-audit",
    "--no-fund",
    "--no-progress",
    "--loglevel=error",
)
PATIENCE = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000")
"""An unreachable registry is known after seconds; the step's own retries do the waiting."""

UNREACHABLE = re.compile(
    r"\b(ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT"
    r"|ENOTCACHED|E429|E50[0-9])\b"
)
CODE = re.compile(r"npm (?:error|ERR!) code (\w+)")


def node_program(name: str) -> Path:
    """`node`, `npm` or `npx` of the nodejs wheel, beside the running interpreter; never the system's."""
    program = Path(sys.executable).with_name(name)
    if not program.exists():
        reason = f"{name} is not installed beside {sys.executable}; install wrenchai[journey]"
        raise ToolFailed(reason, kind="node_missing")
    return program


def tree_key(package_dir: Path) -> str:
    """Name of the tree that `package_dir`'s manifest and lock describe: the SHA-256 of both files."""
    digest = hashlib.sha256()
    for name in MANIFESTS:
        content = _manifest(package_dir, name).read_bytes()
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


def installed_tree(run: ToolRun, package_dir: Path) -> Path | None:
    """The same directory as `warm_tree` gives, but only if it is there already."""
    tree = _place(run, package_dir)
    return tree if tree.is_dir() else None


def warm_tree(run: ToolRun, package_dir: Path) -> Path:
    """Give the directory whose `node_modules` fits the lock in `package_dir`; install it at the first call.

    Concurrent callers wait for one install. A tree appears by a rename, so a tree that is there is complete,
    and what a killed install left is thrown away by the next. Never write into it: link or copy it.
    npm keeps its own download cache where `npm_config_cache` says (default: `~/.npm`).
    """
    tree = _place(run, package_dir)
    if tree.is_dir():
        return tree
    tree.parent.mkdir(parents=True, exist_ok=True)
    run.progress(0.0, "waiting for the npm packages")
    with _locked(tree.with_name(f"{tree.name}.lock")):
        if not tree.is_dir():
            _install(run, package_dir, tree)
    return tree


def pinned_version(package_dir: Path, name: str) -> str:
    """The version of a package that the manifest in `package_dir` asks for."""
    manifest = json.loads(_manifest(package_dir, MANIFESTS[0]).read_bytes())
    asked = {**manifest.get("devDependencies", {}), **manifest.get("dependencies", {})}
    return str(asked.get(name, "unknown"))[:40]


def _place(run: ToolRun, package_dir: Path) -> Path:
    return run.shared / "npm" / tree_key(package_dir)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock; the kernel frees it when its process dies."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _install(run: ToolRun, package_dir: Path, tree: Path) -> None:
    partial = tree.with_name(f"{tree.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    for name in MANIFESTS:
        shutil.copyfile(_manifest(package_dir, name), partial / name)
    run.progress(0.05, "installing npm packages, once for this lock file")
    _npm(run, partial)
    partial.rename(tree)
    run.progress(1.0, "npm packages are installed")


def _npm(run: ToolRun, directory: Path) -> None:
    """Run `npm ci`; where the lock misses optional packages (EUSAGE), `npm install` with the lock."""
    npm = str(node_program("npm"))
    done = run.command([npm, "ci", *QUIETLY, *PATIENCE], cwd=directory)
    if done.exit_code != 0 and "EUSAGE" in done.tail:
        run.progress(0.1, "the lock misses packages for this platform: npm install instead of npm ci")
        done = run.command([npm, "install", *QUIETLY, *PATIENCE], cwd=directory)
    if done.exit_code != 0:
        raise npm_failure(done.tail)
    (directory / "node_modules").mkdir(exist_ok=True)


def npm_failure(tail: str) -> ToolFailed:
    """Say from the end of npm's output what went wrong; only an unreachable registry deserves another try."""
    if UNREACHABLE.search(tail):
        reason = "npm could not reach its registry; check the network or warm npm's cache, then try again"
        return ToolFailed(reason, retryable=True, kind="npm_unreachable")
    if "ENOSPC" in tail:
        return ToolFailed("the disk is full: npm could not unpack its packages", kind="disk_full")
    code = CODE.search(tail)
    said = f"npm failed with {code[1]}" if code else "npm failed"
    return ToolFailed(f"{said}; the step's log has its output", kind="npm_failed")


def _manifest(package_dir: Path, name: str) -> Path:
    path = package_dir / name
    if not path.is_file():
        reason = f"{package_dir.name} has no {name}; commit one"
        raise ToolFailed(reason, kind="npm_manifest_missing")
    return path
