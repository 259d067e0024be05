"""The bases and field types every message is built on: frozen, and closed to unknown fields."""

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints

JsonObject = dict[str, Any]
"""A JSON object whose keys belong to a playbook author, not to us."""

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,63}$")]
"""A short identifier that an author chose: lower case, digits, `_`, `-`, `.`; 64 characters at most."""

StepId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
"""A step's name inside its playbook; usable in a reference, so no dots or dashes."""

Path = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.~-]{0,399}$")]
"""A node at work, and the journey named by it: `edit.3.fix`, `build~2`; see `plan`."""

TaskId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]{0,23}_[0-9a-z]{8,32}$")]
"""`<prefix>_<time-ordered id>`, e.g. `portfolio_01jd3k…`; also the name of the task's stream."""

Tenant = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
"""Whose data it is; `default` until tenants are switched on."""

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 digest in lower-case hexadecimal."""

_DURATION = re.compile(r"^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)?$")
_SECONDS = {"ms": 0.001, "s": 1.0, None: 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def _seconds(value: object) -> object:
    if not isinstance(value, str):
        return value
    match = _DURATION.match(value.strip())
    if match is None:
        message = f"{value!r} is no duration; write for example 500ms, 30s, 5m, 2h or 1d"
        raise ValueError(message)
    return float(match[1]) * _SECONDS[match[2]]


Seconds = Annotated[float, BeforeValidator(_seconds, json_schema_input_type=float | str)]
"""A duration in seconds; a playbook may write it as `30s`, `5m`, `2h`."""


class Frozen(BaseModel):
    """A value: equal by content, never changed after it was made, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def __eq__(self, other: object) -> bool:
        """Equal by content; a value is most often compared with itself, when it is written without its defaults."""
        return self is other or super().__eq__(other)

    __hash__ = BaseModel.__hash__


class Recordable(Frozen):
    """A value that stands in the log: a field that a newer release has added is passed over, not refused."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)
