"""How a command ends when something went wrong: one sentence, what to do next, and an exit code."""

import sys
from dataclasses import asdict
from typing import NoReturn

from wrenchai_contracts.errors import InputRejected, NotNow, PlaybookRejected, Refused, Unavailable, WrenchError

from wrenchai.cli.exit_codes import FAILED, INTERRUPTED, REFUSED, UNREACHABLE, USAGE
from wrenchai.cli.input_files import InputFileWrong
from wrenchai.cli.located import located
from wrenchai.cli.screen import Screen
from wrenchai.cli.waiting import allowed
from wrenchai.client.problems import KeyRefused, Unreachable
from wrenchai.local.errors import AlreadyRunning, LocalStartError, StartInterrupted

_CODES: tuple[tuple[type[WrenchError], int], ...] = (
    (InputFileWrong, USAGE),
    (StartInterrupted, INTERRUPTED),
    (AlreadyRunning, REFUSED),
    (LocalStartError, UNREACHABLE),
    (Unavailable, UNREACHABLE),
    (Refused, REFUSED),
    (WrenchError, FAILED),
)

_ADVICE: tuple[tuple[type[WrenchError], str], ...] = (
    (Unreachable, "start it with `wrenchai up`, or name another address in WRENCHAI_URL"),
    (KeyRefused, "set WRENCHAI_API_KEY to the key that `wrenchai up` names"),
    (Unavailable, "try the same again in a moment; `wrenchai status` shows what is missing"),
)


def exit_code_of(error: WrenchError) -> int:
    """The exit code that stands for this error."""
    return next(code for kind, code in _CODES if isinstance(error, kind))


def advice_on(error: WrenchError) -> str | None:
    """What to do about it, where the error itself does not say so."""
    if isinstance(error, NotNow):
        more = f"; `wrenchai context {error.task_id}` says what it waits for" if "cancel" in error.legal else ""
        return f"allowed now: {allowed(error.legal)}{more}"
    return next((advice for kind, advice in _ADVICE if isinstance(error, kind)), None)


def end(error: WrenchError, *, as_json: bool) -> NoReturn:
    """Say what went wrong and exit."""
    from rich.console import Console  # noqa: PLC0415  # not needed for programs
    from rich.text import Text  # noqa: PLC0415  # see above

    if as_json:
        Screen(as_json=True).line(described(error))
    else:
        console = Console(stderr=True, highlight=False)
        console.print(Text.assemble(("error: ", "bold red"), *_sentences(error)))
        if advice := advice_on(error):
            console.print(Text(advice, "dim"))
    sys.exit(exit_code_of(error))


def described(error: WrenchError) -> dict[str, object]:
    """The error for programs."""
    places = error.problems if isinstance(error, InputRejected | PlaybookRejected) else []
    problems = [asdict(place) for place in places]
    told: dict[str, object] = {"error": type(error).__name__, "detail": str(error), "problems": problems}
    if isinstance(error, NotNow):
        told |= {"state": error.state, "legal": error.legal}
    return {**told, "advice": advice_on(error)}


def _sentences(error: WrenchError) -> list[str]:
    places = error.problems if isinstance(error, InputRejected | PlaybookRejected) else []
    if isinstance(error, NotNow) and error.reason:
        return [f"task {error.task_id} is {error.state}: {error.reason}"]
    if not places:
        return [str(error)]
    file = error.file if isinstance(error, PlaybookRejected) else ""
    told = (located(file, place) if file else str(place) for place in places)
    return ["refused, and nothing was changed\n", "\n".join(f"  {place}" for place in told)]
