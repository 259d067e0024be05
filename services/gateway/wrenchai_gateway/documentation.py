"""What the OpenAPI document says beyond what the framework finds out by itself."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from wrenchai_gateway.problems import MEDIA_TYPE, Problem

DESCRIPTION = """
Runs teams of agents and leaves evidence: every accepted task, step, judgement and approval is an event in one
append-only log, and everything shown here is a fold of it.

* **Durable**: 202 means recorded on disk. Send `Idempotency-Key` to be able to repeat a request safely.
* **Read your own writes**: every answer about tasks, events, playbooks and tools names a log position
  (`Wrenchai-Position`); give it as `min_position`.
* **Live**: `/ws/tasks/{task_id}` and `/ws/events`, each with `?from=<position>`, tell every event once and in order.
* **Who**: the header `Actor` says who asks. It is a label that nobody verifies until there is a login, but it is
  recorded, and approvals count different people by it.
* **Control**: a command that a task's state does not allow is answered with 409, the state, and what is legal now.
  The same command again is answered like the first time, but for `signal`, `extend`, `fork` and a schedule's
  `backfill`: each of these counts, and none counts twice that is sent again with the same `Idempotency-Key`.
* **Errors** are RFC 9457 problems, `application/problem+json`.
"""
TAGS = [
    {"name": "tasks", "description": "Submit work, look at it, follow it, stop it."},
    {"name": "control", "description": "Steer a task that runs: each command is an event with actor and reason."},
    {"name": "waiting", "description": "What waits for people over all tasks: approvals, effects in doubt."},
    {"name": "schedules", "description": "Tasks that are begun by themselves, when their time comes."},
    {"name": "playbooks", "description": "Written plans and the tools they use."},
    {"name": "quality", "description": "How results were judged and why, what was learnt, and how right that was."},
    {"name": "artifacts", "description": "Files that steps left, named by their SHA-256, and built sites."},
    {"name": "operations", "description": "Health, the log's head, and events that were set aside."},
]
_described: list[type[BaseModel]] = []
"""Shapes of bodies that routes read by themselves."""

_REFERENCE = "#/components/schemas/{model}"


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a route may answer with."""
    content = {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model=Problem.__name__)}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def body_of(command: type[BaseModel], example: Any, *, required: bool = True) -> dict[str, Any]:
    """The request body of a route that reads it by itself."""
    _described.append(command)
    schema = {"$ref": _REFERENCE.format(model=command.__name__)}
    return {
        "requestBody": {"required": required, "content": {"application/json": {"schema": schema, "example": example}}}
    }


def yaml_body(example: str) -> dict[str, Any]:
    """The request body of a route that takes a playbook's text."""
    content = {"application/yaml": {"schema": {"type": "string"}, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


def describe(app: FastAPI) -> None:
    """Give `app` its OpenAPI document, with the models of bodies that routes read by themselves."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]  # the way the framework asks for


def _document(app: FastAPI) -> dict[str, Any]:
    written = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes, tags=TAGS
    )
    shapes: list[type[BaseModel]] = [*dict.fromkeys(_described), Problem]
    _, models = models_json_schema([(shape, "validation") for shape in shapes], ref_template=_REFERENCE)
    components = written.setdefault("components", {})
    components.setdefault("schemas", {}).update(models["$defs"])
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "description": "The API key."}}
    written["security"] = [{"key": []}]
    return written
