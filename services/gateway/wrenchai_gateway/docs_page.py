"""The API's description for people at /docs: all that its page loads comes from here, so it works without a network."""

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

PAGE = "/docs"
ASSETS = f"{PAGE}/assets"
_FROM_THE_PAGE = ASSETS.removeprefix("/")  # so that it is also right behind a proxy that adds a prefix


def add_docs_page(app: FastAPI) -> None:
    """Serve Swagger UI as `fastapi-offline` carries it."""
    app.mount(ASSETS, StaticFiles(packages=[("fastapi_offline", "static")]))
    app.add_route(PAGE, _page, include_in_schema=False)


async def _page(request: Request) -> Response:
    return get_swagger_ui_html(
        openapi_url="openapi.json",
        title=request.app.title,
        swagger_js_url=f"{_FROM_THE_PAGE}/swagger-ui-bundle.js",
        swagger_css_url=f"{_FROM_THE_PAGE}/swagger-ui.css",
        swagger_favicon_url=f"{_FROM_THE_PAGE}/favicon.png",
    )
