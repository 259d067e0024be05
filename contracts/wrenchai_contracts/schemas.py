"""Golden JSON Schemas of every message: `python -m wrenchai_contracts.schemas [--check] contracts/schemas`.

A shape may grow by optional fields. Anything else is a new meaning: it needs a new `schema_version` and an upcast. An
event is never removed, because logs hold it for ever.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType

from wrenchai_contracts import catalogue_views, commands, judgement_views, quality_views, views
from wrenchai_contracts.events import EVENT_TYPES
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.shape import Frozen, JsonObject

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_VERSION = "x-schema-version"
_WORDS = frozenset({"title", "description", "examples", "default"})
"""What a schema says to people only, or to who fills in a message; it may change freely."""
_FIELDS = frozenset({"properties", "required", "$defs"})


def messages() -> dict[str, type[Frozen]]:
    """Every message by its name: events, commands, views, and the playbook."""
    return {
        **EVENT_TYPES,
        **_models_of(commands),
        **_models_of(views),
        **_models_of(catalogue_views),
        **_models_of(judgement_views),
        **_models_of(quality_views),
        "Playbook": Playbook,
    }


def all_schemas() -> dict[str, JsonObject]:
    """The schema of every message, as code says it now."""
    return {name: _schema_of(message) for name, message in sorted(messages().items())}


def kept_schemas(directory: Path) -> dict[str, JsonObject]:
    """The golden schemas that lie in `directory`."""
    return {file.stem: json.loads(file.read_text()) for file in sorted(directory.glob("*.json"))}


def write_all(directory: Path) -> None:
    """Write every golden schema anew.

    Raises:
        ShapeTurned: a message changed its meaning under the same version, or is no more; nothing was written.
    """
    kept, current = kept_schemas(directory), all_schemas()
    problems = [f"{name}: {problem}" for name in kept.keys() & current for problem in broken(kept[name], current[name])]
    problems += [f"{name}: {_GONE}" for name in kept.keys() - current]
    if problems:
        raise ShapeTurned(sorted(problems))
    directory.mkdir(parents=True, exist_ok=True)
    for name, schema in current.items():
        (directory / f"{name}.json").write_text(_text(schema))


_GONE = (
    "is no more; logs hold an event for ever, so keep its class. "
    "Of a command or a view that no client knows, remove the golden schema yourself"
)


def outdated(directory: Path) -> list[str]:
    """Names of messages whose golden schema is missing, left over or not what code says."""
    kept, current = kept_schemas(directory), all_schemas()
    return sorted(name for name in kept.keys() | current if kept.get(name) != current.get(name))


def broken(old: JsonObject, new: JsonObject) -> Iterator[str]:
    """What in `new` could not be read by who knows `old`, or the reverse; nothing if the version was raised."""
    if new[_VERSION] > old[_VERSION]:
        return
    yield from _broken_object("", old, new)
    for name, shape in old.get("$defs", {}).items():
        if name in new.get("$defs", {}):
            yield from _broken_object(f"{name}.", shape, new["$defs"][name])


class ShapeTurned(Exception):  # noqa: N818  # a noun with its facts
    """Messages changed their meaning under the same version, or are no more; `problems` says which and where."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("what has another meaning needs a new schema_version and an upcast:\n" + "\n".join(problems))
        self.problems = problems


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the golden schemas, or with --check say which are not up to date."""
    parser = argparse.ArgumentParser(prog="python -m wrenchai_contracts.schemas", description=main.__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("directory", type=Path)
    options = parser.parse_args(arguments)
    try:
        if not options.check:
            write_all(options.directory)
        late = outdated(options.directory)
    except ShapeTurned as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    if late:
        sys.stderr.write(f"not up to date, run `just schemas`: {', '.join(late)}\n")
    return int(bool(late))


def _models_of(module: ModuleType) -> dict[str, type[Frozen]]:
    found = vars(module).items()
    return {
        name: model
        for name, model in found
        if isinstance(model, type) and issubclass(model, Frozen) and model.__module__ == module.__name__
    }


def _schema_of(message: type[Frozen]) -> JsonObject:
    version = getattr(message, "schema_version", 1)
    return {"$schema": _DIALECT, _VERSION: version, **message.model_json_schema()}


def _text(schema: JsonObject) -> str:
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def _broken_object(path: str, old: JsonObject, new: JsonObject) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in sorted(before.keys() - after):
        yield f"{path}{name} is gone"
    for name in sorted(set(new.get("required", ())) - set(old.get("required", ()))):
        yield f"{path}{name} is required now"
    for name in sorted(before.keys() & after):
        if not _takes(after[name], before[name]):
            yield f"{path}{name} means something else now"
    if not _takes(*({key: schema[key] for key in schema.keys() - _FIELDS} for schema in (new, old))):
        yield f"{path.rstrip('.') or 'it'} has other rules now"


def _takes(new: JsonObject, old: JsonObject) -> bool:
    """Whether `new` means the same as `old`, but for more values that an enumeration may have."""
    if "enum" in old and "enum" in new:
        return set(old["enum"]) <= set(new["enum"]) and _meaning(old, "enum") == _meaning(new, "enum")
    return _meaning(old) == _meaning(new)


def _meaning(schema: JsonObject, *without: str) -> JsonObject:
    return {key: _bare(value) for key, value in schema.items() if key not in _WORDS.union(without)}


def _bare(value: object) -> object:
    if isinstance(value, dict):
        return _meaning(value)
    return [_bare(item) for item in value] if isinstance(value, list) else value


if __name__ == "__main__":
    sys.exit(main())
