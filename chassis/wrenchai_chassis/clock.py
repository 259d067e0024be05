"""Time and ids as things that are handed in, so that every decision can be tested and replayed."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the current time, aware, in UTC. Recorded for people; order never comes from it."""

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def utc_now() -> datetime:
    """The system's clock."""
    return datetime.now(UTC)


def new_id() -> str:
    """26 characters that sort by creation time: 48 bits of milliseconds, then 80 random bits (Crockford base 32)."""
    number = (int(time.time() * 1000) << 80) | int.from_bytes(os.urandom(10))
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(125, -1, -5))
