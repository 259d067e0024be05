"""Postgres' settings: small, and never less durable."""

import pytest

from wrenchai.local.postgres_config import HOST_RULES, quoted, settings_text

TEXT = settings_text(port=15432, socket_directory="/tmp/it's here")


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit", "full_page_writes"])
def test_what_keeps_committed_data_is_on(setting: str) -> None:
    assert f"{setting} = on\n" in TEXT


def test_the_server_listens_on_loopback_only() -> None:
    assert "listen_addresses = '127.0.0.1'" in TEXT


def test_nobody_comes_in_without_a_password() -> None:
    rules = [line.split() for line in HOST_RULES.splitlines() if not line.startswith("#")]
    assert rules
    assert all(rule[-1] == "scram-sha-256" for rule in rules)
    assert {rule[3] for rule in rules if rule[0] == "host"} == {"127.0.0.1/32"}


def test_a_quote_in_a_path_does_not_end_the_string() -> None:
    assert quoted("it's") == "'it''s'"
    assert "unix_socket_directories = '/tmp/it''s here'" in TEXT
