"""How large a body may be: refused by its announced length before a byte is read, or as soon as it grows too long."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from wrenchai_contracts.errors import PayloadTooLarge

from wrenchai_gateway.problems import problem_response
from wrenchai_gateway.refusals import MalformedRequest

MEBIBYTE = 1024 * 1024


class BodyLimit:
    """ASGI middleware. `larger` names paths that may take more than `limit` bytes."""

    def __init__(self, app: ASGIApp, *, limit: int = MEBIBYTE, larger: dict[str, int] | None = None) -> None:
        self._app, self._limit, self._larger = app, limit, larger or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is small enough."""
        if scope["type"] != "http" or scope["method"] in _WITHOUT_BODY:
            await self._app(scope, receive, send)
            return
        limit = self._larger.get(scope["path"], self._limit)
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), None)
        if announced is None:
            await self._app(scope, _counting(receive, limit), send)
        elif not announced.isdigit() or len(announced) > _LONGEST_LENGTH:
            await problem_response(MalformedRequest("Content-Length is no number"))(scope, receive, send)
        elif int(announced) > limit:
            await problem_response(PayloadTooLarge(_WHAT, int(announced), limit))(scope, receive, send)
        else:
            await self._app(scope, receive, send)


_WHAT = "the body"
_LONGEST_LENGTH = 18
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})


def _counting(receive: Receive, limit: int) -> Receive:
    """`receive` that gives up once more than `limit` bytes came."""
    size = 0

    async def counted() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > limit:
            raise PayloadTooLarge(_WHAT, size, limit)
        return message

    return counted
