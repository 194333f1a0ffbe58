"""A pooled connection that died is noticed before it is lent, without asking the server each time.

A server that ends a connection closes its socket, which is seen here without a round trip; only where the connection
rested for a while (a network may forget it silently) or where something unread lies in the socket, the server is asked.
"""

from __future__ import annotations

import select
import time
from typing import Any

from psycopg import Connection, Error
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry

RESTED_SECONDS = 1.0
_LEFT = "left_at"


def returned(_connection: Any, entry: ConnectionPoolEntry) -> None:
    """Note when the connection came back to the pool."""
    entry.info[_LEFT] = time.monotonic()


def lent(connection: Connection[Any], entry: ConnectionPoolEntry, _fairy: Any) -> None:
    """Before it is used again. Raises InvalidatePoolError for a dead one: the pool then opens new ones."""
    left = entry.info.get(_LEFT)
    if left is None:  # Opened just now.
        return
    if time.monotonic() - left > RESTED_SECONDS or _unread(connection):
        _ask(connection)


def _unread(connection: Connection[Any]) -> bool:
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _ask(connection: Connection[Any]) -> None:
    try:
        connection.autocommit = True
        connection.execute("SELECT 1")
        connection.autocommit = False
    except Error as error:
        raise InvalidatePoolError from error


EVENTS = [(returned, "checkin"), (lent, "checkout")]
