"""A person's word on a result, over REST."""

from fastapi import APIRouter, Request, Response
from wrenchai_contracts.commands import GiveVerdict
from wrenchai_contracts.envelope import Recorded
from wrenchai_contracts.events import VerdictWeighed
from wrenchai_contracts.judgement_views import VerdictTaken, WordView

from wrenchai_gateway.control_routes import ACTOR
from wrenchai_gateway.documentation import body_of, problems
from wrenchai_gateway.gateway import gateway_of
from wrenchai_gateway.http_answers import answer
from wrenchai_gateway.submissions import caller_of, patience_of, read_command
from wrenchai_gateway.task_routes import TaskId
from wrenchai_gateway.verdicts import give, word_on

router = APIRouter(tags=["quality"])

_EXAMPLE = {"verdict": "bad", "reason": "two pages contradict each other"}


@router.post(
    "/tasks/{task_id}/verdicts",
    status_code=202,
    response_model=VerdictTaken,
    responses={
        **problems(400, 401, 404, 409, 413, 415, 422, 429, 503),
        200: {"model": VerdictTaken, "description": "It was given before; or, with `Prefer: wait=N`, was learnt from."},
    },
    openapi_extra=body_of(GiveVerdict, _EXAMPLE) | {"parameters": [ACTOR]},
)
async def give_verdict(request: Request, task_id: TaskId) -> Response:
    """Say whether a result is acceptable, also long after its task has ended; the inspector learns from it.

    With `Prefer: wait=N` the answer waits up to N seconds for what the word changed. Who is named to look at a result
    in its playbook, and nobody else, may speak of it; else anybody may. Another word of the same person replaces it.
    """
    gateway, caller, patience = gateway_of(request), caller_of(request), patience_of(request)
    command = await read_command(request, GiveVerdict)
    taken = await give(gateway, task_id, command, caller)
    weighed = await word_on(gateway, task_id, taken.position, patience) if patience else None
    word = _word(weighed) if weighed is not None else None
    body = VerdictTaken(task_id=task_id, step=command.step, position=taken.position, replayed=taken.replayed, word=word)
    status = 200 if taken.replayed or word is not None else 202
    return answer(body.model_dump(), status, position=weighed.position if weighed is not None else taken.position)


def _word(weighed: Recorded) -> WordView | None:
    event = weighed.event
    if not isinstance(event, VerdictWeighed):
        return None
    return WordView(by=event.by, verdict=event.verdict, before=event.before, after=event.after, at=weighed.at)
