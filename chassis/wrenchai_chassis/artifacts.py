"""Content-addressed storage: small artifacts in Postgres, big ones on disk, only their SHA-256 in events."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

from wrenchai_chassis.postgres_log import PostgresLog

_CHUNK = 256 * 1024
_PUT = "INSERT INTO wrenchai.artifact VALUES (%b, %b) ON CONFLICT DO NOTHING"
_SIZE = "SELECT length(bytes) FROM wrenchai.artifact WHERE sha256 = %b"
_SLICE = "SELECT substr(bytes, %b::int, %b::int) FROM wrenchai.artifact WHERE sha256 = %b"


class ArtifactStore:
    """Puts and gets files by hash. The same content put twice is stored once."""

    def __init__(self, log: PostgresLog, directory: Path, *, inline_bytes: int = 64 * 1024) -> None:
        self._log, self._directory, self._inline_bytes = log, directory, inline_bytes

    async def put(self, file: Path) -> tuple[str, int]:
        """Keep the content of `file`; its SHA-256 and its size in bytes. Durable when it returns.

        Raises:
            OSError: the disk is full, for instance; then nothing of it is kept.
            LogUnavailable: the database cannot take it just now.
        """
        size = (await asyncio.to_thread(file.stat)).st_size
        if size <= self._inline_bytes:
            content = await asyncio.to_thread(file.read_bytes)
            return await self._put_inline(content), len(content)
        return await asyncio.to_thread(self._put_on_disk, file), size

    async def size(self, sha256: str) -> int | None:
        """Bytes of an artifact; None if there is none of that hash."""
        path = self._path(sha256)
        if path.is_file():
            return path.stat().st_size
        async with self._log.reader() as connection:
            row = await (await connection.execute(_SIZE, (bytes.fromhex(sha256),))).fetchone()
        return int(row[0]) if row else None

    async def read(self, sha256: str, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to but not including `end`, in chunks."""
        path = self._path(sha256)
        while start < end:
            length = min(_CHUNK, end - start)
            chunk = (
                await asyncio.to_thread(_read_slice, path, start, length)
                if path.is_file()
                else await self._inline_slice(sha256, start, length)
            )
            if not chunk:
                return
            yield chunk
            start += len(chunk)

    async def _put_inline(self, content: bytes) -> str:
        digest = hashlib.sha256(content)
        async with self._log.reader() as connection:
            await connection.execute(_PUT, (digest.digest(), content))
        return digest.hexdigest()

    async def _inline_slice(self, sha256: str, start: int, length: int) -> bytes:
        async with self._log.reader() as connection:
            cursor = await connection.execute(_SLICE, (start + 1, length, bytes.fromhex(sha256)), binary=True)
            row = await cursor.fetchone()
        return bytes(row[0]) if row else b""

    def _put_on_disk(self, file: Path) -> str:
        """Copy, hash, fsync, then rename: a crash leaves no half artifact under a hash."""
        self._directory.mkdir(parents=True, exist_ok=True)
        partial = self._directory / f".{os.getpid()}-{os.urandom(6).hex()}.partial"
        digest = hashlib.sha256()
        try:
            with file.open("rb") as source, partial.open("wb") as target:
                while chunk := source.read(_CHUNK):
                    digest.update(chunk)
                    target.write(chunk)
                target.flush()
                os.fsync(target.fileno())
            final = self._path(digest.hexdigest())
            final.parent.mkdir(exist_ok=True)
            partial.rename(final)
            for changed in (final.parent, self._directory):
                _sync(changed)
        finally:
            partial.unlink(missing_ok=True)
        return digest.hexdigest()

    def _path(self, sha256: str) -> Path:
        return self._directory / sha256[:2] / sha256


def _sync(directory: Path) -> None:
    """Make a new name in it survive a power cut."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_slice(path: Path, start: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(start)
        return file.read(length)
