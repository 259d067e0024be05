"""The log is append-only: for services by their rights, for everybody else by a trigger."""

import psycopg
import pytest
from wrenchai_chassis.postgres_log import connection_settings

from tests.samples import story
from tests.servers import Database, PostgresCluster

CHANGES = [
    "UPDATE wrenchai.event_log SET state = '' WHERE position = 1",
    "UPDATE wrenchai.event_log SET position = position + 1",
    "DELETE FROM wrenchai.event_log WHERE position = 3",
    "DELETE FROM wrenchai.event_log",
    "TRUNCATE wrenchai.event_log",
    "INSERT INTO wrenchai.event_log TABLE wrenchai.event_log ON CONFLICT (position) DO UPDATE SET state = ''",
    "MERGE INTO wrenchai.event_log l USING (VALUES (1)) v (p) ON l.position = v.p WHEN MATCHED THEN DELETE",
    "UPDATE wrenchai.stored_events SET state = ''",
]
UNDERMININGS = [
    "ALTER TABLE wrenchai.event_log DISABLE TRIGGER ALL",
    "DROP TRIGGER append_only ON wrenchai.event_log",
    "SET session_replication_role = replica",
    "DROP TABLE wrenchai.event_log",
    "DELETE FROM wrenchai.artifact",
    "UPDATE wrenchai.artifact SET bytes = ''",
    "DELETE FROM wrenchai.log_head",
    "DELETE FROM wrenchai.tracking",
    "DO $$ BEGIN RESET ROLE; UPDATE wrenchai.event_log SET state = ''; END $$",
]
DOORS = """
SELECT proname FROM pg_proc WHERE pronamespace = 'wrenchai'::regnamespace AND prosecdef
AND has_function_privilege(%s, oid, 'EXECUTE') ORDER BY proname
"""


@pytest.fixture(scope="module")
def written(postgres_cluster: PostgresCluster) -> Database:
    """A database whose log holds three events; every test leaves it as it is."""
    database = postgres_cluster.migrated()
    columns = zip(*((e.stream, e.version, e.topic, e.tenant, e.state) for e in story(3)), strict=True)
    with psycopg.connect(database.service, **connection_settings("test")) as connection:
        connection.execute("SELECT wrenchai.append(%s, %s, %s, %s, %s)", [list(column) for column in columns])
    return database


def refusal(url: str, statement: str, *, as_service: bool) -> str:
    settings = connection_settings("test") if as_service else {"autocommit": True}
    refusals = psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectNotInPrerequisiteState
    with psycopg.connect(url, **settings) as connection, pytest.raises(refusals) as refused:
        connection.execute(statement.encode())
    return str(refused.value)


def assert_untouched(database: Database) -> None:
    with psycopg.connect(database.superuser) as connection:
        rows = connection.execute("SELECT position, state FROM wrenchai.event_log ORDER BY 1").fetchall()
    assert rows == list(enumerate((event.state for event in story(3)), start=1))


@pytest.mark.parametrize("statement", CHANGES)
def test_a_service_has_no_right_to_change_or_remove(written: Database, statement: str) -> None:
    assert "permission denied" in refusal(written.service, statement, as_service=True)
    assert_untouched(written)


@pytest.mark.parametrize("statement", UNDERMININGS)
def test_a_service_has_no_right_to_undermine_that(written: Database, statement: str) -> None:
    assert refusal(written.service, statement, as_service=True)
    assert_untouched(written)


@pytest.mark.parametrize("role", ["owner", "superuser"])
@pytest.mark.parametrize("statement", CHANGES)
def test_even_owner_and_superuser_are_refused(written: Database, role: str, statement: str) -> None:
    said = refusal(getattr(written, role), statement, as_service=False)
    assert "the event log is append-only" in said
    assert "event_log is refused" in said
    assert_untouched(written)


@pytest.mark.parametrize(("who", "may_call"), [("wrenchai_service", ["append", "append_guarded"]), ("public", [])])
def test_there_are_two_doors_into_the_log_and_they_are_open_to_services_only(
    written: Database, who: str, may_call: list[str]
) -> None:
    with psycopg.connect(written.owner) as connection:
        assert [name for (name,) in connection.execute(DOORS, (who,))] == may_call
