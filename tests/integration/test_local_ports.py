"""Ports of an installation: kept over restarts, and never promised to two that start at the same moment."""

import socket
from pathlib import Path

import pytest

from wrenchai.local.ports import LOOPBACK, RememberedPorts, is_free, random_ports


@pytest.fixture
def free() -> int:
    return next(port for port in random_ports() if is_free(port))


def ports(file: Path, moved: list[tuple[str, int, int]] | None = None) -> RememberedPorts:
    return RememberedPorts(file, lambda *change: None if moved is None else moved.append(change))


def test_two_that_prefer_the_same_port_get_different_ones_before_anybody_listens(tmp_path: Path, free: int) -> None:
    moved: list[tuple[str, int, int]] = []
    first, second = ports(tmp_path / "one.json"), ports(tmp_path / "two.json", moved)
    assert first.claim("gateway", preferred=free) == free
    assert is_free(free)
    other = second.claim("gateway", preferred=free)
    assert (other != free, moved) == (True, [("gateway", free, other)])


def test_what_was_released_may_be_claimed_again(tmp_path: Path, free: int) -> None:
    before = ports(tmp_path / "one.json")
    before.claim("gateway", preferred=free)
    before.release()
    assert ports(tmp_path / "one.json").claim("gateway") == free


def test_a_claim_may_be_repeated_and_is_remembered(tmp_path: Path, free: int) -> None:
    claiming = ports(tmp_path / "one.json")
    assert [claiming.claim("gateway", preferred=free) for _ in range(2)] == [free, free]
    assert claiming.chosen == {"gateway": free}


def test_a_port_that_somebody_listens_on_is_left_to_him(tmp_path: Path, free: int) -> None:
    with socket.create_server((LOOPBACK, free)):
        assert ports(tmp_path / "one.json").claim("gateway", preferred=free) != free
