"""Who may come in: one API key for everything but liveness, readiness and the description of the API itself.

HTTP and WebSocket clients send `Authorization: Bearer <key>`. A browser cannot on a WebSocket, so it may name the
subprotocol `wrenchai.bearer.<key>` instead; and for looking at artifacts and built sites it may send the key as the
password of HTTP Basic. A key never stands in an address.
"""

import base64
import binascii
import hmac
from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from wrenchai_gateway.docs_page import ASSETS, PAGE
from wrenchai_gateway.problems import problem_response
from wrenchai_gateway.refusals import KeyRefused, OriginRefused

SUBPROTOCOL = "wrenchai.bearer."
_OPEN = frozenset({"/health/live", "/health/ready", PAGE, "/openapi.json"})
_OPEN_BELOW = f"{ASSETS}/"
_SHOWN_IN_BROWSERS = ("/api/v1/sites/", "/api/v1/artifacts/")


class Access:
    """ASGI middleware that lets in who has the key, and web pages only from known origins."""

    def __init__(self, app: ASGIApp, *, api_key: str, origins: Collection[str] = ()) -> None:
        self._app, self._key, self._origins = app, api_key.encode(), frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, or answer 401 or 403."""
        if scope["type"] not in {"http", "websocket"} or _is_open(scope):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        if not self._has_key(scope, headers):
            await _refuse(KeyRefused(), scope, receive, send)
        elif scope["type"] == "websocket" and not self._origin_fits(headers):
            await _refuse(OriginRefused(), scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _has_key(self, scope: Scope, headers: dict[bytes, bytes]) -> bool:
        kind, _, given = headers.get(b"authorization", b"").partition(b" ")
        if kind.lower() == b"bearer":
            return self._is_key(given.strip())
        if kind.lower() == b"basic" and _may_use_basic(scope):
            return self._is_key(_password(given))
        if scope["type"] == "websocket":
            offered = (
                name.strip() for name in headers.get(b"sec-websocket-protocol", b"").decode("latin-1").split(",")
            )
            keys = [name.removeprefix(SUBPROTOCOL) for name in offered if name.startswith(SUBPROTOCOL)]
            return bool(keys) and self._is_key(keys[0].encode("latin-1"))
        return False

    def _is_key(self, given: bytes) -> bool:
        return hmac.compare_digest(given, self._key)

    def _origin_fits(self, headers: dict[bytes, bytes]) -> bool:
        """No origin (not a browser), one of the list, or the page came from us."""
        origin = headers.get(b"origin", b"").decode("latin-1")
        if not origin or origin in self._origins:
            return True
        return urlsplit(origin).netloc == headers.get(b"host", b"").decode("latin-1")


def _is_open(scope: Scope) -> bool:
    path: str = scope["path"]
    return path in _OPEN or (scope["type"] == "http" and path.startswith(_OPEN_BELOW))


def _may_use_basic(scope: Scope) -> bool:
    return scope["type"] == "http" and scope["method"] in {"GET", "HEAD"} and _shown_in_browsers(scope)


def _shown_in_browsers(scope: Scope) -> bool:
    path: str = scope["path"]
    return path.startswith(_SHOWN_IN_BROWSERS)


def _password(given: bytes) -> bytes:
    try:
        return base64.b64decode(given, validate=True).partition(b":")[2]
    except binascii.Error:
        return b""


async def _refuse(error: KeyRefused | OriginRefused, scope: Scope, receive: Receive, send: Send) -> None:
    """An HTTP answer, for a WebSocket in place of its handshake."""
    response = problem_response(error)
    if isinstance(error, KeyRefused) and _shown_in_browsers(scope):
        response.headers["WWW-Authenticate"] = 'Basic realm="wrenchai", charset="UTF-8"'
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get("extensions", {}):
        await receive()
        await send({"type": "websocket.close", "code": 1008})
        return
    await response(scope, receive, send)
