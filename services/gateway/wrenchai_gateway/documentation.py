"""What the OpenAPI document says beyond what the framework finds out by itself."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from wrenchai_contracts.commands import CancelTask, ExecutePlaybook, SubmitBatch, SubmitTask

from wrenchai_gateway.problems import MEDIA_TYPE, Problem

DESCRIPTION = """
Runs teams of agents and leaves evidence: every accepted task, step, judgement and approval is an event in one
append-only log, and everything shown here is a fold of it.

* **Durable**: 202 means recorded on disk. Send `Idempotency-Key` to be able to repeat a request safely.
* **Read your own writes**: every answer about tasks, events, playbooks and tools names a log position
  (`Wrenchai-Position`); give it as `min_position`.
* **Live**: `/ws/tasks/{task_id}` and `/ws/events`, each with `?from=<position>`, tell every event once and in order.
* **Errors** are RFC 9457 problems, `application/problem+json`.
"""
TAGS = [
    {"name": "tasks", "description": "Submit work, look at it, follow it, stop it."},
    {"name": "playbooks", "description": "Written plans and the tools they use."},
    {"name": "artifacts", "description": "Files that steps left, named by their SHA-256, and built sites."},
    {"name": "operations", "description": "Health, the log's head, and events that were set aside."},
]
_COMMANDS = (SubmitTask, SubmitBatch, CancelTask, ExecutePlaybook)
_REFERENCE = "#/components/schemas/{model}"


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a route may answer with."""
    content = {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model=Problem.__name__)}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def body_of(command: type[BaseModel], example: Any, *, required: bool = True) -> dict[str, Any]:
    """The request body of a route that reads it by itself."""
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
    _, models = models_json_schema([(model, "validation") for model in (*_COMMANDS, Problem)], ref_template=_REFERENCE)
    components = written.setdefault("components", {})
    components.setdefault("schemas", {}).update(models["$defs"])
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "description": "The API key."}}
    written["security"] = [{"key": []}]
    return written
