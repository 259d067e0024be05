"""Built sites that are kept by the hash of their source, so that an unchanged source is not built again."""

import os
import shutil
from pathlib import Path

from pydantic import Field, ValidationError
from wrenchai_contracts.shape import Frozen, Sha256

from wrenchai_journey.portfolio.archive import appear, tree_sha256


class BuildRecord(Frozen):
    """What a build took and gave."""

    input_sha256: Sha256
    output_sha256: Sha256
    files: int = Field(ge=0)
    bytes: int = Field(ge=0)
    seconds: float = Field(ge=0)
    peak_rss_bytes: int = Field(ge=0)


class KeptBuilds:
    """A directory of builds; each one is complete from the moment it is there."""

    def __init__(self, shared: Path) -> None:
        self._root = shared / "builds"

    def take(self, input_sha256: str, target: Path) -> BuildRecord | None:
        """Copy the output for a source to `target`; None when there is none, or when it is not what was kept."""
        kept = self._root / input_sha256
        try:
            record = BuildRecord.model_validate_json((kept / "record.json").read_bytes())
            os.utime(kept)  # those that are used stay; the longest unused goes first
            shutil.copytree(kept / "output", target)
        except (FileNotFoundError, ValidationError, shutil.Error):
            shutil.rmtree(target, ignore_errors=True)
            return None
        if tree_sha256(target) == record.output_sha256:
            return record
        shutil.rmtree(target)
        shutil.rmtree(kept)
        return None

    def keep(self, record: BuildRecord, output: Path, *, owner: str) -> None:
        """Keep a copy of an output; `owner` names the task, so that two of them never write the same place."""
        partial = self._root / f".{record.input_sha256}.{owner}"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        shutil.copytree(output, partial / "output")
        (partial / "record.json").write_text(record.model_dump_json(), encoding="utf-8")
        appear(partial, self._root / record.input_sha256)
