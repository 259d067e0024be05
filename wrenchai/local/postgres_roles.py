"""Roles and database inside a new cluster: an owner who migrates, and a worker who may only add and read."""

from collections.abc import Mapping

import psycopg
from psycopg import sql

Connection = psycopg.AsyncConnection[tuple[object, ...]]

GROUP = "wrenchai_service"
"""What services may do is granted to this role by the migrations."""


async def make_database(connection: Connection, name: str, passwords: Mapping[str, str]) -> None:
    """Make what is missing: `passwords` names the owner first, then the worker. Safe to repeat after a crash."""
    if await _exists(connection, "SELECT 1 FROM pg_database WHERE datname = %s", name):
        return
    owner, worker = passwords
    await _make_role(connection, GROUP, "NOLOGIN")
    for role, password in passwords.items():
        await _make_role(connection, role, "LOGIN CREATEROLE" if role == owner else "LOGIN", password)
    grants = sql.SQL("GRANT {group} TO {owner} WITH ADMIN OPTION; GRANT {group} TO {worker}; GRANT {worker} TO {owner}")
    names = {"group": sql.Identifier(GROUP), "owner": sql.Identifier(owner), "worker": sql.Identifier(worker)}
    await connection.execute(grants.format(**names))
    await connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(owner)))


async def _make_role(connection: Connection, role: str, rights: str, password: str | None = None) -> None:
    if await _exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", role):
        return
    statement = sql.SQL("CREATE ROLE {} {}").format(sql.Identifier(role), sql.SQL(rights))
    if password is not None:
        verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
        statement += sql.SQL(" PASSWORD {}").format(sql.Literal(verifier.decode()))
    await connection.execute(statement)


async def _exists(connection: Connection, query: str, name: str) -> bool:
    return await (await connection.execute(query, (name,))).fetchone() is not None
