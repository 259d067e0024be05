"""An audit of a real repository by git and lychee, with an index that answers on this machine."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from wrenchai_journey.tool import ToolFailed

from tests.small_repository import git

SECRET = "q8Zt4Lw0" + "Xv7Rb2Nc"
CHECKS = ("licences", "secrets", "links", "pins", "outdated")
VERSIONS = {"httpx": ["0.27.0", "0.28.1"], "pydantic": ["2.12.0", "2.14.0", "3.0a1"]}


class Index(BaseHTTPRequestHandler):
    """The simple API in JSON, with two packages."""

    def do_GET(self) -> None:
        name = self.path.strip("/").split("/")[-1]
        known = VERSIONS.get(name)
        self.send_response(200 if known else 404)
        self.send_header("Content-Type", "application/vnd.pypi.simple.v1+json")
        self.end_headers()
        self.wfile.write(json.dumps({"name": name, "versions": known, "files": []}).encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def an_index() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Index)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/simple"
    finally:
        server.shutdown()
        server.server_close()


def test_a_commit_is_copied_and_what_is_not_committed_is_told(use: Any, repository: Path, run: Any) -> None:
    (repository / "draft.py").write_text("x = 1\n")
    copied = use("audit.checkout", repository=str(repository))
    head = subprocess.check_output(["git", "-C", str(repository), "rev-parse", "HEAD"], text=True).strip()
    assert (copied["commit"], copied["files"], copied["python_files"]) == (head, 6, 1)
    assert copied["notes"] == ["only one commit was looked at: neither the history nor what is not committed"]
    assert not (run.workspace / copied["directory"] / "draft.py").exists()


def test_a_tag_can_be_asked_for_and_a_second_attempt_begins_anew(use: Any, repository: Path) -> None:
    use("audit.checkout", repository=str(repository))
    tagged = use("audit.checkout", repository=repository.name, base_directory=str(repository.parent), ref="v1.0.0")
    head = subprocess.check_output(["git", "-C", str(repository), "rev-parse", "v1.0.0"], text=True).strip()
    assert tagged["commit"] == head


def test_a_link_out_of_the_repository_becomes_a_text_file(use: Any, repository: Path, run: Any) -> None:
    (repository / "passwords").symlink_to("/etc/passwd")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "a link")
    copied = use("audit.checkout", repository=str(repository))
    file = run.workspace / copied["directory"] / "passwords"
    assert (file.is_symlink(), file.read_text()) == (False, "/etc/passwd")


@pytest.mark.parametrize(
    ("given", "kind", "said"),
    [
        ("/no/such/place", "project_path", "is not a directory"),
        ("{directory}", "not_a_repository", "not under version control"),
        ("ext::sh -c touch", "project_path", "is relative"),
        ("file:///etc", "bad_input", "https://"),
        ("https://ada:word@example.org/river", "bad_input", "credential helper"),
        ("--upload-pack=touch", "bad_input", "https://"),
    ],
)
def test_what_is_no_repository_is_refused_with_a_reason(
    use: Any, tmp_path: Path, given: str, kind: str, said: str
) -> None:
    with pytest.raises(ToolFailed) as failed:
        use("audit.checkout", repository=given.format(directory=tmp_path))
    assert (failed.value.kind, failed.value.retryable) == (kind, False)
    assert said in failed.value.reason


def test_a_repository_without_a_commit_is_refused(use: Any, tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    with pytest.raises(ToolFailed) as failed:
        use("audit.checkout", repository=str(tmp_path))
    assert failed.value.kind == "not_a_repository"


def test_licences_come_from_what_is_installed_and_the_rest_is_not_measured(
    use: Any, repository: Path, run: Any
) -> None:
    use("audit.checkout", repository=str(repository))
    verdict = use("audit.licences")
    assert verdict["findings"] == []
    assert (run.fact("licences").passed, run.fact("licences").tried) == (3, 3)
    assert run.fact("licences").summary.endswith("not installed there: river-of-no-name")


def test_an_empty_environment_measures_the_repositorys_own_licence_only(
    use: Any, repository: Path, run: Any, tmp_path: Path
) -> None:
    use("audit.checkout", repository=str(repository))
    (tmp_path / "empty").mkdir()
    use("audit.licences", site_packages=str(tmp_path / "empty"))
    assert run.fact("licences").tried == 1


def test_a_secret_is_found_and_told_nowhere(use: Any, repository: Path, run: Any) -> None:
    (repository / "settings.py").write_text(f'API_TOKEN = "{SECRET}"\n')
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "settings")
    use("audit.checkout", repository=str(repository))
    verdict = use("audit.secrets")
    (found,) = verdict["findings"]
    assert (found["where"], found["rule"]) == ("settings.py:1", "assigned-secret")
    assert (run.fact("secrets").passed, run.fact("secrets").tried, run.fact("secrets").mandatory) == (6, 7, True)
    told = json.dumps(verdict) + repr(run.facts) + repr(run.said) + repr(run.kept)
    assert SECRET not in told


def test_a_dead_link_inside_is_found_and_those_elsewhere_are_not_measured(use: Any, repository: Path, run: Any) -> None:
    use("audit.checkout", repository=str(repository))
    (found,) = use("audit.links")["findings"]
    assert found["where"].startswith("README.md")
    assert "docs/gone.md" in found["message"]
    assert (run.fact("links").passed, run.fact("links").tried) == (2, 3)
    assert run.fact("links").summary == "3 links, 1 dead; 1 to other sites left out"


def test_settings_of_the_repository_do_not_change_the_check(use: Any, repository: Path, run: Any) -> None:
    (repository / "lychee.toml").write_text('exclude = [".*"]\n')
    (repository / ".lycheeignore").write_text(".*\n")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "hide links")
    use("audit.checkout", repository=str(repository))
    use("audit.links")
    assert run.fact("links").tried == 3


def test_online_other_sites_are_counted_apart_and_private_addresses_are_never_asked(
    use: Any, repository: Path, run: Any
) -> None:
    (repository / "docs" / "private.md").write_text("[the router](http://192.168.0.1/)\n")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "-m", "a private address")
    use("audit.checkout", repository=str(repository))
    verdict = use("audit.links", online=True)
    assert len(verdict["findings"]) == 1
    assert run.fact("links").tried == 3
    assert run.fact("links_elsewhere").summary == "not measured: no link leads to another site"


def test_loose_pins_are_found(use: Any, repository: Path, run: Any) -> None:
    use("audit.checkout", repository=str(repository))
    findings = use("audit.pins")["findings"]
    assert [(found["where"], found["rule"]) for found in findings] == [
        ("pyproject.toml:project.dependencies", "unbounded"),
        ("requirements.txt:2", "unpinned"),
    ]
    assert (run.fact("pins").passed, run.fact("pins").tried) == (3, 5)


def test_without_an_index_what_is_outdated_is_not_measured(use: Any, repository: Path, run: Any) -> None:
    use("audit.checkout", repository=str(repository))
    use("audit.outdated")
    assert run.fact("outdated").tried == 0
    assert "no index was named" in run.fact("outdated").summary


def test_an_index_tells_what_is_behind(use: Any, repository: Path, run: Any) -> None:
    use("audit.checkout", repository=str(repository))
    with an_index() as index:
        findings = use("audit.outdated", index=index)["findings"]
    assert [found["message"] for found in findings] == ["pydantic==2.12.0: the newest is 2.14.0"]
    assert (run.fact("outdated").passed, run.fact("outdated").tried) == (3, 4)
    assert "river-of-no-name (the index knows no version of it)" in run.fact("outdated").summary


def test_an_index_that_does_not_answer_measures_nothing(use: Any, repository: Path, run: Any) -> None:
    use("audit.checkout", repository=str(repository))
    use("audit.outdated", index="http://127.0.0.1:9/simple")
    assert run.fact("outdated").tried == 0
    assert "the index does not answer: ConnectError" in run.fact("outdated").summary


def test_the_report_holds_every_check_and_the_gate_says_what_is_wrong(use: Any, repository: Path, run: Any) -> None:
    copied = use("audit.checkout", repository=str(repository))
    checks = {name: use(f"audit.{name}") for name in CHECKS} | {"outdated": None}
    report = use("audit.report", checkout=copied, checks=checks)
    assert report["findings"] == {"licences": 0, "secrets": 0, "links": 1, "pins": 2, "outdated": 0}
    assert report["not_measured"] == ["outdated"]
    assert "docs/gone.md" in run.kept["audit.md"].decode()
    assert set(json.loads(run.kept["audit.json"])["checks"]) == set(CHECKS)
    told = {"findings": report["findings"], "not_measured": report["not_measured"]}
    assert use("audit.gate", fail_on=["licences", "secrets"], **told)["clean"] == ["licences", "secrets"]
    for fail_on, reason in (("links", "links has 1 finding"), ("outdated", "outdated was not measured")):
        with pytest.raises(ToolFailed, match=reason):
            use("audit.gate", fail_on=[fail_on], **told)


def test_a_check_before_the_copy_says_what_to_do(use: Any) -> None:
    with pytest.raises(ToolFailed, match=r"audit\.checkout"):
        use("audit.pins")
