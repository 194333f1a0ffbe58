"""A specialist's licences: list with warnings, a new one with its scan, taken off the list (SPC-03)."""

from __future__ import annotations

import uuid

from flask import Response, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, DateField, FileField
from wtforms.validators import Optional

from app.kernel.storage.inspect import UploadPolicy
from app.lib.errors import Invalid
from app.lib.files import FileKind
from app.lib.paging import PageRequest
from app.people.permissions import SPECIALISTS
from app.people.specialists import queries
from app.people.specialists.licences import (
    LicenceDraft,
    add_licence,
    licences,
    remove_licence,
)
from app.web.console import blueprint
from app.web.console.asked import local
from app.web.http import context, guards
from app.web.http.inputs import Input, line, plausible_date
from app.web.http.lists import heads
from app.web.http.render import page, see_other
from app.web.http.uploads import uploaded

SCAN = UploadPolicy(
    max_bytes=10 * 1024 * 1024,
    kinds=frozenset({FileKind.PNG, FileKind.JPEG, FileKind.PDF}),
    max_pixels=40_000_000,
    field="scan",
)


class LicenceInput(Input):
    """A licence as it stands on paper."""

    number = line(_l("Number"), max_length=80)
    body = line(_l("Issued by"), max_length=120)
    issued_on = DateField(_l("Issued on"), validators=[Optional(), plausible_date])
    expires_on = DateField(_l("Valid until"), validators=[Optional(), plausible_date])
    stops_booking = BooleanField(
        _l("No booking after it has expired"),
        description=_l("Visits that are booked stay; new ones are no longer offered."),
    )
    scan = FileField(_l("Scan"))


@blueprint.get("/specialists/<uuid:specialist_id>/licences")
@guards.staff(SPECIALISTS)
def specialist_licences(specialist_id: uuid.UUID) -> Response:
    """The licences, those that run out first at the top."""
    return _page(specialist_id, LicenceInput(formdata=None))


@blueprint.post("/specialists/<uuid:specialist_id>/licences")
@guards.staff(SPECIALISTS)
def keep_licence(specialist_id: uuid.UUID) -> AnyResponse:
    """A new licence with its scan."""
    form = LicenceInput()
    if not form.validate():
        return _page(specialist_id, form, 422)
    draft = LicenceDraft(
        form.number.data or "",
        form.body.data or "",
        form.issued_on.data,
        form.expires_on.data,
        bool(form.stops_booking.data),
    )
    try:
        add_licence(
            context.session(),
            context.actor(),
            specialist_id,
            draft,
            uploaded(SCAN),
            context.clinic_blobs(),
            now=context.now(),
        )
    except Invalid as error:
        form.take(error)
        return _page(specialist_id, form, 422)
    return see_other(
        url_for("console.specialist_licences", specialist_id=specialist_id),
        gettext("The licence is kept."),
    )


@blueprint.post("/licences/<uuid:licence_id>/remove")
@guards.staff(SPECIALISTS)
def drop_licence(licence_id: uuid.UUID) -> AnyResponse:
    """Off the list."""
    whose = remove_licence(context.session(), context.actor(), licence_id, now=context.now())
    return see_other(
        url_for("console.specialist_licences", specialist_id=whose),
        gettext("The licence is off the list."),
    )


def _page(specialist_id: uuid.UUID, form: LicenceInput, status: int = 200) -> Response:
    session, org_id = context.session(), context.org_id()
    head = queries.specialist_head(session, org_id, specialist_id)
    today = local(context.now()).date()
    found = licences(session, org_id, specialist_id)
    blobs = context.clinic_blobs()
    words = (
        gettext("Number"),
        gettext("Issued by"),
        gettext("Valid until"),
        gettext("Scan"),
        "",
    )
    return page(
        "console/specialists/licences.html",
        status=status,
        head=head,
        form=form,
        rows=[
            (one, blobs.signed_url(one.scan_key, disposition="inline") if one.scan_key else None)
            for one in found
        ],
        heads=heads([(None, one) for one in words], PageRequest(), {}),
        today=today,
    )
