"""The first WrenchAI's agents as roles, each with its tools; what became of its operations and its tools. Pure.

Three tables to add to: a role gets a tool by its name in `DEFAULT_ROLES`; an operation that a tool of ours does from
beginning to end, and on the same inputs, is a row in `OPERATIONS`; what we have for a tool of the first WrenchAI is
told in `FIRST_TOOLS`. A test compares the tools with those that the workers announce.
"""

from collections.abc import Mapping
from typing import NamedTuple

from wrenchai_contracts.shape import Name

ECHO = "noop"
"""Every role may give back its input; so no role is without tools, which would mean all of them."""


class DefaultRole(NamedTuple):
    """What an agent is called in our playbooks, what it is for, and what it may use."""

    name: Name
    description: str
    tools: tuple[Name, ...]


class Equivalent(NamedTuple):
    """The tool that does an operation, and the parameters without which it cannot."""

    tool: Name
    needs: tuple[str, ...] = ()


def _role(name: Name, description: str, *tools: Name) -> DefaultRole:
    return DefaultRole(name, description, (ECHO, *tools))


_SITE_CHECKS = ("check.links", "check.html", "check.accessibility", "check.layout", "check.lighthouse")
_TEXT_CHECKS = ("check.spelling", "check.markdown")

DEFAULT_ROLES: Mapping[str, DefaultRole] = {
    "SuperAgent": _role(
        "super_agent",
        "Plans and coordinates: what there is, what is to be done, and in which order.",
        "portfolio.validate_form",
        "portfolio.plan_sections",
    ),
    "JourneyAgent": _role("journey_agent", "Does the steps of a playbook that need no specialist."),
    "GithubJourneyAgent": _role(
        "github_journey_agent",
        "Repositories: finds their facts, packs and publishes what was built.",
        "portfolio.discover_project",
        "portfolio.language_stats",
        "portfolio.package",
        "portfolio.preview",
        "publish.git",
        "release_notes.read_history",
    ),
    "CodeGeneratorAgent": _role(
        "code_generator_agent",
        "Writes code and content, and builds the site from them.",
        "portfolio.write_content",
        "portfolio.assemble",
        "portfolio.build",
    ),
    "CodifierAgent": _role(
        "codifier_agent",
        "Keeps texts and code to one standard; documents.",
        "portfolio.write_content",
        "release_notes.write",
        *_TEXT_CHECKS,
    ),
    "UXDesignerAgent": _role(
        "ux_designer_agent",
        "Designs: colours with enough contrast, pictures, a layout that holds on small screens.",
        "portfolio.theme",
        "portfolio.cards",
        "check.layout",
        "check.accessibility",
    ),
    "InspectorAgent": _role(
        "inspector_agent", "Reviews and measures what others have done.", "check.prepare", *_SITE_CHECKS, *_TEXT_CHECKS
    ),
    "TestEngineerAgent": _role(
        "test_engineer_agent", "Tests what was built.", "check.prepare", "check.links", "check.html", "check.lighthouse"
    ),
    "UATAgent": _role(
        "uat_agent",
        "Looks at the result as those do who will use it.",
        "portfolio.preview",
        "check.accessibility",
        "check.layout",
        "check.lighthouse",
    ),
    "DBA": _role("dba", "Data: tables, models, queries, what makes them slow.", "csv.inspect", "csv.examine"),
    "DevOpsAgent": _role(
        "devops_agent",
        "Builds, packs, and brings to where it runs.",
        "portfolio.build",
        "portfolio.package",
        "publish.git",
        "audit.outdated",
        "audit.pins",
        "incident.read_log",
        "incident.analyse",
    ),
    "DataScientistAgent": _role(
        "data_scientist_agent", "Data: statistics, models, what they say.", "csv.inspect", "csv.examine"
    ),
    "WebResearcherAgent": _role("web_researcher_agent", "Finds sources and weighs them.", "audit.links"),
    "InfoSecAgent": _role(
        "infosec_agent",
        "Security: secrets, pins, what is out of date.",
        "audit.secrets",
        "audit.outdated",
        "audit.pins",
    ),
    "GCPArchitectAgent": _role("gcp_architect_agent", "Cloud architecture."),
    "ComptrollerAgent": _role("comptroller_agent", "Costs, and whether they are worth it."),
    "ParalegalAgent": _role("paralegal_agent", "Licences and terms.", "audit.licences"),
    "ZeroKProofAgent": _role("zerokproof_agent", "Proofs that tell nothing more than what they prove."),
}
"""By the name that the first WrenchAI's playbooks use."""

OPERATIONS: Mapping[str, Equivalent] = {
    "build_docusaurus_site": Equivalent("portfolio.build"),
    "package_docusaurus_site": Equivalent("portfolio.package"),
    "preview_docusaurus_site": Equivalent("portfolio.preview"),
    "validate_portfolio_form": Equivalent("portfolio.validate_form", ("form",)),
    "check_links": Equivalent("check.links", ("site",)),
    "validate_html": Equivalent("check.html", ("site",)),
    "check_accessibility": Equivalent("check.accessibility", ("site",)),
    "check_layout": Equivalent("check.layout", ("site",)),
    "run_lighthouse": Equivalent("check.lighthouse", ("site",)),
    "check_spelling": Equivalent("check.spelling", ("paths",)),
    "inspect_csv": Equivalent("csv.inspect", ("file",)),
    "read_log": Equivalent("incident.read_log", ("log",)),
    "read_git_history": Equivalent("release_notes.read_history", ("repository",)),
    "lint_markdown": Equivalent("check.markdown", ("paths",)),
}
"""Few: only where a tool does the whole of it. A tool's own name is an operation as well."""

FIRST_TOOLS: Mapping[str, str] = {
    "web_search": "no tool of ours searches the web",
    "secrets_manager": "no step asks for secrets: a tool that needs one names it, and the worker gives it late",
    "memory": "every output is in the log, and the steps that follow are given it",
    "code_generation": "what it wrote is written by the role's model",
    "code_execution": "no tool of ours runs code that a model wrote",
    "github_tool": "portfolio.discover_project reads repositories; none of ours creates one",
    "github_mcp": "portfolio.discover_project reads repositories; no server is needed for it",
    "puppeteer": "check.layout, check.accessibility and check.lighthouse drive a browser",
    "browser_tools": "check.layout takes screenshots, check.accessibility counts console errors",
    "bayesian_update": "the inspector judges every task by its evidence; no step has to ask for it",
    "data_analysis": "csv.inspect and csv.examine look at CSV files; no tool of ours analyses any data whatever",
    "test_tool": "the tools check.* test a built site",
    "database_tool": "no tool of ours queries data bases",
    "monitoring_tool": "progress and figures of every task are events of the log; no step has to ask for them",
}
"""What there is of ours for a tool of the first WrenchAI."""


def default_role(agent: str) -> DefaultRole | None:
    """The role of an agent by its name, however it is capitalised, with `Agent` behind it or without."""
    return _BY_KEY.get(_key(agent))


def known_agents() -> tuple[str, ...]:
    """The names of all agents in the registry."""
    return tuple(DEFAULT_ROLES)


def _key(agent: str) -> str:
    letters = "".join(letter for letter in agent.lower() if letter.isalnum())
    return letters.removesuffix("agent") or letters


_BY_KEY = {_key(agent): role for agent, role in DEFAULT_ROLES.items()}
