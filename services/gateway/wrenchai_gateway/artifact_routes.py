"""Files over REST: artifacts by their SHA-256, piece by piece if wanted, and the files of built sites.

What agents made is never trusted: browsers may not guess its kind, and run it, if at all, in a sandbox of its own.
"""

import mimetypes
import re
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request, Response
from fastapi import Path as InPath
from starlette.exceptions import HTTPException
from starlette.responses import StreamingResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from wrenchai_gateway.byte_ranges import Piece, Unsatisfiable, piece_of
from wrenchai_gateway.documentation import problems
from wrenchai_gateway.gateway import gateway_of
from wrenchai_gateway.problems import told
from wrenchai_gateway.refusals import NotFound

_HASH = r"^[0-9a-f]{64}$"
_UNSAFE_IN_NAMES = re.compile(r"[^\w.()+ -]")
_INERT = frozenset({"text/plain", "application/json", "image/png", "image/jpeg", "image/webp", "image/gif"})
"""Kinds that a browser may show; everything else is offered as a download."""

router = APIRouter(tags=["artifacts"])


@router.head("/artifacts/{sha256}", include_in_schema=False)
@router.get(
    "/artifacts/{sha256}",
    response_class=Response,
    responses={
        200: {"description": "All of it", "content": {"application/octet-stream": {}}},
        206: {"description": "The piece that `Range` asked for"},
        304: {"description": "`If-None-Match` names it: it never changes"},
        **problems(401, 404, 416, 422, 503),
    },
)
async def download(
    request: Request,
    sha256: Annotated[str, InPath(pattern=_HASH)],
    name: Annotated[str | None, Query(max_length=200, description="File name to offer.")] = None,
) -> Response:
    """The bytes of an artifact, all or a piece of them."""
    store = gateway_of(request).artifacts
    size = await store.size(sha256)
    if size is None:
        message = f"no artifact has the hash {sha256}"
        raise NotFound(message)
    etag = f'"{sha256}"'
    headers = _headers(name) | {"ETag": etag, "Accept-Ranges": "bytes", "Cache-Control": "private, immutable"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    try:
        piece = piece_of(request.headers.get("range"), size) if _range_counts(request, etag) else None
    except Unsatisfiable:
        return told(416, "No such bytes", f"there are {size}", slug="no-such-bytes", headers=_of(f"*/{size}"))
    whole = piece is None
    piece = piece or Piece(0, size)
    headers |= {"Content-Length": str(piece.end - piece.start)}
    headers |= {} if whole else _of(f"{piece.start}-{piece.end - 1}/{size}")
    content = store.read(sha256, piece.start, piece.end)
    if request.method == "HEAD":
        return Response(status_code=200 if whole else 206, headers=headers)
    return StreamingResponse(content, 200 if whole else 206, headers)


class Sites(StaticFiles):
    """The files of built sites, each site below its hash, byte for byte as judged; nothing outside.

    A site's own links begin with the `base_url` it was built for, so a browser shows it whole only where it is served
    under that path, as `wrenchai demo` does.
    """

    async def check_config(self) -> None:
        """The directory comes to be with the first site."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file of a site."""
        site = path.partition("/")[0]
        if not re.fullmatch(_HASH, site) or "\0" in path:
            raise HTTPException(404)
        try:
            response = await super().get_response(path, scope)
        except HTTPException as problem:
            if problem.status_code != _NOT_FOUND:
                raise
            response = await super().get_response(f"{site}/404.html", scope)
            response.status_code = _NOT_FOUND
        response.headers.update(_SANDBOX | {"Cache-Control": "no-cache"})
        return response


_NOT_FOUND = 404
_SANDBOX = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox allow-scripts allow-popups allow-forms",
    "Referrer-Policy": "no-referrer",
}


def _headers(name: str | None) -> dict[str, str]:
    """Kind and file name from what the caller calls it."""
    safe = _UNSAFE_IN_NAMES.sub("_", name or "").strip(". ")
    kind = mimetypes.guess_type(safe)[0] or "application/octet-stream"
    shown = kind in _INERT
    disposition = "inline" if shown else "attachment"
    if safe:
        plain = safe.encode("ascii", "replace").decode().replace("?", "_")
        disposition += f"; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"
    return {
        "Content-Type": kind if shown else "application/octet-stream",
        "Content-Disposition": disposition,
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'; img-src 'self'; style-src 'unsafe-inline'",
    }


def _range_counts(request: Request, etag: str) -> bool:
    """A range of another version of the content is no range of this one."""
    return request.headers.get("if-range", etag) == etag


def _of(content_range: str) -> dict[str, str]:
    return {"Content-Range": f"bytes {content_range}"}
