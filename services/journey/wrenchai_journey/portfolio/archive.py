"""Trees of files: what they hold in a fixed order, one hash for all of it, and a zip that is the same each time."""

import hashlib
import os
import shutil
import zipfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath

LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The earliest date a zip can hold: packing at another time gives the same bytes."""

READABLE = 0o644 << 16
CHUNK = 1 << 20


def tree_files(root: Path, *, without: Collection[str] = ()) -> list[PurePosixPath]:
    """List the regular files below `root`, relative and sorted; `without` names top-level entries to leave out.

    Symbolic links are left out, so that nothing outside the tree can get into a package.
    """
    return sorted(PurePosixPath(path.relative_to(root)) for path in _walk(root, frozenset(without)))


def _walk(root: Path, without: frozenset[str]) -> Iterator[Path]:
    with os.scandir(root) as entries:
        for entry in entries:
            if entry.name in without:
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(Path(entry.path), frozenset())
            elif entry.is_file(follow_symlinks=False):
                yield Path(entry.path)


def tree_sha256(root: Path, *, without: Collection[str] = ()) -> str:
    """Hash names and contents of a tree; dates, owners and the order on disk do not count."""
    digest = hashlib.sha256()
    for name in tree_files(root, without=without):
        encoded = str(name).encode()
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
        digest.update(_file_sha256(root / name))
    return digest.hexdigest()


def _file_sha256(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def pack(root: Path, target: Path, *, also: Mapping[str, Path] | None = None) -> Path:
    """Write a tree to a zip whose bytes depend on the tree alone, and on the files that go in `also`, by path."""
    files = {str(name): root / name for name in tree_files(root)} | dict(also or {})
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files, key=PurePosixPath):
            entry = zipfile.ZipInfo(name, LONG_AGO)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, READABLE, 3
            with files[name].open("rb") as source, archive.open(entry, "w", force_zip64=True) as packed:
                shutil.copyfileobj(source, packed, CHUNK)
    return target


def appear(partial: Path, target: Path) -> None:
    """Give a finished directory its name at once; when another got there first, keep theirs."""
    try:
        partial.rename(target)
    except OSError:
        if not target.is_dir():
            raise
        shutil.rmtree(partial)
