"""Handing a form over on the tablet: the code, its QR code, and what becomes of it."""

from __future__ import annotations

import uuid

from flask import Response, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.forms import actions, permissions, queries
from app.forms.models import FormInstance
from app.people.models import Patient
from app.web.console import blueprint
from app.web.console.form_lookup import visible_form
from app.web.http import context, guards
from app.web.http.clinical_form import paper
from app.web.http.qr import qr_path
from app.web.http.render import page, see_other


@blueprint.route("/forms/<uuid:form_id>/tablet", methods=["GET", "POST"])
@guards.staff(permissions.OPEN)
def hand_over(form_id: uuid.UUID) -> AnyResponse:
    """A fresh code for the tablet, shown once; whoever only looks is led back to the form."""
    if request.method == "GET":
        return see_other(url_for("console.form", form_id=form_id))
    return handover_page(*visible_form(form_id))


def handover_page(form: FormInstance, patient: Patient) -> Response:
    """Open the form on the tablet and show code, QR code and link; only this answer can, since hashes are stored."""
    handover = actions.open_on_kiosk(
        context.session(), context.actor(), form_id=form.id, now=context.now()
    )
    link = url_for("kiosk.ready", token=handover.token, _external=True)
    return page(
        "console/forms/tablet.html",
        status=201,
        paper=paper(form, patient.name),
        patient=patient,
        opening=handover.opening,
        status_name=queries.opening_status(handover.opening, context.now()),
        code=handover.code.replace("-", ""),
        link=link,
        qr=qr_path(link),
        kiosk_url=url_for("kiosk.start", _external=True),
    )


@blueprint.get("/forms/<uuid:form_id>/openings/<uuid:opening_id>")
@guards.staff(permissions.OPEN)
def opening_status(form_id: uuid.UUID, opening_id: uuid.UUID) -> AnyResponse:
    """What became of a handover, asked every few seconds until it is over; as a page it is the form."""
    found, _ = visible_form(form_id)
    opening = queries.opening_or_404(context.session(), found.org_id, form_id, opening_id)
    if not request.headers.get("HX-Request"):
        return see_other(url_for("console.form", form_id=form_id))
    return page(
        "console/forms/_handover_status.html",
        form_id=form_id,
        opening=opening,
        status_name=queries.opening_status(opening, context.now()),
    )


@blueprint.post("/forms/<uuid:form_id>/openings/<uuid:opening_id>/revoke")
@guards.staff(permissions.OPEN)
def revoke_opening(form_id: uuid.UUID, opening_id: uuid.UUID) -> AnyResponse:
    """Take the form back, also from a tablet that shows it."""
    found, _ = visible_form(form_id)
    queries.opening_or_404(context.session(), found.org_id, form_id, opening_id)
    actions.revoke_opening(
        context.session(), context.actor(), opening_id=opening_id, now=context.now()
    )
    target = url_for("console.form", form_id=form_id)
    return see_other(target, gettext("The code works no more."))
