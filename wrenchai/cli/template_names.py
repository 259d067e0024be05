"""What a new playbook may begin as: nothing in particular, or an example of one type of step."""

from typing import Literal

Template = Literal[
    "blank",
    "standard",
    "work_in_parallel",
    "self_feedback_loop",
    "partner_feedback_loop",
    "process",
    "versus",
    "handoff",
]
