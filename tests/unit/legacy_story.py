"""Old playbooks for tests: written, mapped, and what was said of it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wrenchai_contracts.playbook import Playbook
from wrenchai_language.legacy_layout import Mapped, from_legacy
from wrenchai_language.playbook_check import problems
from wrenchai_language.yaml_reading import Written, read_yaml

FIXTURES = Path(__file__).parents[1] / "fixtures" / "legacy_playbooks"
FILES = sorted(FIXTURES.glob("*.yaml"))
HEAD = [{"metadata": {"name": "book"}}]


def written(name: str) -> Written:
    return read_yaml((FIXTURES / f"{name}.yaml").read_bytes())


def mapped(*steps: Mapping[str, Any], **metadata: Any) -> Mapped:
    return from_legacy([{"metadata": {"name": "book", **metadata}}, *steps])


def step(own_id: object = "a", **fields: Any) -> dict[str, Any]:
    return {"step_id": own_id, "type": "standard", "agent": "SuperAgent", "operation": "think", **fields}


def playbook_of(found: Mapped) -> Playbook:
    assert found.problems == []
    playbook = Playbook.model_validate(found.playbook)
    assert problems(playbook) == []
    return playbook


def said(found: Mapped, *place: str | int) -> str:
    return "; ".join(note.said for note in found.notes if (*note.place, note.field) == place)


def refused(found: Mapped) -> dict[tuple[str | int, ...], str]:
    return dict(found.problems)
