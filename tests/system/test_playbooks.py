"""Every playbook that is shipped runs through the real services; the portfolio as a user runs it, by the demo."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import yaml
from wrenchai_contracts.views import TaskStatus

from tests.command_line import CommandLine
from tests.servers import open_directory
from tests.small_repository import small_repository
from tests.system_under_test import System, running_system
from wrenchai.cli.exit_codes import OK, REFUSED, UNREACHABLE

REPOSITORY = Path(__file__).parents[2]
MINIMAL = REPOSITORY / "examples" / "minimal.yaml"
SHIPPED = sorted(file.stem for file in (REPOSITORY / "playbooks").glob("*.yaml"))
SHOWN_BY_THE_DEMO = "portfolio"
EXAMPLES = REPOSITORY / "examples"
SMALL_REPOSITORY = "the small repository of the tests"
"""Stands in `INPUTS` for its path, which is another in each run."""

INPUTS: dict[str, dict[str, Any]] = {
    "hello": {"names": ["Ada", "Grace", "Barbara"]},
    "repository-audit": {"repository": SMALL_REPOSITORY, "fail_on": ["secrets"]},
    "release-notes": {"repository": SMALL_REPOSITORY},
    "csv-quality": {"file": "table/orders.csv", "base_directory": str(EXAMPLES)},
    "incident-postmortem": {"log": "incident/shop.log", "base_directory": str(EXAMPLES), "title": "Shop"},
    "translate-and-review": {
        **yaml.safe_load((EXAMPLES / "translate-and-review.yaml").read_text()),
        "base_directory": str(EXAMPLES),
    },
}
"""What each playbook is run with. A playbook that is new in the directory needs a line here, or its test fails."""

RESULTS: dict[str, dict[str, Any]] = {
    "hello": {"gather": {"value": [{"value": f"hello {name}"} for name in ("Ada", "Grace", "Barbara")]}},
    "repository-audit": {
        "conclude": {
            "report": {
                "findings": {"licences": 0, "secrets": 0, "links": 1, "pins": 2, "outdated": 0},
                "not_measured": ["outdated"],
                "document": {"name": "audit.md"},
            },
            "gate": {"clean": ["secrets"]},
        }
    },
    "release-notes": {
        "publish": {
            "headline": "Release notes: 5 commits by 3 contributors",
            "groups": {"Features": 2, "Fixes": 1, "Documentation": 1, "Other changes": 1},
            "breaking": 1,
            "open_findings": 0,
        }
    },
    "csv-quality": {"report": {"method": "rules", "rows": 240, "ragged": 2, "agreed": 3}},
    "incident-postmortem": {
        "investigate": {
            "headline": "Shop: 41 errors from 2024-05-14T09:32:00Z to 2024-05-14T09:38:00Z",
            "by_area": {"application": 3, "database": 2, "network": 1},
        }
    },
    "translate-and-review": {"deliver": {"by": "glossary", "untranslated": [23]}},
}
"""What each must come to; of an object the fields that are named here."""

NOT_NEEDED_BY_THE_MINIMAL_FORM = (
    "useful_scripts", "technical_articles", "frontend_examples", "analytics_pipeline", "data_science",
)  # fmt: skip
"""Sections that have nothing in them."""
BROWSER_CHECKS = {"check.accessibility", "check.layout", "check.lighthouse"}
WITHOUT_CHROMIUM = {"WRENCHAI_CHROMIUM": ""}
COLD = 240.0
"""Seconds: npm packages for the site and its checks are fetched, and the machine may be busy."""

pytestmark = pytest.mark.timeout(2 * COLD + 60)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def system() -> AsyncIterator[System]:
    with open_directory() as root:
        async with running_system(root) as running:
            yield running


@pytest.fixture(scope="module")
def river(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_repository(tmp_path_factory.mktemp("repositories") / "river")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("name", [name for name in SHIPPED if name != SHOWN_BY_THE_DEMO])
async def test_a_shipped_playbook_runs_to_its_result(system: System, river: Path, name: str) -> None:
    assert name in INPUTS, f"playbooks/{name}.yaml is run by no test: give it inputs and a result here"
    inputs = {key: str(river) if value == SMALL_REPOSITORY else value for key, value in INPUTS[name].items()}
    accepted = await system.client.submit_task(playbook=name, inputs=inputs)
    ended = await system.client.wait(accepted.task_id, timeout=60)
    assert (ended.status, named_in(RESULTS[name], ended.result)) == (TaskStatus.COMPLETED, RESULTS[name])


@pytest.mark.asyncio(loop_scope="module")
async def test_an_audit_goes_on_without_a_check_that_fails_and_says_not_measured(system: System, river: Path) -> None:
    inputs = {"repository": str(river), "site_packages": "/no/such/place"}
    accepted = await system.client.submit_task(playbook="repository-audit", inputs=inputs)
    ended = await system.client.wait(accepted.task_id, timeout=60)
    assert ended.status is TaskStatus.COMPLETED
    assert ended.result["conclude"]["report"]["not_measured"] == ["licences", "outdated"]


@pytest.mark.asyncio(loop_scope="module")
async def test_an_audit_fails_at_its_gate_after_its_report_was_kept(system: System, river: Path) -> None:
    inputs = {"repository": str(river), "fail_on": ["links"]}
    accepted = await system.client.submit_task(playbook="repository-audit", inputs=inputs)
    ended = await system.client.wait(accepted.task_id, timeout=60)
    assert ended.status is TaskStatus.FAILED
    assert "links has 1 finding" in str(ended.reason)
    assert "audit.md" in {kept.name for step in ended.steps for kept in step.artifacts}


def named_in(wanted: Any, given: Any) -> Any:
    """`given` with those fields of its objects that `wanted` names too."""
    if isinstance(wanted, dict) and isinstance(given, dict):
        return {name: named_in(wanted[name], given[name]) for name in wanted if name in given}
    return given


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A fresh data directory in which the demo ran once, from nothing."""

    wrenchai: CommandLine
    told: dict[str, Any]
    """What it told programs."""

    def step(self, tool: str) -> dict[str, Any]:
        """The step that this tool carried out."""
        return step_of(self.told["task"], tool)


def step_of(task: dict[str, Any], tool: str) -> dict[str, Any]:
    return next(step for step in task["steps"] if step["tool"] == tool)


def block_of(task: dict[str, Any], path: str) -> dict[str, Any]:
    return next(step for step in task["steps"] if step["journey"] == path)


def demonstrated(wrenchai: CommandLine) -> dict[str, Any]:
    """What the demo tells of the smallest form, checked without a browser."""
    words = ("demo", "--quick", "--no-keep", "--input", str(MINIMAL), "--output", "packed", "--json")
    ended = wrenchai(*words, within=COLD, **WITHOUT_CHROMIUM)
    assert ended.code == OK, ended
    told: dict[str, Any] = ended.told
    return told


@pytest.fixture(scope="module")
def demonstration() -> Iterator[Demonstration]:
    with open_directory() as root:
        wrenchai = CommandLine(root / "home", root)
        yield Demonstration(wrenchai, demonstrated(wrenchai))


def test_the_demo_completes_every_step_from_nothing(demonstration: Demonstration) -> None:
    task = demonstration.told["task"]
    assert (task["status"], task["playbook"]) == ("completed", SHOWN_BY_THE_DEMO)
    others = {step["step"]: step["status"] for step in task["steps"] if step["status"] != "completed"}
    assert others == dict.fromkeys((*NOT_NEEDED_BY_THE_MINIMAL_FORM, "mend", "approve"), "skipped")
    assert demonstration.wrenchai("status").code == UNREACHABLE, "what the demo started still runs"


def test_the_package_has_the_hash_that_the_log_says_and_holds_the_site(demonstration: Demonstration) -> None:
    package = demonstration.step("portfolio.package")["output"]["package"]
    packed = Path(demonstration.told["package"])
    assert packed == demonstration.wrenchai.directory / "packed" / package["name"]
    assert (hashlib.sha256(packed.read_bytes()).hexdigest(), packed.stat().st_size) == (
        package["sha256"],
        package["size"],
    )
    with zipfile.ZipFile(packed) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) == demonstration.step("portfolio.build")["output"]["files"]
        assert "Systems we build on" in archive.read("index.html").decode()


def test_a_check_without_a_browser_says_not_measured_and_never_passed(demonstration: Demonstration) -> None:
    task = demonstration.told["task"]
    facts = [fact for step in task["steps"] if step["tool"] in BROWSER_CHECKS for fact in step["evidence"]]
    assert {step["tool"] for step in task["steps"] if step["evidence"]} >= BROWSER_CHECKS
    assert {(fact["passed"], fact["tried"]) for fact in facts} == {(0, 0)}
    assert all(fact["summary"].startswith("not measured: no Chromium") for fact in facts), facts
    assert set(task["quality"]["not_measured"]) == {fact["judge"] for fact in facts}
    assert task["quality"]["decision"] != "accept"


def test_what_needs_no_browser_was_measured_and_passed(demonstration: Demonstration) -> None:
    for tool in ("portfolio.build", "check.links", "check.html", "check.markdown", "portfolio.proofread"):
        for fact in demonstration.step(tool)["evidence"]:
            assert (fact["tried"] > 0, fact["passed"]) == (True, fact["tried"]), fact


def test_the_same_input_again_reuses_the_build_and_its_files_can_be_fetched_and_looked_at(
    demonstration: Demonstration, tmp_path: Path
) -> None:
    wrenchai = demonstration.wrenchai
    wrenchai.told("up", "--detach")
    try:
        again = demonstrated(wrenchai)
        first, second = (
            demonstration.step("portfolio.build")["output"],
            step_of(again["task"], "portfolio.build")["output"],
        )
        assert (first["reused"], second["reused"]) == (False, True)
        assert second["output_sha256"] == first["output_sha256"]
        assert wrenchai("status").code == OK, "the demo stopped what it had found running"

        files_are_listed_and_fetched(wrenchai, again["task"]["task_id"], tmp_path / "fetched")
        the_site_is_served_until_ctrl_c(wrenchai, again["task"]["task_id"])
        a_demanding_form_is_answered_by_the_type_of_step_that_can(wrenchai)
    finally:
        wrenchai("down")


def files_are_listed_and_fetched(wrenchai: CommandLine, task_id: str, directory: Path) -> None:
    listed = wrenchai.told("files", task_id)["files"]
    assert ("package", "portfolio-site.zip") in {(file["step"], file["name"]) for file in listed}
    assert {file["path"] for file in listed} == {None}

    fetched = wrenchai.told("files", task_id, "--output", str(directory))["files"]
    assert sorted(file["path"] for file in fetched) == sorted(str(path) for path in directory.iterdir())
    for file in fetched:
        assert hashlib.sha256(Path(file["path"]).read_bytes()).hexdigest() == file["sha256"]

    again = wrenchai("files", task_id, "--output", str(directory))
    assert (again.code, "--force replaces it" in again.err) == (REFUSED, True)
    assert wrenchai.told("files", task_id, "--output", str(directory), "--force")["files"] == fetched


def the_site_is_served_until_ctrl_c(wrenchai: CommandLine, task_id: str) -> None:
    with previewing(wrenchai, task_id) as told:
        page = httpx.get(told["site"], trust_env=False)
        assert (page.status_code, "Systems we build on" in page.text) == (200, True)
        assert httpx.get(told["site"] + "no-such-page", trust_env=False).status_code == 404


DEMANDING = """
form:
  title: Ada's work
  description: Rivers, and the programs that warn of them.
  site: {accent: "#ffdd00"}
  publish: {ci_cd: true, domain: ada.example.org}
  projects:
    - name: River
      description: A model of rivers that warns towns before the water comes.
      problem: Floods come at night , and nobody sees them. See [the old page](/gone/) and [the gauge](/tools/gauge/).
  scripts:
    - {name: Gauge, description: We recieve its values every hour., run: gauge --now}
approve: true
"""
"""An accent that nobody can read on white, two mistakes, a link to no page and one to the wrong page."""


def a_demanding_form_is_answered_by_the_type_of_step_that_can(wrenchai: CommandLine) -> None:
    wrenchai.file("demanding.yaml", DEMANDING)
    task_id = wrenchai.told("run", SHOWN_BY_THE_DEMO, "--input", "demanding.yaml", "--no-follow")["task_id"]
    end = time.monotonic() + COLD
    while not wrenchai.told("context", task_id)["waits"]:
        assert time.monotonic() < end, "nobody was asked to approve"
    approved = wrenchai("approve", task_id, "approve", "--yes", "--follow", "--json", within=COLD)
    task = approved.told
    assert (approved.code, task["status"]) == (OK, "completed"), approved

    assert (block_of(task, "theme")["verdict"]["rounds"], block_of(task, "proofread")["verdict"]["rounds"]) == (2, 2)
    assert block_of(task, "write")["verdict"]["winner"] in {"concise", "narrative"}
    assert block_of(task, "build.make")["status"] == "failed"
    mended = block_of(task, "build.make~2")["output"]["mended"]
    assert {link["target"]: link["leads_to"] for link in mended} == {"/gone/": None, "/tools/gauge/": "/scripts/gauge/"}
    assert step_of(task, "portfolio.package")["output"]["added"] == [".github/workflows/publish.yml", "CNAME"]


@contextmanager
def previewing(wrenchai: CommandLine, task_id: str) -> Iterator[dict[str, Any]]:
    """`wrenchai preview` while the block runs; what it told. Ctrl-C ends it well."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("WRENCHAI_")}
    argv = (sys.executable, "-m", "wrenchai", "preview", task_id, "--json")
    with subprocess.Popen(argv, env={**own, "WRENCHAI_HOME": str(wrenchai.home)}, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == OK
