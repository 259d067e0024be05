"""The text of nats-server's configuration: who may say what on which subject."""

import json
from collections.abc import Mapping
from pathlib import Path

RELAY, OPERATOR = "relay", "operator"
USERS = (RELAY, "orchestrator", "journey", "inspector", "gateway", OPERATOR)

_TALK = ("bell", "beat.>")
_WORK_WITH_CONSUMERS = (
    "$JS.ACK.>",
    "$JS.FC.>",
    "$JS.API.INFO",
    "$JS.API.STREAM.INFO.*",
    "$JS.API.STREAM.NAMES",
    "$JS.API.STREAM.LIST",
    "$JS.API.STREAM.MSG.GET.*",
    "$JS.API.DIRECT.GET.>",
    "$JS.API.CONSUMER.CREATE.>",
    "$JS.API.CONSUMER.DURABLE.CREATE.>",
    "$JS.API.CONSUMER.INFO.>",
    "$JS.API.CONSUMER.MSG.NEXT.>",
    "$JS.API.CONSUMER.NAMES.*",
    "$JS.API.CONSUMER.LIST.*",
)
_KEEP_THE_STREAM = ("ev.>", "$JS.API.>")
_TEND = ("$JS.API.CONSUMER.DELETE.>",)


def may_publish(user: str) -> tuple[str, ...]:
    """Only the relay puts events on the bus and changes streams; only it and the operator remove consumers."""
    extra = {RELAY: _KEEP_THE_STREAM, OPERATOR: _TEND}.get(user, ())
    return (*_TALK, *_WORK_WITH_CONSUMERS, *extra)


def may_subscribe(user: str) -> tuple[str, ...]:
    """Everyone may listen to events, but to nobody else's answers or deliveries."""
    return ("ev.>", *_TALK, f"_INBOX_{user}.>", f"dlv.{user}.>", "$JS.EVENT.ADVISORY.>")


def config_text(*, server_name: str, port: int, monitor_port: int, store: Path, passwords: Mapping[str, str]) -> str:
    """nats-server's file. One setting per line: it refuses several on a line without commas."""
    users = "\n".join(_user_text(user, password) for user, password in passwords.items())
    return f"""\
# Written by `wrenchai up` at each start; changes here are lost.
server_name: {_text(server_name)}
listen: "127.0.0.1:{port}"
http: "127.0.0.1:{monitor_port}"
max_payload: 1MB
logtime_utc: true
jetstream {{
  store_dir: {_text(str(store))}
  max_memory_store: 64MB
  max_file_store: 16GB
}}
authorization {{
  users: [
{users}
  ]
}}
"""


def _user_text(user: str, password: str) -> str:
    return f"""\
    {{
      user: {_text(user)}
      password: {_text(password)}
      permissions: {{
        publish: {{ allow: {json.dumps(may_publish(user))} }}
        subscribe: {{ allow: {json.dumps(may_subscribe(user))} }}
      }}
    }}"""


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
