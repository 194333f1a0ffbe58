"""The scope of a transaction: which clinic, which person, which database role (KRN-01).

Scope is a property of the session, written into the transaction with `set_config(..., true)` at its start, so that it
ends with the transaction and can never reach the next borrower of the connection. No scope means empty settings,
and the policies then show no row.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

PLATFORM_ROLE = "restartix_platform"
DISPATCH_ROLE = "restartix_dispatch"
_ROLES = (PLATFORM_ROLE, DISPATCH_ROLE)
_SET = "SELECT set_config('app.org_id', %s, true), set_config('app.human_id', %s, true)"


@dataclass(frozen=True)
class Scope:
    """Clinic and person that a transaction acts for; `role` is a narrow database role or none."""

    org_id: uuid.UUID | None = None
    human_id: uuid.UUID | None = None
    role: str | None = None

    def __post_init__(self) -> None:
        if self.role is not None and self.role not in _ROLES:
            raise ValueError(f"unknown database role {self.role!r}")


NOBODY = Scope()
# Says that the transaction's first statement is about to set the scope by itself.
ENTERING = "entering"


def scope_of(session: Session) -> Scope:
    """The scope that the session's transactions run in."""
    scope: Scope = session.info.get("scope", NOBODY)
    return scope


def enter(session: Session, scope: Scope) -> None:
    """From here on the session acts in `scope`, also in a transaction that is already open.

    Pending changes are written first, since they belong to the scope in which they were made.
    """
    before = scope_of(session)
    if before == scope:
        return
    if session.in_transaction():
        session.flush()
        # Taken before the change: a transaction that has no connection yet begins in the scope before, so that a
        # savepoint's rollback leads back to it.
        connection = session.connection()
        session.info["scope"] = scope
        apply_scope(connection, scope, before)
    else:
        session.info["scope"] = scope


def enter_by(
    session: Session, statement: str, values: Mapping[str, Any], scope: Callable[[Row[Any]], Scope]
) -> Row[Any]:
    """The one row of a statement that sets the scope of its transaction by itself; `scope` says from the row which.

    The beginning of most requests: a transaction that has not begun gets its scope and what is read first at once.
    """
    if session.in_transaction():
        session.flush()
    session.info[ENTERING] = True
    try:
        connection = session.connection()
    finally:
        del session.info[ENTERING]
    if scope_of(session).role is not None:
        connection.exec_driver_sql("SET LOCAL ROLE NONE")
    row = connection.exec_driver_sql(statement, dict(values)).one()
    session.info["scope"] = scope(row)
    return row


@contextmanager
def scoped(session: Session, scope: Scope) -> Iterator[None]:
    """Act in `scope` for a block, then return to the scope before."""
    before = scope_of(session)
    enter(session, scope)
    try:
        yield
    except BaseException:
        session.info["scope"] = before
        if session.in_transaction() and session.is_active:
            # An aborted transaction refuses this, and reads nothing more either.
            with suppress(DBAPIError):
                apply_scope(session.connection(), before, scope)
        raise
    enter(session, before)


def apply_scope(connection: Connection, scope: Scope, before: Scope = NOBODY) -> None:
    """Write the scope into the open transaction of `connection`."""
    if before.role is not None and scope.role != before.role:
        connection.exec_driver_sql("SET LOCAL ROLE NONE")
    connection.exec_driver_sql(_SET, (str(scope.org_id or ""), str(scope.human_id or "")))
    if scope.role is not None and scope.role != before.role:
        connection.exec_driver_sql(f"SET LOCAL ROLE {scope.role}")
