"""The first WrenchAI's portfolio playbook is ours: recognised by its name and steps, and run as one step. Pure."""

from collections.abc import Mapping
from typing import Any

from wrenchai_language.legacy.about import About
from wrenchai_language.legacy.flow import Flow
from wrenchai_language.legacy.ledger import Fields, Ledger

_NAMES = {"docusaurus_portfolio_playbook", "docusaurus_portfolio", "portfolio"}
_MANY = 8
"""So many of its steps are enough, whatever the playbook is called."""

_BECAME: Mapping[str, str] = {
    "analyze_source_materials": "validate the form, discover each project's facts, plan the sections",
    "setup_repository": "nothing is created on GitHub; the site is packed, and published where the form says",
    "design_ui": "the theme, whose contrast is measured, and the pictures",
    "setup_docusaurus": "a Docusaurus of pinned versions, laid out for each task",
    "generate_content": "the texts of all sections, each sentence with its source; an empty section is not rendered",
    "standardize_code": "proofreading: spelling, Markdown, grounding",
    "develop_tests": "the checks are tools: links, HTML, accessibility, layout, Lighthouse",
    "run_tests": "the checks, side by side, each with its evidence; a broken build is mended and built again",
    "user_acceptance_testing": "the preview, the layout at two widths, accessibility",
    "final_review": "the inspector's judgement of all evidence, and the approval",
    "deploy": "package and publish",
}
"""What of the playbook `portfolio` does what each step did."""

_FORM: Mapping[str, Any] = {
    "title": {"type": "string", "description": "The site's title."},
    "description": {"type": "string", "description": "One sentence about it."},
    "projects": {"type": "array", "description": "Each with name and description, and github_url or path."},
    "person": {"default": None, "description": "Who the site is about."},
    "site": {"type": "object", "default": {}, "description": "Where it will live, and how it looks."},
    "articles": {"type": "array", "default": [], "description": "Technical articles."},
}
_BESIDE: Mapping[str, Any] = {
    "base_directory": {
        "type": ["string", "null"],
        "default": None,
        "description": "Relative project paths start there.",
    },
    "mode": {"enum": ["quick", "full"], "default": "quick", "description": "How much the browser checks look at."},
}


def is_portfolio(name: str, flow: Flow) -> bool:
    """Whether it is that playbook: nothing in it that it never had."""
    known = set(flow.steps) & set(_BECAME)
    return known == set(flow.steps) and bool(known) and (name in _NAMES or len(known) >= _MANY)


def as_portfolio(about: About, flow: Flow, ledger: Ledger) -> dict[str, Any]:
    """The playbook with the form's fields as its inputs, and one step."""
    ledger.forget(*(fields.place for fields in flow.steps.values()))
    for fields in about.read_of:
        _told_of_the_whole(fields, ledger)
    about.inputs.pop("sections", None)
    for step, fields in flow.steps.items():
        ledger.note((*fields.place, "*"), f"{step}: done by the playbook portfolio: {_BECAME[step]}")
    first = next(iter(flow.steps.values()))
    form = {name: f"${{inputs.{name}}}" for name in _FORM}
    given = {"form": form} | {name: f"${{inputs.{name}}}" for name in _BESIDE}
    alias = ledger.made({"id": "portfolio", "playbook": "portfolio", "with": given}, first.place)
    about.required = ["title", "description", "projects"]
    about.inputs = {**_FORM, **_BESIDE, **about.inputs}
    return {"id_prefix": "portfolio", "steps": [alias]}


_OF_THE_WHOLE: Mapping[str, str] = {
    "sections": "the playbook portfolio has the six sections; one in which there is nothing is not rendered",
    "agents": "the playbook portfolio has roles of its own",
    "tools": "the roles of the playbook portfolio have the tools that they need",
}


def _told_of_the_whole(about: Fields, ledger: Ledger) -> None:
    for name, said in _OF_THE_WHOLE.items():
        ledger.forget(about.at(name))
        about.said(name, said)
