"""Answers as JSON bytes, without a model in between."""

from typing import Any

from pydantic_core import to_json
from starlette.responses import Response

POSITION_HEADER = "Wrenchai-Position"


def answer(body: Any, status: int = 200, *, position: int | None = None, location: str | None = None) -> Response:
    """`body` as JSON; the position that a reader may wait for, and where to look further."""
    headers = {} if position is None else {POSITION_HEADER: str(position)}
    if location is not None:
        headers["Location"] = location
    return Response(to_json(body), status, headers, "application/json")
