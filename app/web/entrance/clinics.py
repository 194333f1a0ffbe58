"""The choice of clinic after login, and signing out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app.kernel.access.queries import KnownClinic, clinics_of
from app.kernel.identity.signing_in import PASSWORD_TOTP
from app.kernel.tenancy.scope import scope_of, scoped
from app.people.queries import own_patient_ids
from app.web.entrance import blueprint
from app.web.http import context, guards
from app.web.http.identify import Login, signed_in
from app.web.http.login import close_login
from app.web.http.render import page, see_other


@dataclass(frozen=True)
class Door:
    """One place to go on to."""

    title: str
    text: str
    url: str
    icon: str


@blueprint.get("/clinics")
@guards.any_signed_in("everybody sees the places that are their own")
def clinics() -> Response:
    """The places of this person; with only one, straight there."""
    login = signed_in()
    assert login is not None  # The guard has seen to it.
    doors = _doors(login)
    if len(doors) == 1:
        return see_other(doors[0].url)
    return page("entrance/clinics.html", doors=doors)


@blueprint.post("/sign-out")
@guards.public("signing out twice is no error")
def sign_out() -> Response:
    """End the login of this browser."""
    close_login()
    return see_other("/", gettext("You are signed out."))


def _doors(login: Login) -> list[Door]:
    known = clinics_of(context.session(), login.human.id)
    # A login by link or by password alone does not open the staff's pages.
    staff = login.method == PASSWORD_TOTP
    consoles = [_console(clinic) for clinic in known if clinic.is_staff and staff]
    portals = [_portal(clinic) for clinic in known if _is_patient(login, clinic)]
    operator = [_platform()] if login.human.is_platform_staff and staff else []
    return operator + consoles + portals


def _is_patient(login: Login, clinic: KnownClinic) -> bool:
    if not clinic.is_staff:
        return True
    session = context.session()
    with scoped(session, replace(scope_of(session), org_id=clinic.org_id)):
        return bool(own_patient_ids(session, clinic.org_id, login.human.id))


def _console(clinic: KnownClinic) -> Door:
    return Door(clinic.name, gettext("Work in the clinic"), f"/{clinic.slug}/console/", "building")


def _portal(clinic: KnownClinic) -> Door:
    url = url_for("portal.home", clinic=clinic.slug)
    return Door(clinic.name, gettext("Your visits and exercises"), url, "heartbeat")


def _platform() -> Door:
    text = gettext("Clinics, capabilities, elevated access")
    return Door("RestartiX", text, url_for("platform.clinics"), "server")
