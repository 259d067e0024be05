"""Playbooks and tools over REST: run a form, list, look at, check, register."""

import asyncio
from collections.abc import Iterable
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi import Path as InPath
from wrenchai_contracts.catalogue_views import PlaybookList, PlaybookSummary, PlaybookText, PlaybookVerdict, ToolList
from wrenchai_contracts.commands import ExecutePlaybook
from wrenchai_contracts.envelope import Context
from wrenchai_contracts.errors import FieldProblem, PlaybookRejected, Unavailable
from wrenchai_contracts.playbook import Playbook
from wrenchai_contracts.views import TaskAccepted, TaskView
from wrenchai_language.playbook_yaml import AbsentTools, Read, read_with_notes

from wrenchai_gateway.catalogue import KnownPlaybook
from wrenchai_gateway.documentation import body_of, problems, yaml_body
from wrenchai_gateway.following import end_of
from wrenchai_gateway.gateway import Gateway, gateway_of
from wrenchai_gateway.http_answers import answer
from wrenchai_gateway.live import FellBehind
from wrenchai_gateway.submissions import caller_of, digest_of, patience_of, read_command, read_yaml_body
from wrenchai_gateway.task_answers import view_of
from wrenchai_gateway.task_routes import told_accepted

PlaybookName = Annotated[str, InPath(pattern=r"^[a-z][a-z0-9_.-]{0,63}$", examples=["portfolio"])]

_FILE = "playbook.yaml"
_EXAMPLE = "name: hello\nsteps:\n  - id: greet\n    tool: noop\n"
_FORM = {"title": "Ada's work", "description": "Engines and notes", "projects": [{"name": "Engine"}]}

router = APIRouter(tags=["playbooks"])


@router.post(
    "/playbooks/execute",
    status_code=202,
    response_model=TaskAccepted,
    responses={
        **problems(400, 401, 404, 409, 413, 415, 422, 429, 503),
        200: {"model": TaskView, "description": "Only with `Prefer: wait=N`: the task has ended meanwhile."},
    },
    openapi_extra=body_of(ExecutePlaybook, _FORM),
)
async def execute(request: Request) -> Response:
    """Run a playbook with a filled-in form. With `Prefer: wait=N` the answer waits up to N seconds for the end."""
    gateway, caller, patience = gateway_of(request), caller_of(request), patience_of(request)
    form = await read_command(request, ExecutePlaybook)
    digest = digest_of("execute", form) if caller.key is not None else ""
    accepted = await gateway.intake.accept((await gateway.intake.form(form),), caller, digest)
    ended = await _ended(gateway, accepted.task_ids[0], patience) if patience else None
    if ended is None:
        return told_accepted(accepted)
    ended.headers["Preference-Applied"] = f"wait={patience}"
    return ended


async def _ended(gateway: Gateway, task_id: str, patience: float) -> Response | None:
    """The task once it has ended; None if that cannot be told in time, which makes it no less accepted."""
    try:
        position = await end_of(gateway, task_id, patience)
        if position is None:
            return None
        await gateway.reader.reached(position)
        header, steps = await gateway.reader.task(task_id)
    except (Unavailable, FellBehind):
        return None
    return answer(view_of(header, steps), position=header["position"])


@router.get("/playbooks", response_model=PlaybookList, responses=problems(401, 503))
async def list_playbooks(request: Request) -> Response:
    """Every registered playbook in its newest version."""
    catalogue = gateway_of(request).catalogue
    items = [_summary(catalogue.playbooks[name]) for name in sorted(catalogue.playbooks)]
    return answer({"items": items}, position=catalogue.position)


@router.get("/playbooks/{name}", response_model=PlaybookText, responses=problems(401, 404, 422, 503))
async def look_at_playbook(request: Request, name: PlaybookName) -> Response:
    """A playbook in full."""
    catalogue = gateway_of(request).catalogue
    known = await catalogue.find(name)
    return answer(_text(known.digest, known.playbook), position=catalogue.position)


@router.post(
    "/playbooks/check",
    response_model=PlaybookVerdict,
    responses=problems(401, 413, 415, 503),
    openapi_extra=yaml_body(_EXAMPLE),
)
async def check_playbook(request: Request) -> Response:
    """Everything that is wrong with a playbook, each thing with its field, line and column; nothing is recorded.

    Tools are looked at as far as workers have announced any. `notes` tells what became of the fields of an old layout,
    and which steps nobody does as it is now.
    """
    gateway = gateway_of(request)
    await gateway.catalogue.look()
    absent: AbsentTools = "refused" if gateway.catalogue.tools else "noted"
    try:
        read = await _read(gateway, await read_yaml_body(request), absent)
    except PlaybookRejected as rejected:
        return answer({"valid": False, "digest": None, "problems": _places(rejected.problems), "notes": []})
    return answer({"valid": True, "digest": read.playbook.digest(), "problems": [], "notes": _places(read.notes)})


@router.post(
    "/playbooks",
    status_code=201,
    response_model=PlaybookText,
    responses=problems(401, 413, 415, 422, 429, 503),
    openapi_extra=yaml_body(_EXAMPLE),
)
async def register_playbook(request: Request) -> Response:
    """Make a playbook known; the same text twice is the same playbook (200). Running tasks keep the plan they have.

    A tool that no worker has announced yet is noted; tasks are taken in once one has.
    """
    gateway, caller = gateway_of(request), caller_of(request)
    await gateway.catalogue.look()
    playbook, notes, _ = await _read(gateway, await read_yaml_body(request), "noted")
    context = Context(actor=caller.actor, tenant=caller.tenant, correlation="catalogue", trace=caller.trace)
    digest, position = await register(gateway, playbook, context)
    body = _text(digest, playbook) | {"position": position, "notes": _places(notes)}
    here = f"/api/v1/playbooks/{playbook.name}"
    if position is None:
        return answer(body, 200, position=gateway.catalogue.position, location=here)
    return answer(body, 201, position=position, location=here)


@router.get("/tools", response_model=ToolList, responses=problems(401, 503))
async def list_tools(request: Request) -> Response:
    """Every tool that a worker has announced: what it takes, what it gives, which roles may use it."""
    catalogue = gateway_of(request).catalogue
    items = [catalogue.tools[name].model_dump() for name in sorted(catalogue.tools)]
    return answer({"items": items}, position=catalogue.position)


async def register(gateway: Gateway, playbook: Playbook, context: Context) -> tuple[str, int | None]:
    """Record the playbook; see `Catalogue.register`.

    Raises:
        PayloadTooLarge: it does not fit into an event.
    """
    return await gateway.catalogue.register(playbook, gateway.runtime.committer, context)


async def _read(gateway: Gateway, text: bytes, absent: AbsentTools) -> Read:
    """Large playbooks take a good part of a second: not on the loop."""
    tools, shelf = dict(gateway.catalogue.tools), dict(gateway.catalogue.shelf)
    return await asyncio.to_thread(read_with_notes, text, file=_FILE, tools=tools, playbooks=shelf, absent_tools=absent)


def _places(found: Iterable[FieldProblem]) -> list[dict[str, Any]]:
    return [asdict(problem) for problem in found]


def _summary(known: KnownPlaybook) -> dict[str, Any]:
    playbook = known.playbook
    summary = PlaybookSummary(
        name=playbook.name,
        version=playbook.version,
        description=playbook.description,
        digest=known.digest,
        steps=len(playbook.steps),
        inputs=playbook.inputs,
    )
    return summary.model_dump()


def _text(digest: str, playbook: Playbook) -> dict[str, Any]:
    return {"digest": digest, "playbook": playbook.model_dump(by_alias=True)}
