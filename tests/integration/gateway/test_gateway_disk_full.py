"""A database whose disk is full: told as that, by the real server's own code for it."""

import psycopg

from tests.gateway_in_process import GatewayInProcess
from tests.servers import Database

FILLED = """
CREATE FUNCTION public.no_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE disk_full USING MESSAGE = 'could not extend file "base/5/16384": No space left on device'; END $$;
CREATE TRIGGER no_room BEFORE INSERT ON wrenchai.event_log EXECUTE FUNCTION public.no_room();
"""
EMPTIED = "DROP TRIGGER no_room ON wrenchai.event_log"


async def test_a_full_disk_is_told_as_such_and_taken_in_again_once_there_is_room(
    gateway: GatewayInProcess, database: Database
) -> None:
    with psycopg.connect(database.superuser, autocommit=True) as administrator:
        administrator.execute(FILLED)
        refused = await gateway.client.post("/api/v1/tasks", json={"playbook": "book"})
        administrator.execute(EMPTIED)
    problem = refused.json()
    assert (refused.status_code, refused.headers["retry-after"]) == (507, "60")
    assert (problem["type"], problem["title"]) == ("urn:wrenchai:problem:log-full", "The database's disk is full")
    assert "base/5" not in refused.text
    assert (await gateway.client.post("/api/v1/tasks", json={"playbook": "book"})).status_code == 202
