"""Where a command speaks: people read stdout; with --json programs read stdout, and people stderr."""

import json
import sys
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python
from rich.console import Console, RenderableType
from rich.text import Text


class Screen:
    """One command's output. `people` takes what is meant for people only."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.people = Console(stderr=as_json, highlight=False)

    @property
    def live(self) -> bool:
        """Whether a picture can be drawn anew again and again."""
        return self.people.is_terminal

    def result(self, value: Any, shown: RenderableType) -> None:
        """The command's outcome: `value` for programs, `shown` for people."""
        if self.as_json:
            self.line(value)
        else:
            self.people.print(shown)

    def line(self, value: Any) -> None:
        """One JSON document on a line of its own."""
        sys.stdout.write(json_text(value) + "\n")
        sys.stdout.flush()

    def row(self, shown: Text) -> None:
        """One line of many: cut at the terminal's edge, whole where there is none."""
        if self.people.is_terminal:
            self.people.print(shown, no_wrap=True, overflow="ellipsis")
        else:
            self.people.print(shown, soft_wrap=True)

    def say(self, shown: RenderableType) -> None:
        """Tell people how it goes."""
        self.people.print(shown)


def json_text(value: Any) -> str:
    """`value` as JSON on one line; models as the API would show them."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else to_jsonable_python(value)
    return json.dumps(plain, ensure_ascii=False)
