"""Screens in waiting rooms: opened, shown once, ended (APT-04)."""

from __future__ import annotations

import uuid

from flask import Response, request, url_for
from flask_babel import gettext, lazy_pgettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, SelectField

from app.appointments.actions.screens import ScreenDraft, end_screen, open_screen
from app.appointments.queries.board import screens as open_screens
from app.lib.errors import Invalid
from app.lib.paging import PageRequest
from app.scheduling.permissions import MANAGE
from app.web.console import blueprint
from app.web.console.place import locations
from app.web.http import context, guards
from app.web.http.inputs import Input, choices, line
from app.web.http.lists import heads
from app.web.http.render import page, see_other


class ScreenInput(Input):
    """What a screen shows."""

    name = line(_l("Name"), max_length=80, render_kw={"autocomplete": "off"})
    location = SelectField(_l("Whose patients"))
    languages = SelectField(_l("Language"))
    dark = BooleanField(lazy_pgettext("screen", "Dark background"), default=True)

    def offer(self) -> None:
        """Fill in what can be chosen."""
        places = [(str(one.id), one.name) for one in locations()]
        self.location.choices = choices([("", gettext("All locations")), *places])
        self.languages.choices = choices(
            [("ro", "Română"), ("en", "English"), ("both", gettext("Both"))]
        )


@blueprint.get("/screens")
@guards.staff(MANAGE)
def screens() -> Response:
    """The screens there are, and a new one."""
    form = ScreenInput(languages=context.clinic().locale)
    form.offer()
    return _page(form)


@blueprint.post("/screens")
@guards.staff(MANAGE)
def open_new_screen() -> Response:
    """A new screen; its address is shown this once."""
    form = ScreenInput()
    form.offer()
    if not form.validate():
        return _page(form, status=422)
    place = uuid.UUID(form.location.data) if form.location.data else None
    draft = ScreenDraft(form.name.data or "", form.languages.data, place, bool(form.dark.data))
    try:
        token = open_screen(context.session(), context.actor(), draft, now=context.now())
    except Invalid as error:
        form.take(error)
        return _page(form, status=422)
    address = context.settings().base_url + url_for("booking.wall_screen", token=token)
    fresh = ScreenInput(formdata=None, languages=context.clinic().locale)
    fresh.offer()
    return _page(fresh, address=address, name=draft.name)


@blueprint.post("/screens/<uuid:screen_id>/end")
@guards.staff(MANAGE)
def end_one_screen(screen_id: uuid.UUID) -> AnyResponse:
    """The address stops working at once."""
    end_screen(context.session(), context.actor(), screen_id, now=context.now())
    return see_other(url_for("console.screens"), gettext("The screen shows nothing any more."))


def _page(
    form: ScreenInput, *, status: int = 200, address: str | None = None, name: str = ""
) -> Response:
    words = (
        gettext("Name"),
        gettext("Location"),
        gettext("Language"),
        gettext("Last opened"),
        "",
    )
    response = page(
        "console/screens.html",
        status=status,
        form=form,
        rows=open_screens(context.session(), context.org_id()),
        heads=heads([(None, one) for one in words], PageRequest(), {}),
        address=address,
        name=name,
        failed=request.method == "POST" and address is None,
    )
    response.headers["Cache-Control"] = "no-store"
    return response
