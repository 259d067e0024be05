"""A request until its answer: sent again after a pause as long as only the moment is wrong."""

from typing import TypeVar

import httpx
from wrenchai_contracts.errors import Unavailable, WrenchError

from wrenchai.client.actions import Flow, Pause, Send
from wrenchai.client.calls import Call
from wrenchai.client.patience import LONGEST_ASKED, Patience
from wrenchai.client.problems import Interrupted, Unreachable, error_of

Answer = TypeVar("Answer")

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


def exchange(call: Call[Answer], patience: Patience) -> Flow[Answer]:
    """The call's answer.

    Raises:
        WrenchError: the gateway's refusal at once, or the last trouble once patience is at its end.
    """
    for pause in (*patience.pauses(), None):
        try:
            response: httpx.Response = yield Send(call)
        except httpx.TransportError as broken:
            error: WrenchError = _broken(broken)
        else:
            if call.understands(response):
                return call.read(response)
            error = error_of(response)
        if pause is None or not _worth_repeating(error):
            raise error
        yield Pause(max(pause, _asked(error)))
    raise AssertionError  # the last round returned or raised


def _broken(problem: httpx.TransportError) -> Unavailable:
    if isinstance(problem, NEVER_SENT):
        return Unreachable(f"no gateway answers: {problem}")
    return Interrupted(f"the connection to the gateway broke: {problem or type(problem).__name__}")


def _worth_repeating(error: WrenchError) -> bool:
    return isinstance(error, Unavailable) and error.retry_after <= LONGEST_ASKED


def _asked(error: WrenchError) -> float:
    return error.retry_after if isinstance(error, Unavailable) else 0.0
