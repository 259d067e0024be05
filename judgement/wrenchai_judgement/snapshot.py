"""Knowledge as bytes and back, bit for bit: a snapshot is a shortcut, and may always be deleted. Pure."""

import json
from base64 import b64decode, b64encode
from collections import deque
from dataclasses import asdict
from typing import Any

import numpy as np

from wrenchai_judgement.context import ContextModel, Place, Spreads, Vector
from wrenchai_judgement.deciding import KEPT, Outlook
from wrenchai_judgement.drift import Cusum, Drift
from wrenchai_judgement.judges import Judges, JudgeTable
from wrenchai_judgement.knowledge import MODEL, SCORED_ON, Knowledge
from wrenchai_judgement.resources import ResourceModel
from wrenchai_judgement.weighing import Trust


class SnapshotUnreadable(ValueError):  # noqa: N818  # a noun with its facts
    """The snapshot is damaged, or of a release that knows more: fold the stream instead."""


class OtherModel(SnapshotUnreadable):
    """The snapshot is of another release's model: fold the stream instead."""


def to_bytes(knowledge: Knowledge) -> bytes:
    """Everything in it, as JSON; arrays as base64 of little-endian doubles."""
    context = knowledge.context
    told: dict[str, Any] = {
        "model": MODEL,
        "tenant": knowledge.tenant,
        "version": knowledge.version,
        "digest": knowledge.digest,
        "spreads": list(context.spreads),
        "rows": list(context.rows),
        "m": _packed(context.m),
        "S": _packed(context.S),
        "used": context.used,
        "outcomes": context.outcomes,
        "learnt": context.learnt,
        "judges": {key: asdict(table) for key, table in knowledge.judges.tables.items()},
        "latest": knowledge.judges.latest,
        "trusted": {kind: asdict(one) for kind, one in knowledge.trusted.items()},
        "outlooks": {kind: list(one.pairs) for kind, one in knowledge.outlooks.items()},
        "drift": {subject: asdict(one) for subject, one in knowledge.drift.sums.items()},
        "resources": knowledge.resources.to_json(),
        "tools": knowledge.tools,
        "cells": [[*cell, *sums] for cell, sums in knowledge.cells.items()],
        "recent": [[*place, good] for place, good in knowledge.recent],
        "results": knowledge.results,
        "verdicts": knowledge.verdicts,
        "fitted": knowledge.fitted,
    }
    return json.dumps(told).encode()


def from_bytes(state: bytes) -> Knowledge:
    """The same knowledge.

    Raises:
        OtherModel: its arithmetic was another.
        SnapshotUnreadable: it is not what this release writes.
    """
    try:
        return _from(json.loads(state))
    except (ValueError, LookupError, TypeError, AttributeError) as problem:
        if isinstance(problem, OtherModel):
            raise
        message = f"{type(problem).__name__}: {problem}"
        raise SnapshotUnreadable(message) from problem


def _from(told: dict[str, Any]) -> Knowledge:
    if told.get("model") != MODEL:
        message = f"the snapshot is of {told.get('model')}, not of {MODEL}"
        raise OtherModel(message)
    return Knowledge(
        tenant=told["tenant"],
        version=told["version"],
        digest=told["digest"],
        context=_context(told),
        judges=Judges({key: JudgeTable(**table) for key, table in told["judges"].items()}, told["latest"]),
        trusted={kind: Trust(**one) for kind, one in told["trusted"].items()},
        outlooks={kind: _outlook(pairs) for kind, pairs in told["outlooks"].items()},
        drift=Drift({subject: Cusum(**one) for subject, one in told["drift"].items()}),
        resources=ResourceModel.from_json(told["resources"]),
        tools=told["tools"],
        cells={(one[0], one[1], one[2], one[3]): [one[4], one[5]] for one in told["cells"]},
        recent=deque(((Place(*place), good) for *place, good in told["recent"]), maxlen=SCORED_ON),
        results=told["results"],
        verdicts=told["verdicts"],
        fitted=told["fitted"],
    )


def _context(told: dict[str, Any]) -> ContextModel:
    rows = {row: place for place, row in enumerate(told["rows"])}
    size = len(rows)
    return ContextModel.restored(
        Spreads(*told["spreads"]),
        rows,
        (_unpacked(told["m"]), _unpacked(told["S"]).reshape(size, size)),
        (told["used"], told["outcomes"], told["learnt"]),
    )


def _outlook(pairs: list[list[float]]) -> Outlook:
    return Outlook(deque(((ratio, probability) for ratio, probability in pairs), maxlen=KEPT))


def _packed(values: Vector) -> str:
    return b64encode(values.astype("<f8").tobytes()).decode()


def _unpacked(text: str) -> Vector:
    return np.frombuffer(b64decode(text), dtype="<f8").astype(np.float64)
