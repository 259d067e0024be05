"""A small web server for a built site, on a free port of this machine only, as long as a check needs it."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

NOWHERE = ".not-a-page-of-this-site"


class _SiteHandler(SimpleHTTPRequestHandler):
    """Serves a directory under a base path: no listings, the site's own 404 page, no log."""

    protocol_version = "HTTP/1.1"
    extensions_map = {  # noqa: RUF012  # the base class declares it so
        **SimpleHTTPRequestHandler.extensions_map,
        ".webmanifest": "application/manifest+json",
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".woff2": "font/woff2",
    }

    def __init__(self, *args: Any, base_url: str, **kwargs: Any) -> None:
        self._base_url = base_url
        super().__init__(*args, **kwargs)

    def translate_path(self, path: str) -> str:
        """Map a path below the base to a file; every other path to a file that is not there."""
        if not urlsplit(path).path.startswith(self._base_url):
            return str(Path(self.directory, NOWHERE))
        return super().translate_path("/" + path.removeprefix(self._base_url))

    def list_directory(self, path: Any) -> None:
        """Answer as for a page that is not there."""
        del path
        self.send_error(HTTPStatus.NOT_FOUND)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer with the site's own 404 page where it has one."""
        own = Path(self.directory, "404.html")
        if code != HTTPStatus.NOT_FOUND or not own.is_file():
            super().send_error(code, message, explain)
            return
        page = own.read_bytes()
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
        """Say nothing; a check's log is for findings."""


@contextmanager
def serving(directory: Path, base_url: str) -> Iterator[str]:
    """Serve `directory` under `base_url` while the block runs; gives the origin, e.g. `http://127.0.0.1:4711`."""
    handler = partial(_SiteHandler, directory=str(directory), base_url=base_url)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
