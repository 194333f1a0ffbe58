"""The booking pages elsewhere: addresses to hand on, pages inside the clinic's own site, the API (BOK-02, BOK-05)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from app.kernel.tenancy.embedding import allow_embedding, embed_origins, stop_embedding
from app.lib.errors import Invalid
from app.scheduling.permissions import MANAGE
from app.scheduling.queries import public_calendars
from app.web.console import blueprint
from app.web.http import context, guards
from app.web.http.headers import content_policy
from app.web.http.inputs import Input, line
from app.web.http.locale import localised
from app.web.http.qr import QrPath, qr_path
from app.web.http.render import page, see_other


class OriginInput(Input):
    """A site that may show the booking pages."""

    origin = line(_l("Address of your site"), max_length=200)


@dataclass(frozen=True, slots=True)
class Address:
    """A page that patients open: what it is called, where it is, and where its frame begins."""

    key: str
    title: str
    url: str
    frame_path: str
    frame_url: str
    qr: QrPath


@blueprint.get("/embedding")
@guards.staff(MANAGE)
def embedding() -> Response:
    """Every address with its QR code, the snippet for one's own site with a preview, and who may show it."""
    return _page(OriginInput())


@blueprint.post("/embedding/origins")
@guards.staff(MANAGE)
def allow_origin() -> Response:
    """Let a site show the pages."""
    form = OriginInput()
    if not form.validate():
        return _page(form, 422)
    try:
        origin = allow_embedding(
            context.session(), context.actor(), form.origin.data or "", now=context.now()
        )
    except Invalid as error:
        form.take(error)
        return _page(form, 422)
    words = gettext("%(site)s may show your booking pages now.", site=origin)
    return see_other(url_for("console.embedding"), words)


@blueprint.post("/embedding/origins/<uuid:origin_id>/remove")
@guards.staff(MANAGE)
def stop_origin(origin_id: uuid.UUID) -> Response:
    """Take a site off the list."""
    stop_embedding(context.session(), context.actor(), origin_id, now=context.now())
    words = gettext("That site shows your booking pages no more.")
    return see_other(url_for("console.embedding"), words)


def _page(form: OriginInput, status: int = 200) -> Response:
    addresses = _addresses()
    chosen = next((one for one in addresses if one.key == request.args.get("show")), addresses[0])
    response = page(
        "console/embedding.html",
        status=status,
        form=form,
        addresses=addresses,
        chosen=chosen,
        origins=embed_origins(context.session(), context.org_id()),
        script_url=context.settings().base_url + url_for("static", filename="js/embed.js"),
        docs_url=url_for("api.docs"),
    )
    # The preview is our own page in a frame.
    response.headers["Content-Security-Policy"] = content_policy(
        context.settings(), frames="'self'"
    )
    return response


def _addresses() -> list[Address]:
    """The clinic's page, then every calendar that the public can book."""
    found = [
        _address(
            key="",
            title=gettext("All services"),
            url=url_for("booking.clinic_page"),
            frame_path=url_for("booking.enter_clinic"),
        )
    ]
    for one in public_calendars(context.session(), context.org_id()):
        slug = one.view.slug
        found.append(
            _address(
                key=slug,
                title=localised(one.view.title),
                url=url_for("booking.slots", calendar=slug),
                frame_path=url_for("booking.enter_calendar", calendar=slug),
            )
        )
    return found


def _address(*, key: str, title: str, url: str, frame_path: str) -> Address:
    base = context.settings().base_url
    return Address(key, title, base + url, frame_path, base + frame_path, qr_path(base + url))
