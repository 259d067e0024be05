"""The first WrenchAI's two layouts: a list whose first entry is the metadata, or a mapping with the steps. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wrenchai_language.bodies import Place
from wrenchai_language.legacy.ledger import Fields, Ledger

_STEPS = ("workflow", "steps")
_OF_A_STEP = ("step_id", "type", "agent", "operation", "next")


@dataclass(slots=True)
class Outline:
    """Where a playbook speaks of itself, its steps as they are written, and where the flow begins, if that is said."""

    about: list[Fields] = field(default_factory=list)
    steps: list[Fields] = field(default_factory=list)
    begins: Fields | None = None


def is_outline(value: object) -> bool:
    """Whether somebody meant to write such a playbook."""
    if isinstance(value, list):
        return bool(value) and _is_entry(value[0])
    if not isinstance(value, Mapping):
        return False
    if isinstance(value.get("playbooks"), list):
        return any(is_outline(one) for one in value["playbooks"])
    steps: list[Any] = next((value[name] for name in _STEPS if isinstance(value.get(name), list)), [])
    return any(isinstance(step, Mapping) and "step_id" in step for step in steps)


def _is_entry(value: object) -> bool:
    return value == "metadata" or (isinstance(value, Mapping) and ("metadata" in value or "step_id" in value))


def outline_of(value: Any, ledger: Ledger, place: Place = ()) -> Outline:
    """The parts of `value`, for which `is_outline` holds."""
    outline = Outline()
    if isinstance(value, list):
        _add_steps(outline, value, ledger, place)
        return outline
    whole = Fields(ledger, value, place)
    if whole.has("playbooks"):
        return _the_only_one(whole, ledger)
    outline.about.append(whole)
    if (inner := whole.inner("metadata")) is not None:
        whole.said("metadata", "is about the playbook itself")
        outline.about.append(inner)
    for name in _STEPS:
        written = whole.take(name)
        if isinstance(written, list):
            whole.said(name, "are the steps")
            _add_steps(outline, written, ledger, whole.at(name))
    return outline


def _the_only_one(whole: Fields, ledger: Ledger) -> Outline:
    playbooks = whole.items("playbooks")
    if len(playbooks) != 1:
        whole.refuse("playbooks", f"has {len(playbooks)} playbooks; write each into a file of its own")
    whole.said("playbooks", "is the playbook")
    whole.close("playbooks")
    at = whole.at("playbooks")
    index = next(index for index, one in enumerate(playbooks) if is_outline(one))
    return outline_of(playbooks[index], ledger, (*at, index))


def _add_steps(outline: Outline, written: list[Any], ledger: Ledger, place: Place) -> None:
    for index, entry in enumerate(written):
        at = (*place, index)
        if index == 0 and entry == "metadata":
            ledger.note(at, "the metadata: it is empty")
        elif not isinstance(entry, Mapping):
            ledger.refuse(at, "is no step; a step is a mapping with `step_id`, `type`, `agent` and `operation`")
        elif index == 0 and ("metadata" in entry or entry.get("step_id") == "metadata"):
            _add_metadata(outline, Fields(ledger, entry, at))
        else:
            outline.steps.append(Fields(ledger, entry, at))


def _add_metadata(outline: Outline, entry: Fields) -> None:
    """The first entry: what is in `metadata`, or else what stands in the entry itself, is about the playbook."""
    inner = entry.inner("metadata")
    entry.said("metadata", "is about the playbook itself")
    for name in _OF_A_STEP:
        entry.take(name)
    for name in ("step_id", "type"):
        entry.said(name, "the metadata are no step")
    for name in ("agent", "operation"):
        entry.said(name, "the metadata are no step: what was to be done here is done by the check before each run")
    entry.said("next", "the flow begins there")
    outline.begins = entry if entry.has("next") else None
    if inner is None:
        outline.about.append(entry)
        return
    entry.take("description")
    entry.said("description", "the playbook's own description counts; this one is of the metadata")
    entry.close()
    outline.about.append(inner)
