"""An artifact piece by piece, so that a broken download goes on where it broke; kept only when its hash is right."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import httpx
from wrenchai_contracts.evidence import ArtifactRef

from wrenchai.client.actions import Flow, Give
from wrenchai.client.calls import Call
from wrenchai.client.exchange import exchange
from wrenchai.client.patience import Patience
from wrenchai.client.problems import ServerFault

PIECE = 4 * 1024 * 1024
"""Bytes asked for at once."""


class WrongBytes(ServerFault):
    """What came does not have the hash that names it; nothing was kept."""


def pieces(artifact: ArtifactRef, patience: Patience) -> Flow[None]:
    """Give the artifact's bytes in order, each piece asked for until it comes."""
    begin = 0
    while begin < artifact.size:
        end = min(begin + PIECE, artifact.size) - 1
        piece = yield from exchange(_piece(artifact, begin, end), patience)
        yield Give(piece)
        begin += len(piece)


def _piece(artifact: ArtifactRef, begin: int, end: int) -> Call[bytes]:
    def read(response: httpx.Response) -> bytes:
        whole = response.status_code == httpx.codes.OK
        content = response.content[begin : end + 1] if whole else response.content
        if not content:
            message = f"the gateway holds fewer than the {artifact.size} bytes of {artifact.name}"
            raise WrongBytes(message)
        return content

    return Call("GET", f"/api/v1/artifacts/{artifact.sha256}", read, headers={"Range": f"bytes={begin}-{end}"})


class Incoming:
    """A file being written, and the hash of what came so far."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()

    def write(self, piece: bytes) -> None:
        """The next bytes."""
        self._file.write(piece)
        self._hash.update(piece)

    @property
    def sha256(self) -> str:
        """In hexadecimal, of all that was written."""
        return self._hash.hexdigest()


@contextmanager
def incoming(artifact: ArtifactRef, path: Path) -> Iterator[Incoming]:
    """`path` appears whole and right, or not at all."""
    partial = path.with_name(f".{path.name}.part")
    try:
        with partial.open("wb") as file:
            arriving = Incoming(file)
            yield arriving
        if arriving.sha256 != artifact.sha256:
            message = f"{artifact.name} came with SHA-256 {arriving.sha256} instead of {artifact.sha256}"
            raise WrongBytes(message)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
