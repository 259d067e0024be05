"""Who may say what on the bus, as text for nats-server."""

from pathlib import Path

import pytest

from wrenchai.local.nats_config import RELAY, USERS, config_text, may_publish, may_subscribe

SERVICES = [user for user in USERS if user != RELAY]


@pytest.mark.parametrize("user", SERVICES)
def test_only_the_relay_may_publish_events_or_change_streams(user: str) -> None:
    allowed = may_publish(user)
    assert not any(subject.startswith("ev.") or subject in {">", "$JS.API.>"} for subject in allowed)
    assert not any(verb in subject for subject in allowed for verb in ("STREAM.CREATE", "STREAM.DELETE", "PURGE"))
    assert "ev.>" in may_publish(RELAY)


@pytest.mark.parametrize("user", USERS)
def test_nobody_may_listen_to_the_answers_and_deliveries_of_another(user: str) -> None:
    private = {subject for subject in may_subscribe(user) if subject.startswith(("_INBOX", "dlv", ">", "*"))}
    assert private == {f"_INBOX_{user}.>", f"dlv.{user}.>"}


def test_no_line_holds_two_settings_which_the_server_would_refuse() -> None:
    text = config_text(
        server_name="here",
        port=1,
        monitor_port=2,
        store=Path("/tmp/a b"),
        passwords={"relay": 'quo"te', "gateway": "x"},
    )
    before_users = text.partition("authorization")[0]
    assert all(line.count(": ") <= 1 for line in before_users.splitlines() if not line.startswith("#"))
    assert 'password: "quo\\"te"' in text
    assert 'store_dir: "/tmp/a b"' in text
