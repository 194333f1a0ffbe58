"""Roles of the clinic: what each allows, as a matrix of boxes (KRN-03), and the own-patients limit (KRN-04)."""

from __future__ import annotations

import uuid
from itertools import groupby
from typing import Any

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response
from wtforms import BooleanField, SelectMultipleField

from app.kernel.access import actions
from app.kernel.access.directory import RoleView
from app.kernel.access.directory import roles as all_roles
from app.kernel.access.permissions import all_permissions
from app.kernel.permissions import ROLES
from app.lib.errors import Conflict, Invalid, Refused
from app.web.console import blueprint
from app.web.http import context, guards
from app.web.http.copy import sentence
from app.web.http.inputs import Input, line
from app.web.http.render import page, see_other


class NewRoleInput(Input):
    """A role starts with its name."""

    name = line(_l("Name of the new role"), max_length=60)


class RoleInput(Input):
    """What a role is called and allows."""

    name = line(_l("Name"), max_length=60)
    own_patients_only = BooleanField(
        _l("Only their own patients"),
        description=_l("Sees the patients who have a visit with this colleague, and nobody else."),
    )
    permissions = SelectMultipleField(_l("Allows"))


@blueprint.route("/roles", methods=["GET", "POST"])
@guards.staff(ROLES)
def roles() -> Response:
    """All roles with what they allow; a new one is added here."""
    form = NewRoleInput()
    if request.method == "POST" and form.validate():
        try:
            made = actions.create_role(
                context.session(), context.actor(), name=form.name.data, now=context.now()
            )
        except Invalid as error:
            form.take(error)
        else:
            return see_other(url_for("console.role", role_id=made.id))
    return page(
        "console/roles/list.html",
        status=422 if request.method == "POST" else 200,
        form=form,
        roles=all_roles(context.session(), context.org_id()),
        groups=permission_groups(),
    )


@blueprint.route("/roles/<uuid:role_id>", methods=["GET", "POST"])
@guards.staff(ROLES)
def role(role_id: uuid.UUID) -> Response:
    """One role: its boxes."""
    found = _role(role_id)
    form = RoleInput(
        name=found.name,
        own_patients_only=found.own_patients_only,
        permissions=sorted(found.permissions),
    )
    form.permissions.choices = [(one.code, gettext(one.label)) for one in all_permissions()]
    if request.method == "POST" and form.validate() and _change(found, form):
        return see_other(url_for("console.roles"), gettext("Saved. It counts from the next click."))
    return page(
        "console/roles/role.html",
        status=422 if request.method == "POST" else 200,
        form=form,
        role=found,
        groups=permission_groups(),
        ticked=set(form.permissions.data or ()),
        held=context.actor().permissions,
    )


def permission_groups() -> list[tuple[str, list[Any]]]:
    """Permissions by resource, as the screens show them."""
    by_resource = groupby(all_permissions(), key=lambda one: one.code.partition(".")[0])
    return [(_resource(resource), list(group)) for resource, group in by_resource]


def _resource(code: str) -> str:
    words = {
        "appointments": gettext("Visits"),
        "audit": gettext("Trail"),
        "calendars": gettext("Calendars"),
        "catalog": gettext("Services"),
        "charts": gettext("Charts"),
        "consents": gettext("Consents"),
        "forms": gettext("Forms"),
        "messages": gettext("Messages"),
        "patients": gettext("Patients"),
        "reception": gettext("Reception"),
        "roles": gettext("Roles"),
        "schedule": gettext("Working hours"),
        "scheduling": gettext("Working hours"),
        "services": gettext("Services"),
        "specialists": gettext("Specialists"),
        "team": gettext("Team"),
        "telerehab": gettext("Telerehabilitation"),
    }
    return words.get(code, code.capitalize())


def _role(role_id: uuid.UUID) -> RoleView:
    for one in all_roles(context.session(), context.org_id()):
        if one.id == role_id:
            return one
    raise NotFound


def _change(found: RoleView, form: RoleInput) -> bool:
    """What the actor does not hold is not theirs to tick, so those boxes are not sent and stay as they are."""
    kept = found.permissions - context.actor().permissions
    try:
        actions.change_role(
            context.session(),
            context.actor(),
            found.id,
            name=form.name.data,
            permissions=kept | set(form.permissions.data or ()),
            own_patients_only=form.own_patients_only.data,
            now=context.now(),
        )
    except Invalid as error:
        form.take(error)
        return False
    except (Conflict, Refused) as error:
        form.form_errors.append(sentence(error))
        return False
    return True
