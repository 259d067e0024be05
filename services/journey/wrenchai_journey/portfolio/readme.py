"""Reading a README: its title, its first paragraph, and the commands that run the project; pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from wrenchai_journey.portfolio.facts import Found

MAX_COMMANDS = 4
MAX_INTRO = 1200

HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
UNDERLINE = re.compile(r"^(={3,}|-{3,})$")
FENCE = re.compile(r"^\s*(`{3,}|~{3,})\s*([A-Za-z0-9+-]*)")
ABOUT_RUNNING = re.compile(
    r"\b(quick ?start|getting started|try it|run|running|usage|install|installation|demo)\b", re.IGNORECASE
)
SHELLS = frozenset({"", "sh", "bash", "shell", "console", "zsh", "text"})
NO_PROSE = re.compile(r"^\s*([|>*+-]\s|\d+[.)]\s|\[!\[|!\[|<|---|\.\. |:\w+:|={3,}|~{3,}|\[[^\]]+\]:)")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the README, counted from 1; `fence` is the language when it stands in a code block."""

    number: int
    text: str
    fence: str | None


END = Line(number=0, text="", fence=None)


def readme_facts(text: str) -> tuple[Found, ...]:
    """Find title, first paragraph and run commands, each with its line number."""
    lines = list(_lines(text))
    return (*_title(lines), *_intro(lines), *_commands(lines))


def plain(markdown: str) -> str:
    """Strip Markdown's signs and HTML tags from a line of prose, keeping the words."""
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", markdown)
    text = re.sub(r"\[\s*\](\([^)]*\)|\[[^\]]*\])", "", text)
    text = re.sub(r"\[([^\]]+)\](\([^)]*\)|\[[^\]]*\])", r"\1", text)
    text = re.sub(r"<[^>]+>", "", text)
    text = re.sub(r"(\*\*|__|``|`)(.+?)\1", r"\2", text)
    text = re.sub(r"(?<!\w)[*_](\S(?:.*?\S)?)[*_](?!\w)", r"\1", text)
    return " ".join(text.split())


def _lines(text: str) -> Iterator[Line]:
    fence: str | None = None
    sign = ""
    for number, line in enumerate(text.splitlines(), start=1):
        mark = FENCE.match(line)
        if mark and fence is None:
            sign, fence = mark[1][0], mark[2].lower()
        elif mark and mark[1][0] == sign:
            fence = None
        else:
            yield Line(number=number, text=line, fence=fence)


def _title(lines: Sequence[Line]) -> Iterator[Found]:
    for line, following in pairwise([*lines, END]):
        heading = HEADING.match(line.text)
        words = heading[2] if heading else line.text if UNDERLINE.match(following.text) else ""
        if line.fence is None and (title := plain(words)):
            yield Found(name="readme_title", value=title[:200], source=f"readme:{line.number}")
            return


def _intro(lines: Sequence[Line]) -> Iterator[Found]:
    """Find the first run of prose lines that is a sentence, not a badge row, list, table or heading."""
    start, words = 0, ""
    for line in [*lines, END]:
        if _is_prose(line):
            start = start if words else line.number
            words = f"{words} {plain(line.text)}".strip()
        elif len(words.split()) > 3 and not UNDERLINE.match(line.text):  # noqa: PLR2004  # no sentence is shorter
            yield Found(name="readme_intro", value=words[:MAX_INTRO], source=f"readme:{start}")
            return
        else:
            words = ""


def _is_prose(line: Line) -> bool:
    return (
        line.fence is None
        and bool(line.text.strip())
        and not line.text.startswith(("    ", "\t"))
        and not HEADING.match(line.text)
        and not NO_PROSE.match(line.text)
    )


def _commands(lines: Sequence[Line]) -> Iterator[Found]:
    """Take the first shell block under a heading about running, at most a few lines of it."""
    about_running, taken, previous = False, 0, 0
    for line in lines:
        if line.fence is None:
            heading = HEADING.match(line.text)
            about_running = bool(ABOUT_RUNNING.search(heading[2])) if heading else about_running
            continue
        if not about_running or line.fence not in SHELLS or (taken and line.number > previous + 1):
            continue
        previous = line.number
        command = line.text.strip().removeprefix("$ ").strip()
        if command and not command.startswith("#") and taken < MAX_COMMANDS:
            taken += 1
            yield Found(name="run", value=command[:500], source=f"readme:{line.number}")
