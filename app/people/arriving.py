"""Who arrives with a request: the clinic of its address and whoever is signed in there, in one statement.

The function `arrive` (migrations/policies/arrival.sql) enters the scope and reads under it. It answers in texts, and
the value of a text is remembered: nothing can be out of date, and what has not changed costs no parsing.
"""

from __future__ import annotations

import datetime as dt
import json
import uuid
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.kernel.access.queries import StaffAccess
from app.kernel.identity.signing_in import since_when_idle, touch
from app.kernel.tenancy.clinic import Clinic, clinic_of
from app.kernel.tenancy.scope import Scope, enter_by

_ARRIVE = """SELECT clinic, here, seen
FROM arrive(%(slug)s, %(login)s, %(human)s, %(now)s, %(idle_since)s)"""


class Place(NamedTuple):
    """A location of the clinic, in its order."""

    id: uuid.UUID
    name: str


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever is signed in, as every page needs them; the secrets of an account are not for every page."""

    id: uuid.UUID
    name: str
    email: str
    locale: str
    is_platform_staff: bool


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A login that lasts, and what its person is in this clinic; `access` is None for who does not work here.

    `support_inside` tells of elevated access to the clinic, anybody's, that is open now (KRN-13); `locations` are where
    the clinic works now, for who works there.
    """

    session_id: uuid.UUID
    method: str
    human: Person
    access: StaffAccess | None
    specialist_id: uuid.UUID | None
    support_inside: bool
    locations: tuple[Place, ...]


def arrive(
    session: Session,
    slug: str,
    named: tuple[uuid.UUID, uuid.UUID] | None,
    now: dt.datetime,
) -> tuple[Clinic | None, SignedIn | None]:
    """Enter the active clinic with this short name, with the login and person that a cookie names while they last.

    The session then acts for the clinic and that person; without such a clinic it sees nobody's rows.
    """
    login, human = named or (None, None)
    asked = {
        "slug": slug,
        "login": login,
        "human": human,
        "now": now,
        "idle_since": since_when_idle(now),
    }
    row = enter_by(session, _ARRIVE, asked, lambda found: _scope(found, human))
    if row.clinic is None:
        return None, None
    here = _signed_in(row.here) if row.here is not None else None
    if here is not None:
        touch(session, here.session_id, row.seen, now)
    return clinic_of(row.clinic), here


def _scope(row: Row[Any], human: uuid.UUID | None) -> Scope:
    """What the function has set: a cookie outlives its login, and then the rows of its person are closed with it."""
    if row.clinic is None:
        return Scope(human_id=human)
    return Scope(clinic_of(row.clinic).id, human if row.here is not None else None)


@lru_cache(2048)
def _signed_in(text: str) -> SignedIn:
    said = json.loads(text)
    return SignedIn(
        uuid.UUID(said["login"]),
        said["method"],
        Person(
            uuid.UUID(said["human"]),
            said["name"],
            said["email"],
            said["locale"],
            said["is_platform_staff"],
        ),
        _access(said),
        uuid.UUID(said["specialist"]) if said["specialist"] else None,
        said["support_inside"],
        tuple(Place(uuid.UUID(id_), name) for id_, name in said["locations"] or ()),
    )


def _access(said: dict[str, Any]) -> StaffAccess | None:
    if said["membership"] is None:
        return None
    return StaffAccess(
        uuid.UUID(said["membership"]),
        said["role_code"],
        said["role_name"],
        frozenset(said["permissions"] or ()),
        said["own_patients_only"],
    )
