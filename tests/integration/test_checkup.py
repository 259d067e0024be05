"""What `wrenchai doctor` says of the machine it really runs on, and of directories that will not do."""

import socket
from contextlib import suppress
from pathlib import Path

import pytest

from wrenchai import checkup
from wrenchai.local.data_directory import DataDirectory
from wrenchai.services import GATEWAY_PORT


@pytest.mark.parametrize(
    "look",
    [
        checkup.python_version,
        checkup.services_installed,
        checkup.postgres_runs,
        checkup.nats_runs,
        checkup.node_runs,
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
