"""Screens in waiting rooms: opened, changed, looked at, given a new address, ended (APT-04)."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, request, url_for
from flask_babel import gettext, lazy_pgettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response as AnyResponse
from wtforms import BooleanField, SelectField

from app.appointments.actions.screens import (
    ScreenDraft,
    change_screen,
    end_screen,
    open_screen,
    renew_screen,
)
from app.appointments.models import WallScreen
from app.appointments.queries.board import screen_or_404
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
from app.web.http.wall_screen import wall_page


class ScreenInput(Input):
    """What a screen shows."""

    name = line(_l("Name"), max_length=80, render_kw={"autocomplete": "off"})
    location = SelectField(_l("Whose patients"))
    shows = SelectField(_l("Patients appear as"))
    languages = SelectField(_l("Language"))
    dark = BooleanField(lazy_pgettext("screen", "Dark background"), default=True)

    def offer(self) -> None:
        """Fill in what can be chosen."""
        places = [(str(one.id), one.name) for one in locations()]
        self.location.choices = choices([("", gettext("All locations")), *places])
        self.shows.choices = choices(
            [("initials", gettext("Initials")), ("code", gettext("The end of their reference"))]
        )
        self.languages.choices = choices(
            [("ro", "Română"), ("en", "English"), ("both", gettext("Both, in turn"))]
        )

    def draft(self) -> ScreenDraft:
        """What was chosen."""
        return ScreenDraft(
            self.name.data or "",
            self.languages.data,
            uuid.UUID(self.location.data) if self.location.data else None,
            bool(self.dark.data),
            self.shows.data,
        )


@blueprint.get("/screens")
@guards.staff(MANAGE)
def screens() -> Response:
    """The screens there are, and a new one."""
    return _list(_fresh())


@blueprint.post("/screens")
@guards.staff(MANAGE)
def open_new_screen() -> Response:
    """A new screen; its address is shown this once."""
    form = ScreenInput()
    form.offer()
    if not form.validate():
        return _list(form, status=422)
    try:
        token = open_screen(context.session(), context.actor(), form.draft(), now=context.now())
    except Invalid as error:
        form.take(error)
        return _list(form, status=422)
    return _list(_fresh(), address=_address(token), name=form.name.data or "")


@blueprint.get("/screens/<uuid:screen_id>")
@guards.staff(MANAGE)
def screen(screen_id: uuid.UUID) -> Response:
    """One screen: what it shows, how it looks now."""
    found = _found(screen_id)
    form = ScreenInput(
        name=found.name,
        location=str(found.location_id or ""),
        shows=found.shows,
        languages=found.languages,
        dark=found.dark,
    )
    form.offer()
    return _one(found, form)


@blueprint.post("/screens/<uuid:screen_id>")
@guards.staff(MANAGE)
def change_one_screen(screen_id: uuid.UUID) -> AnyResponse:
    """Show something else under the same address."""
    found, form = _found(screen_id), ScreenInput()
    form.offer()
    if not form.validate():
        return _one(found, form, status=422)
    try:
        change_screen(
            context.session(), context.actor(), screen_id, form.draft(), now=context.now()
        )
    except Invalid as error:
        form.take(error)
        return _one(found, form, status=422)
    return see_other(
        url_for("console.screen", screen_id=screen_id), gettext("The screen shows that now.")
    )


@blueprint.get("/screens/<uuid:screen_id>/preview")
@guards.staff(MANAGE)
def preview_screen(screen_id: uuid.UUID) -> Response:
    """What the screen shows at this moment, renewed as it changes."""
    return wall_page(
        _found(screen_id),
        board_url=url_for("console.preview_screen", screen_id=screen_id),
        live_url=url_for("console.live"),
    )


@blueprint.post("/screens/<uuid:screen_id>/renew")
@guards.staff(MANAGE)
def renew_one_screen(screen_id: uuid.UUID) -> Response:
    """A new address, shown this once; the one before shows nothing any more."""
    found = _found(screen_id)
    token = renew_screen(context.session(), context.actor(), screen_id, now=context.now())
    return _list(_fresh(), address=_address(token), name=found.name)


@blueprint.post("/screens/<uuid:screen_id>/end")
@guards.staff(MANAGE)
def end_one_screen(screen_id: uuid.UUID) -> AnyResponse:
    """The address stops working at once."""
    end_screen(context.session(), context.actor(), screen_id, now=context.now())
    return see_other(url_for("console.screens"), gettext("The screen shows nothing any more."))


def _found(screen_id: uuid.UUID) -> WallScreen:
    return screen_or_404(context.session(), context.org_id(), screen_id)


def _fresh() -> ScreenInput:
    form = ScreenInput(formdata=None, languages=context.clinic().locale)
    form.offer()
    return form


def _address(token: str) -> str:
    return context.settings().base_url + url_for("booking.wall_screen", token=token)


def _list(form: ScreenInput, *, status: int = 200, **made: Any) -> Response:
    words = (
        gettext("Name"),
        gettext("Location"),
        gettext("Language"),
        gettext("Last seen"),
        "",
    )
    response = page(
        "console/screens/list.html",
        status=status,
        form=form,
        rows=open_screens(context.session(), context.org_id()),
        heads=heads([(None, one) for one in words], PageRequest(), {}),
        failed=status == 422,
        **{"address": None, "name": "", **made},
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _one(found: WallScreen, form: ScreenInput, *, status: int = 200) -> Response:
    return page(
        "console/screens/screen.html",
        status=status,
        screen=found,
        form=form,
        failed=request.method == "POST",
    )
