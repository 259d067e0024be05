"""The text of Postgres' own files: tuned for a small machine, never for less durability."""

_DURABILITY = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
}
_SIZE = {
    "max_connections": "60",
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "effective_cache_size": "512MB",
    "max_worker_processes": "4",
    "max_parallel_workers_per_gather": "0",
    "io_workers": "2",
    "jit": "off",
}
_WAL = {
    "wal_level": "replica",
    "wal_buffers": "16MB",
    "min_wal_size": "128MB",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "10min",
    "max_wal_senders": "4",
}
_VACUUM = {
    "autovacuum_naptime": "1min",
    "autovacuum_max_workers": "2",
    "autovacuum_vacuum_scale_factor": "0.05",
    "autovacuum_analyze_scale_factor": "0.05",
}
_SESSIONS = {
    "password_encryption": "'scram-sha-256'",
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "30s",
    "tcp_keepalives_interval": "5s",
    "tcp_keepalives_count": "3",
    "timezone": "'UTC'",
    "lc_messages": "'C'",
}
_LOGGING = {
    "log_destination": "'stderr'",
    "logging_collector": "off",
    "log_timezone": "'UTC'",
    "log_line_prefix": "'%m [%p] %q%u@%a '",
    "log_checkpoints": "off",
    "log_min_duration_statement": "1s",
    "log_lock_waits": "on",
}

HOST_RULES = """\
# Written by `wrenchai up`: a password always, from this machine only.
local all         all              scram-sha-256
local replication all              scram-sha-256
host  all         all 127.0.0.1/32 scram-sha-256
host  replication all 127.0.0.1/32 scram-sha-256
"""


def settings_text(*, port: int, socket_directory: str) -> str:
    """postgresql.conf; an empty `socket_directory` means TCP only."""
    address = {
        "listen_addresses": "'127.0.0.1'",
        "port": str(port),
        "unix_socket_directories": quoted(socket_directory),
    }
    groups = (address, _DURABILITY, _SIZE, _WAL, _VACUUM, _SESSIONS, _LOGGING)
    lines = [f"{name} = {value}" for group in groups for name, value in group.items()]
    return "\n".join(["# Written by `wrenchai up` at each start; changes here are lost.", *lines, ""])


def quoted(value: str) -> str:
    """`value` as a string in postgresql.conf and, just so, in SQL."""
    doubled = value.replace("'", "''")
    return f"'{doubled}'"
