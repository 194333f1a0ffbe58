"""Who may open a route. Every view names its guard beside its address; a view without one stops the start.

Order of questions: does the clinic exist (else 404), is somebody signed in (else the login page, or 401 with a redirect
header for a fragment), do they belong here (else 404, so that nothing is revealed), may they (else 403, audited).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from flask import Flask, g, request
from werkzeug.exceptions import NotFound, Unauthorized

from app.kernel.access import actor as actors
from app.kernel.access.actor import Actor
from app.kernel.access.permissions import Permission
from app.kernel.access.queries import open_acting, open_elevation
from app.kernel.audit.record import record
from app.kernel.identity.signing_in import PASSWORD_TOTP
from app.kernel.tenancy.scope import Scope, enter
from app.people.queries import own_patient_ids
from app.web.http import context, transaction
from app.web.http.identify import arrived_here, signed_in
from app.web.http.inputs import csrf

View = TypeVar("View", bound=Callable[..., Any])
PUBLIC, STAFF, PATIENT, PLATFORM, SIGNED_IN, SERVICE, API = (
    "public",
    "staff",
    "patient",
    "platform",
    "signed_in",
    "service",
    "api",
)
# No browser's rights stand behind these, so no token of a page is asked for.
COOKIELESS = (SERVICE, API)
READ_ONLY = ("GET", "HEAD")
SAFE = ("GET", "HEAD", "OPTIONS")


def never() -> bool:
    """No request of this route is answered without its clinic."""
    return False


@dataclass(frozen=True)
class Guard:
    """The rule of one route."""

    kind: str
    permission: Permission | None = None
    reason: str = ""
    without_clinic: Callable[[], bool] = never


def public(reason: str, *, without_clinic: Callable[[], bool] = never) -> Callable[[View], View]:
    """Open to everybody; `reason` says why, for the list of public routes.

    Where `without_clinic` says so, the view answers a request without a statement, and the clinic is not looked up;
    a view that comes to need it after all calls `pipeline.find_clinic`.
    """
    return _mark(Guard(PUBLIC, reason=reason, without_clinic=without_clinic))


def staff(permission: Permission) -> Callable[[View], View]:
    """Staff of this clinic who hold the permission."""
    return _mark(Guard(STAFF, permission))


def any_staff(reason: str) -> Callable[[View], View]:
    """All staff of this clinic, whatever their role; `reason` says why no permission is needed."""
    return _mark(Guard(STAFF, None, reason))


def patient() -> Callable[[View], View]:
    """A patient of this clinic or their caregiver (or staff acting for one, KRN-14)."""
    return _mark(Guard(PATIENT))


def platform() -> Callable[[View], View]:
    """The operator's staff."""
    return _mark(Guard(PLATFORM))


def any_signed_in(reason: str) -> Callable[[View], View]:
    """Anybody with a login; `reason` says why."""
    return _mark(Guard(SIGNED_IN, reason=reason))


def service(reason: str) -> Callable[[View], View]:
    """A machine that proves itself in the view: a signed token or webhook; `reason` names the proof."""
    return _mark(Guard(SERVICE, reason=reason))


def api(reason: str) -> Callable[[View], View]:
    """Open to every program: a guest, whatever cookies or logins the request carries; `reason` says why."""
    return _mark(Guard(API, reason=reason))


def _mark(guard: Guard) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        view.guard = guard  # type: ignore[attr-defined]  # the attribute is the declaration itself.
        return view

    return decorate


def guard_of(view: Callable[..., Any]) -> Guard | None:
    """The guard declared on a view."""
    return getattr(view, "guard", None)


def asks_who(view: Callable[..., Any]) -> bool:
    """Whether a login counts at all where the view is concerned."""
    guard = guard_of(view)
    return guard is not None and guard.kind not in COOKIELESS


def needs_clinic(view: Callable[..., Any]) -> bool:
    """Whether the clinic of the address is looked up before the view runs."""
    guard = guard_of(view)
    return guard is None or not guard.without_clinic()


def demand_guards(app: Flask) -> None:
    """Stop the start when a route has no guard (default deny)."""
    missing = [
        endpoint
        for endpoint, view in app.view_functions.items()
        if endpoint != "static" and guard_of(view) is None
    ]
    if missing:
        raise RuntimeError(f"routes without a guard: {', '.join(sorted(missing))}")


def enforce(view: Callable[..., Any]) -> None:
    """Apply the guard of the view about to run; sets the actor of the request."""
    guard = guard_of(view)
    if guard is None:
        raise NotFound
    if g.get("frame") is not None:
        g.csrf_valid = (
            True  # The address has proved where the form comes from, and no login counts.
        )
    elif guard.kind not in COOKIELESS and request.method not in SAFE:
        csrf.protect()
    g.actor = _ACTORS[guard.kind](guard)
    if guard.permission is not None:
        g.actor.demand(guard.permission)


def _guest(guard: Guard) -> Actor:
    clinic = context.clinic_or_none()
    login = signed_in()
    human_id = login.human.id if login else None
    return Actor(
        kind=actors.GUEST,
        org_id=clinic.id if clinic else None,
        human_id=human_id,
        origin=context.origin(),
    )


def _program(guard: Guard) -> Actor:
    clinic = context.clinic_or_none()
    return Actor(kind=actors.GUEST, org_id=clinic.id if clinic else None, origin=context.origin())


def _service(guard: Guard) -> Actor:
    clinic = context.clinic_or_none()
    return Actor(kind=actors.SERVICE, org_id=clinic.id if clinic else None, origin=context.origin())


def _any_signed_in(guard: Guard) -> Actor:
    login = signed_in()
    if login is None:
        raise Unauthorized
    return replace(_guest(guard), human_id=login.human.id)


def _staff(guard: Guard) -> Actor:
    login = signed_in()
    if login is None:
        raise Unauthorized
    clinic = context.clinic()
    here = arrived_here(login.human.id)
    if here is None or here.access is None:
        return _elevated(guard)
    if login.method != PASSWORD_TOTP:
        raise Unauthorized
    g.staff_access = access = here.access
    return Actor(
        kind=actors.STAFF,
        org_id=clinic.id,
        human_id=login.human.id,
        permissions=access.permissions,
        own_patients_only=access.own_patients_only,
        specialist_id=here.specialist_id,
        origin=context.origin(),
    )


def _elevated(guard: Guard) -> Actor:
    """The operator's staff inside a clinic: read only, within the time box, every read logged (KRN-13)."""
    login = signed_in()
    if login is None or not login.human.is_platform_staff or login.method != PASSWORD_TOTP:
        raise NotFound
    clinic = context.clinic()
    opened = open_elevation(context.session(), clinic.id, login.human.id, context.now())
    if opened is None or request.method not in READ_ONLY:
        raise NotFound
    asked = guard.permission
    permissions = frozenset({asked.code}) if asked and asked.elevated else frozenset()
    reader = Actor(
        kind=actors.PLATFORM,
        org_id=clinic.id,
        human_id=login.human.id,
        permissions=permissions,
        elevated_id=opened.id,
        origin=context.origin(),
    )
    _keep_read(reader, opened.reason)
    return reader


def _keep_read(reader: Actor, reason: str) -> None:
    """The page that was asked for stands in the clinic's trail, whatever came of it (KRN-13)."""
    path, moment = request.path, context.now()
    transaction.keep(
        lambda session: record(
            session, reader, "elevated.read", "page", path, at=moment, reason=reason
        )
    )


def _patient(guard: Guard) -> Actor:
    login = signed_in()
    if login is None:
        raise Unauthorized
    clinic, session, moment = context.clinic(), context.session(), context.now()
    # Only staff act for somebody, and staff prove themselves twice.
    twice = login.method == PASSWORD_TOTP
    acting = open_acting(session, clinic.id, login.human.id, moment) if twice else None
    here = arrived_here(login.human.id) if acting is not None else None
    if acting is not None and here is not None and here.access is not None:
        g.own_patient_ids = [acting.patient_id]
        g.acting_as = acting
        return Actor(
            kind=actors.STAFF,
            org_id=clinic.id,
            human_id=login.human.id,
            on_behalf_of=acting.patient_id,
            origin=context.origin(),
        )
    g.own_patient_ids = own_patient_ids(session, clinic.id, login.human.id)
    if not g.own_patient_ids:
        raise NotFound
    return Actor(
        kind=actors.PATIENT, org_id=clinic.id, human_id=login.human.id, origin=context.origin()
    )


def _platform(guard: Guard) -> Actor:
    login = signed_in()
    if login is None:
        raise Unauthorized
    if not login.human.is_platform_staff:
        raise NotFound
    if login.method != PASSWORD_TOTP:
        raise Unauthorized
    enter(context.session(), Scope(human_id=login.human.id, role="restartix_platform"))
    return Actor(
        kind=actors.PLATFORM, org_id=None, human_id=login.human.id, origin=context.origin()
    )


def patient_here() -> Actor | None:
    """Who is signed in here as a patient or cares for one, on a page that is open to everybody; None for guests.

    Leaves their patients in `g.own_patient_ids`, as `patient()` does.
    """
    if g.get("frame") is not None:
        return None  # Inside another site's page no login counts.
    if "patient_here" not in g:
        try:
            g.patient_here = _patient(Guard(PATIENT))
        except (Unauthorized, NotFound):
            g.patient_here = None
    found: Actor | None = g.patient_here
    return found


_ACTORS: dict[str, Callable[[Guard], Actor]] = {
    PUBLIC: _guest,
    SERVICE: _service,
    API: _program,
    SIGNED_IN: _any_signed_in,
    STAFF: _staff,
    PATIENT: _patient,
    PLATFORM: _platform,
}
