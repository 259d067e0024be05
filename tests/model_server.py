"""A server on this machine that speaks OpenAI's chat completions, and says what a test has written down for it."""

import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Says(NamedTuple):
    """One answer: what the model says, or another status, or another body altogether, or none before the test's end."""

    text: str = ""
    status: int = 200
    tokens: int | None = 120
    body: str | None = None
    never: bool = False

    @property
    def written(self) -> bytes:
        """The answer's body."""
        usage = {} if self.tokens is None else {"usage": {"total_tokens": self.tokens}}
        said = {"choices": [{"index": 0, "message": {"role": "assistant", "content": self.text}}], **usage}
        return (json.dumps(said) if self.body is None else self.body).encode()


class ModelServer:
    """Where it is, and what it was asked; the last answer is given to all that follow."""

    def __init__(self, answers: Sequence[Says]) -> None:
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.paths: list[str] = []
        self.over = threading.Event()
        self._answers = list(answers)
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"model": self}))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"

    def next(self) -> Says:
        """What is said now."""
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def serve(self) -> None:
        """Until it is stopped."""
        self._http.serve_forever(poll_interval=0.05)

    def stop(self) -> None:
        """Let go of those who wait, too."""
        self.over.set()
        self._http.shutdown()
        self._http.server_close()


class _Handler(BaseHTTPRequestHandler):
    model: ModelServer

    def do_POST(self) -> None:
        self.model.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.model.keys.append(self.headers["Authorization"])
        self.model.paths.append(self.path)
        says = self.model.next()
        if says.never:
            self.model.over.wait()
            return
        self.send_response(says.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(says.written)))
        self.end_headers()
        self.wfile.write(says.written)

    def log_message(self, *_: object) -> None: ...


@contextmanager
def serving_a_model(*answers: Says) -> Iterator[ModelServer]:
    """A server with these answers, as long as the block runs."""
    server = ModelServer(answers)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()
