"""What `wrenchai doctor` says of the machine it really runs on, and of directories that will not do."""

import json
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from tests.small_disk import root_only, small_disk
from wrenchai import checkup
from wrenchai.local.data_directory import DataDirectory
from wrenchai.local.ports import is_free, random_ports
from wrenchai.services import GATEWAY_PORT


def names_in(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir()]


@pytest.mark.parametrize(
    "look",
    [
        checkup.python_version,
        checkup.services_installed,
        checkup.postgres_runs,
        checkup.nats_runs,
        checkup.node_runs,
        checkup.git_found,
        checkup.clock_right,
    ],
)
async def test_what_the_wheels_brought_is_found_well(look: checkup.Check, tmp_path: Path) -> None:
    found = await look(DataDirectory.at(tmp_path))
    assert found.level == "ok", found


async def test_a_directory_that_does_not_exist_yet_can_be_made(tmp_path: Path) -> None:
    found = await checkup.data_directory(DataDirectory.at(tmp_path / "not" / "there"))
    assert (found.level, found.detail.endswith("can be made")) == ("ok", True)


async def test_a_taken_port_is_worth_a_warning_only(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):  # then somebody else took it, which serves as well
            other.bind(("127.0.0.1", GATEWAY_PORT))
            other.listen()
        found = await checkup.gateway_port(DataDirectory.at(tmp_path))
    assert found.level == "warn"


async def test_a_browser_switched_off_is_told_as_not_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WRENCHAI_CHROMIUM", "")
    found = await checkup.chromium_found(DataDirectory.at(tmp_path))
    assert found.level == "warn"
    assert "not measured" in found.advice


@pytest.mark.parametrize(
    ("text", "said"),
    [("#!/bin/sh\necho only a signpost\nexit 1\n", "only a signpost"), ("no program at all", "Exec format error")],
)
async def test_a_browser_that_does_not_start_is_no_browser(
    text: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "chromium"
    broken.write_text(text)
    broken.chmod(0o755)
    monkeypatch.setenv("WRENCHAI_CHROMIUM", str(broken))
    found = await checkup.chromium_found(DataDirectory.at(tmp_path))
    assert (found.level, found.detail.startswith(f"{broken} does not run: ")) == ("warn", True)
    assert said in found.detail
    assert "WRENCHAI_CHROMIUM" in found.advice


async def test_without_git_it_is_said_what_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = await checkup.git_found(DataDirectory.at(tmp_path))
    assert (found.level, found.detail) == ("warn", "not found on PATH")
    assert "no history, contributors or tags" in found.advice


async def test_an_installation_without_ports_yet_takes_free_ones(tmp_path: Path) -> None:
    found = await checkup.kept_ports(DataDirectory.at(tmp_path))
    assert (found.level, found.detail) == ("ok", "none yet; free ones will be taken")


async def test_a_kept_port_that_another_program_took_is_named(tmp_path: Path) -> None:
    directory = DataDirectory.at(tmp_path)
    directory.run.mkdir()
    free = next(port for port in random_ports() if is_free(port))
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        directory.ports_file.write_text(json.dumps({"nats": taken, "postgres": free}))
        found = await checkup.kept_ports(directory)
    assert (found.level, found.detail) == ("warn", f"used by other programs: nats ({taken})")
    assert (await checkup.kept_ports(directory)).detail == "all 2 are free"


async def test_a_registry_that_does_not_answer_is_told_with_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "npm_config_registry"):
        monkeypatch.delenv(name, raising=False)
    closed = next(port for port in random_ports() if is_free(port))
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", f"http://127.0.0.1:{closed}")
    found = await checkup.packages_reachable(DataDirectory.at(tmp_path))
    assert (found.level, "ECONNREFUSED" in found.detail) == ("warn", True)
    assert all(name in found.advice for name in ("HTTPS_PROXY", "NPM_CONFIG_REGISTRY"))


@root_only
@pytest.mark.parametrize(("megabytes", "level"), [(64, "fail"), (1000, "warn")])
async def test_a_small_disk_is_told_with_how_much_to_free(megabytes: int, level: str, tmp_path: Path) -> None:
    with small_disk(tmp_path, f"size={megabytes}m"):
        found = await checkup.disk_space(DataDirectory.at(tmp_path))
    assert (found.level, found.advice.startswith("free at least")) == (level, True)


async def test_whatever_is_not_well_comes_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "VERSION").write_text("not ours")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("WRENCHAI_CHROMIUM", "")
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "http://127.0.0.1:9")
    findings = await checkup.examine_all(DataDirectory.at(tmp_path))
    unwell = {found.subject: found.advice for found in findings if found.level != "ok"}
    assert {"git", "Chromium", "npm registry"} <= set(unwell)
    assert all(unwell.values())


async def test_a_look_leaves_nothing_where_nothing_was(tmp_path: Path) -> None:
    await checkup.examine_all(DataDirectory.at(tmp_path / "home"))
    assert names_in(tmp_path) == []
