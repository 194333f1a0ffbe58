"""Team and roles: invite, change, end and restore access; roles as data; the last owner stays."""

from __future__ import annotations

import re
import uuid

import pytest
from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.kernel.access.models import Membership, Role, RolePermission
from app.kernel.access.permissions import all_permissions
from app.kernel.identity.models import Human, LoginSession
from app.kernel.tenancy.scope import Scope, scoped
from app.messaging import sealed
from app.messaging.models import Delivery
from tests.factories.cast import Cast, Person
from tests.support.browser_client import BrowserClient, SignIn, new_client

TEAM, ROLES = "/movimento/console/team", "/movimento/console/roles"


@pytest.fixture
def olga(cast: Cast, signed_in: SignIn) -> BrowserClient:
    return signed_in(cast.olga)


def role_id(session: Session, cast: Cast, code: str) -> uuid.UUID:
    with scoped(session, Scope(org_id=cast.clinic.id)):
        return session.scalars(select(Role.id).where(Role.code == code)).one()


def member_id(session: Session, person: Person) -> uuid.UUID:
    assert person.clinic
    with scoped(session, Scope(org_id=person.clinic.id)):
        return session.scalars(
            select(Membership.id).where(Membership.human_id == person.human_id)
        ).one()


def permissions(session: Session, cast: Cast, code: str) -> set[str]:
    with scoped(session, Scope(org_id=cast.clinic.id)):
        return set(
            session.scalars(
                select(RolePermission.permission)
                .join(Role, Role.id == RolePermission.role_id)
                .where(Role.code == code)
            )
        )


def take_from_reception(session: Session, cast: Cast, *codes: str) -> None:
    with scoped(session, Scope(org_id=cast.clinic.id)):
        reception = role_id(session, cast, "reception")
        session.execute(
            delete(RolePermission).where(
                RolePermission.role_id == reception, RolePermission.permission.in_(codes)
            )
        )
    session.commit()


@pytest.mark.parametrize("path", [TEAM, f"{TEAM}/invite", ROLES])
def test_pages_are_for_those_who_may(
    cast: Cast,
    client: BrowserClient,
    signed_in: SignIn,
    olga: BrowserClient,
    session: Session,
    path: str,
) -> None:
    take_from_reception(session, cast, "team.manage")
    assert olga.get(path).status_code == 200
    assert client.get(path).status_code == 303
    assert signed_in(cast.ramona).get(path).status_code == 403
    assert signed_in(cast.bogdan).get(path).status_code == 404


@pytest.mark.proves("KRN-02", "KRN-03")
def test_a_colleague_is_invited_and_comes_in(
    app: Flask, olga: BrowserClient, cast: Cast, session: Session
) -> None:
    data = {
        "name": "Dana Ilie",
        "email": "dana@example.com",
        "role": str(role_id(session, cast, "reception")),
        "locale": "ro",
    }
    assert olga.post(f"{TEAM}/invite", data=data).status_code == 303
    assert "Dana Ilie" in olga.get(TEAM).text
    assert olga.post(f"{TEAM}/invite", data=data).status_code == 422, "twice is once"
    with scoped(session, Scope(org_id=cast.clinic.id)):
        mail = session.scalars(select(Delivery)).one()
        link = sealed.opened(mail.id, mail.context)["link"]
    assert mail.template == "staff_invitation"
    path = re.sub(r"https?://[^/]+", "", link)
    dana = new_client(app, session)
    done = dana.post(path, data={"password": "rain on quiet hills"})
    assert done.location == "/sign-in/code"
    assert dana.get("/sign-in/code").location == "/sign-in/second-factor"


@pytest.mark.proves("KRN-02")
def test_somebody_of_another_clinic_joins_with_the_account_they_have(
    olga: BrowserClient, cast: Cast, session: Session, signed_in: SignIn
) -> None:
    data = {
        "name": "whoever",
        "email": cast.bogdan.email,
        "role": str(role_id(session, cast, "reception")),
        "locale": "ro",
    }
    assert olga.post(f"{TEAM}/invite", data=data).status_code == 303
    with scoped(session, Scope(org_id=cast.clinic.id)):
        assert session.scalars(select(Delivery)).all() == [], (
            "no link for an account with a password"
        )
    chooser = signed_in(cast.bogdan).get("/clinics").text
    assert "Movimento" in chooser
    assert "Altius" in chooser


def test_bad_invitations_are_refused(olga: BrowserClient, cast: Cast) -> None:
    data = {"name": "", "email": "nobody", "role": str(uuid.uuid4()), "locale": "ro"}
    assert olga.post(f"{TEAM}/invite", data=data).status_code == 422


@pytest.mark.proves("KRN-03")
def test_a_role_changes_what_a_colleague_may_at_once(
    olga: BrowserClient, cast: Cast, session: Session, signed_in: SignIn
) -> None:
    ramona = signed_in(cast.ramona)
    assert ramona.get("/movimento/console/audit").status_code == 403
    path = f"{ROLES}/{role_id(session, cast, 'reception')}"
    wanted = sorted(permissions(session, cast, "reception") | {"audit.view"})
    assert olga.get(path).status_code == 200
    done = olga.post(path, data={"name": "Front desk", "permissions": wanted})
    assert done.status_code == 303
    assert ramona.get("/movimento/console/audit").status_code == 200
    assert "Front desk" in olga.get(ROLES).text


@pytest.mark.proves("KRN-03", "KRN-04")
def test_a_role_of_ones_own_is_made(olga: BrowserClient, cast: Cast, session: Session) -> None:
    made = olga.post(ROLES, data={"name": "Stagiar"})
    assert made.status_code == 303
    data = {"name": "Stagiar", "permissions": ["patients.view"], "own_patients_only": "y"}
    assert olga.post(made.location, data=data).status_code == 303
    with scoped(session, Scope(org_id=cast.clinic.id)):
        assert session.scalars(select(Role.own_patients_only).where(Role.code == "stagiar")).one()
    assert permissions(session, cast, "stagiar") == {"patients.view"}
    assert olga.post(ROLES, data={"name": "stagiar"}).status_code == 422
    assert olga.post(ROLES, data={"name": ""}).status_code == 422
    unknown = olga.post(made.location, data={"name": "Stagiar", "permissions": ["fly"]})
    assert unknown.status_code == 422


@pytest.mark.proves("KRN-03")
def test_nobody_gives_more_than_they_hold(cast: Cast, session: Session, signed_in: SignIn) -> None:
    """Ramona may manage the team, but her role lacks the audit trail."""
    ramona = signed_in(cast.ramona)
    owner, mine = (role_id(session, cast, code) for code in ("owner", "reception"))
    to_owner = ramona.post(f"{TEAM}/{member_id(session, cast.ramona)}/role", data={"role": owner})
    assert to_owner.status_code == 403
    down = ramona.post(f"{TEAM}/{member_id(session, cast.olga)}/role", data={"role": mine})
    assert down.status_code == 403
    assert ramona.post(f"{TEAM}/{member_id(session, cast.olga)}/end").status_code == 403
    assert ramona.post(f"{TEAM}/{member_id(session, cast.olga)}/password-link").status_code == 403
    assert "Owner" not in re.findall(r"<option[^>]*>([^<]+)", ramona.get(f"{TEAM}/invite").text)


@pytest.mark.proves("KRN-03")
def test_the_last_owner_cannot_lock_everybody_out(
    olga: BrowserClient, cast: Cast, session: Session
) -> None:
    take_from_reception(session, cast, "team.manage", "roles.manage")
    me, reception = member_id(session, cast.olga), role_id(session, cast, "reception")
    owner = role_id(session, cast, "owner")
    assert olga.post(f"{TEAM}/{me}/end").status_code == 409
    assert olga.post(f"{TEAM}/{me}/role", data={"role": reception}).status_code == 409
    everything = {permission.code for permission in all_permissions()}
    without = [code for code in sorted(everything) if code != "roles.manage"]
    refused = olga.post(f"{ROLES}/{owner}", data={"name": "Owner", "permissions": without})
    assert refused.status_code == 422
    assert "Somebody must remain" in refused.text
    assert permissions(session, cast, "owner") == everything, "nothing was written"
    assert olga.get(TEAM).status_code == 200


def test_access_ends_with_the_next_click_and_is_restored(
    olga: BrowserClient, cast: Cast, session: Session, signed_in: SignIn
) -> None:
    stefan, his = signed_in(cast.stefan), member_id(session, cast.stefan)
    assert stefan.get("/movimento/console/team").status_code in (200, 403)
    assert olga.post(f"{TEAM}/{his}/end").status_code == 303
    assert stefan.get("/movimento/console/team").status_code == 404
    assert olga.post(f"{TEAM}/{his}/restore").status_code == 303
    assert stefan.get("/movimento/console/team").status_code in (200, 403)


def test_another_clinics_colleague_does_not_exist(
    olga: BrowserClient, cast: Cast, session: Session
) -> None:
    theirs = member_id(session, cast.bogdan)
    for verb in ("end", "restore", "password-link", "new-phone"):
        assert olga.post(f"{TEAM}/{theirs}/{verb}").status_code == 404
    assert olga.get(f"{ROLES}/{uuid.uuid4()}").status_code == 404


@pytest.mark.proves("SEC-01")
def test_help_with_a_forgotten_password_goes_to_the_mailbox_only(
    olga: BrowserClient, cast: Cast, session: Session
) -> None:
    response = olga.post(f"{TEAM}/{member_id(session, cast.ramona)}/password-link")
    assert response.status_code == 303
    with scoped(session, Scope(org_id=cast.clinic.id)):
        mail = session.scalars(select(Delivery)).one()
    assert (mail.template, mail.recipient) == ("password_link", cast.ramona.email)
    link = sealed.opened(mail.id, mail.context)["link"]
    assert link.rsplit("/", 1)[1] not in olga.get(TEAM).text


@pytest.mark.proves("SEC-01")
def test_a_lost_phone_is_forgotten_only_where_nobody_else_is_concerned(
    olga: BrowserClient, cast: Cast, session: Session, signed_in: SignIn
) -> None:
    ramona = signed_in(cast.ramona)
    assert olga.post(f"{TEAM}/{member_id(session, cast.ramona)}/new-phone").status_code == 303
    with scoped(session, Scope(human_id=cast.ramona.human_id)):
        session.expire_all()
        assert session.get_one(Human, cast.ramona.human_id).totp_secret is None
        live = select(LoginSession.id).where(LoginSession.ended_at.is_(None))
        assert session.scalars(live).all() == []
    assert ramona.get("/account").status_code == 303
    with scoped(session, Scope(org_id=cast.other_clinic.id)):
        session.execute(update(Membership).values(deactivated_at=None))
        role = session.scalars(select(Role.id)).one()
        session.add(
            Membership(org_id=cast.other_clinic.id, human_id=cast.stefan.human_id, role_id=role)
        )
        session.flush()
    session.commit()
    assert olga.post(f"{TEAM}/{member_id(session, cast.stefan)}/new-phone").status_code == 403
