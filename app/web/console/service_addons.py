"""Add-ons of a service: what patients and the desk can add to its visits (APT-02)."""

from __future__ import annotations

import uuid

from flask import Response, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField

from app.catalog.actions import ServiceDraft, stored_draft
from app.catalog.addon_rules import LONGEST_MIN, MOST
from app.catalog.addons import (
    AddonDraft,
    add_addon,
    addons_of,
    archive_addon,
    change_addon,
    one_addon,
)
from app.catalog.permissions import MANAGE
from app.lib.errors import Conflict, Invalid
from app.lib.money import Currency, parse_money
from app.web.console import blueprint
from app.web.console.fields import texts, typed_price, whole
from app.web.http import context, guards
from app.web.http.copy import sentence
from app.web.http.inputs import Input, line
from app.web.http.locale import current_language, localised
from app.web.http.render import page, see_other


class AddonInput(Input):
    """An add-on as the clinic describes it."""

    names_ro = line(_l("Name in Romanian"), max_length=120, required=False)
    names_en = line(_l("Name in English"), max_length=120, required=False)
    price = line(_l("Price of one"), max_length=24)
    extra_min = whole(
        _l("Minutes that one takes"),
        0,
        LONGEST_MIN,
        default=0,
        description=_l("The visit lasts so much longer; 0 where it takes no time of its own."),
    )
    most = whole(_l("How many a visit may have"), 1, MOST, default=1)
    online = BooleanField(
        _l("Patients can add it when they book"),
        default=True,
        description=_l("Otherwise only the desk adds it."),
    )

    def draft(self, currency: str) -> AddonDraft:
        """The add-on that was typed. Raises Invalid."""
        language = current_language()
        price = parse_money(self.price.data, Currency(currency), language, field="price")
        return AddonDraft(
            texts(self, "names"),
            price.minor,
            self.extra_min.data,
            self.most.data,
            bool(self.online.data),
        )


@blueprint.get("/services/<uuid:service_id>/add-ons")
@guards.staff(MANAGE)
def service_addons(service_id: uuid.UUID) -> Response:
    """The add-ons of a service, and a new one."""
    return _page(service_id, AddonInput(formdata=None))


@blueprint.post("/services/<uuid:service_id>/add-ons")
@guards.staff(MANAGE)
def keep_addon(service_id: uuid.UUID) -> AnyResponse:
    """A new add-on."""
    form, stored = AddonInput(), _stored(service_id)
    if not form.validate():
        return _page(service_id, form, status=422)
    try:
        draft = form.draft(stored.currency)
        add_addon(context.session(), context.actor(), service_id, draft, now=context.now())
    except Invalid as error:
        form.take(error, {"names": "names_ro"})
        return _page(service_id, form, status=422)
    except Conflict as error:
        form.form_errors.append(sentence(error))
        return _page(service_id, form, status=409)
    return see_other(
        url_for("console.service_addons", service_id=service_id), gettext("The add-on is kept.")
    )


@blueprint.get("/service-addons/<uuid:addon_id>")
@guards.staff(MANAGE)
def service_addon(addon_id: uuid.UUID) -> Response:
    """One add-on, to be described anew."""
    found = one_addon(context.session(), context.org_id(), addon_id)
    form = AddonInput(
        formdata=None,
        data={
            "names_ro": found.names.get("ro", ""),
            "names_en": found.names.get("en", ""),
            "price": typed_price(found.price_minor, _stored(found.service_id).currency),
            "extra_min": found.extra_min,
            "most": found.most,
            "online": found.online,
        },
    )
    return _page(found.service_id, form, addon_id)


@blueprint.post("/service-addons/<uuid:addon_id>")
@guards.staff(MANAGE)
def save_addon(addon_id: uuid.UUID) -> AnyResponse:
    """Describe it anew; visits that have it keep what was agreed."""
    found, form = one_addon(context.session(), context.org_id(), addon_id), AddonInput()
    service_id = found.service_id
    if not form.validate():
        return _page(service_id, form, addon_id, 422)
    try:
        draft = form.draft(_stored(service_id).currency)
        change_addon(context.session(), context.actor(), addon_id, draft, now=context.now())
    except Invalid as error:
        form.take(error, {"names": "names_ro"})
        return _page(service_id, form, addon_id, 422)
    return see_other(
        url_for("console.service_addons", service_id=service_id), gettext("The add-on is kept.")
    )


@blueprint.post("/service-addons/<uuid:addon_id>/remove")
@guards.staff(MANAGE)
def drop_addon(addon_id: uuid.UUID) -> AnyResponse:
    """Offer it no more."""
    service_id = archive_addon(context.session(), context.actor(), addon_id, now=context.now())
    return see_other(
        url_for("console.service_addons", service_id=service_id),
        gettext("It is no longer offered. Visits that have it keep it."),
    )


def _stored(service_id: uuid.UUID) -> ServiceDraft:
    return stored_draft(context.session(), context.org_id(), service_id)


def _page(
    service_id: uuid.UUID,
    form: AddonInput,
    addon_id: uuid.UUID | None = None,
    status: int = 200,
) -> Response:
    stored = _stored(service_id)
    return page(
        "console/services/addons.html",
        status=status,
        form=form,
        service_id=service_id,
        addon_id=addon_id,
        title=localised(dict(stored.names)),
        currency=stored.currency,
        addons=addons_of(context.session(), context.org_id(), service_id),
    )
