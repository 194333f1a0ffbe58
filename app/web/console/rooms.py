"""Locations of the clinic with their rooms and devices (SCH-07)."""

from __future__ import annotations

import uuid
from dataclasses import asdict

from flask import flash, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import SelectField

from app.kernel.tenancy import locations as actions
from app.kernel.tenancy.locations import LocationCard
from app.lib.errors import Conflict, Invalid, NotFound
from app.people.specialists.zones import zone_names
from app.scheduling.actions import add_room, archive_room, change_room, restore_room
from app.scheduling.permissions import MANAGE
from app.scheduling.queries.listing import Place, RoomLine, places
from app.web.console import blueprint
from app.web.console.fields import LandLineMixin, MarkedInput
from app.web.http import context, guards
from app.web.http.copy import sentence
from app.web.http.inputs import Input, line
from app.web.http.render import page, see_other
from app.web.http.templating import phone


class LocationInput(LandLineMixin, MarkedInput):
    """A place where the clinic works."""

    name = line(_l("Name"), max_length=80)
    address = line(_l("Street and number"), required=False)
    city = line(_l("City"), max_length=80, required=False)
    phone = line(_l("Phone"), max_length=40, required=False)
    time_zone = SelectField(_l("Time zone"))

    def prepare(self) -> None:
        """Offer the zones."""
        self.time_zone.choices = [(name, name.replace("_", " ")) for name in zone_names()]

    def card(self) -> LocationCard:
        """The place that was typed; its phone may be a land line. Raises Invalid."""
        return LocationCard(
            self.name.data,
            self.address.data or "",
            self.city.data or "",
            self.number(),
            self.time_zone.data,
        )


class RoomInput(Input):
    """A room or device."""

    name = line(_l("Name"), max_length=80)
    kind = SelectField(_l("Kind"))

    def prepare(self) -> None:
        """Offer the kinds."""
        self.kind.choices = [("room", gettext("Room")), ("device", gettext("Device"))]


@blueprint.get("/rooms")
@guards.staff(MANAGE)
def rooms() -> Response:
    """All locations with their rooms."""
    return page("console/rooms/list.html", places=places(context.session(), context.org_id()))


@blueprint.route("/rooms/locations/new", methods=["GET", "POST"])
@guards.staff(MANAGE)
def new_location() -> Response:
    """A new location."""
    form = LocationInput(data={"time_zone": context.clinic().time_zone})
    form.prepare()
    if request.method == "POST" and form.validate():
        try:
            actions.add_location(context.session(), context.actor(), form.card(), now=context.now())
        except Invalid as error:
            form.take(error)
        else:
            return see_other(url_for("console.rooms"), gettext("Saved."))
    status = 422 if request.method == "POST" else 200
    return page("console/rooms/location.html", status=status, form=form, place=None)


@blueprint.route("/rooms/locations/<uuid:location_id>", methods=["GET", "POST"])
@guards.staff(MANAGE)
def location(location_id: uuid.UUID) -> Response:
    """One location."""
    stored = actions.stored_card(context.session(), context.org_id(), location_id)
    values = {**asdict(stored), "phone": phone(stored.phone), "seen": stored.mark}
    form = LocationInput(data=values)
    form.prepare()
    status = 200
    if request.method == "POST":
        status = _change_location(location_id, form) if form.validate() else 422
        if status == 303:
            return see_other(url_for("console.rooms"), gettext("Saved."))
    return page("console/rooms/location.html", status=status, form=form, place=_place(location_id))


@blueprint.post("/rooms/locations/<uuid:location_id>/close")
@guards.staff(MANAGE)
def close_location(location_id: uuid.UUID) -> Response:
    """Close a location where nobody works any more."""
    place = _place(location_id)
    try:
        actions.close_location(
            context.session(),
            context.actor(),
            location_id,
            in_use=place.specialists > 0,
            now=context.now(),
        )
    except Conflict as error:
        return _refused(error)
    return see_other(url_for("console.rooms"), gettext("The location is closed."))


@blueprint.post("/rooms/locations/<uuid:location_id>/reopen")
@guards.staff(MANAGE)
def reopen_location(location_id: uuid.UUID) -> Response:
    """Open a closed location again."""
    actions.reopen_location(context.session(), context.actor(), location_id, now=context.now())
    return see_other(url_for("console.rooms"), gettext("The location is open again."))


@blueprint.route("/rooms/locations/<uuid:location_id>/rooms/new", methods=["GET", "POST"])
@guards.staff(MANAGE)
def new_room(location_id: uuid.UUID) -> Response:
    """A new room or device of a location."""
    place, form = _place(location_id), RoomInput()
    form.prepare()
    if request.method == "POST" and form.validate():
        try:
            add_room(
                context.session(),
                context.actor(),
                location_id,
                form.name.data,
                kind=form.kind.data,
                now=context.now(),
            )
        except Invalid as error:
            form.take(error)
        else:
            return see_other(url_for("console.rooms"), gettext("Saved."))
    status = 422 if request.method == "POST" else 200
    return page("console/rooms/room.html", status=status, form=form, place=place, room=None)


@blueprint.route("/rooms/<uuid:room_id>", methods=["GET", "POST"])
@guards.staff(MANAGE)
def room(room_id: uuid.UUID) -> Response:
    """One room or device."""
    place, found = _room(room_id)
    form = RoomInput(data={"name": found.name, "kind": found.kind})
    form.prepare()
    if request.method == "POST" and form.validate():
        try:
            change_room(
                context.session(),
                context.actor(),
                room_id,
                form.name.data,
                form.kind.data,
                now=context.now(),
            )
        except Invalid as error:
            form.take(error)
        else:
            return see_other(url_for("console.rooms"), gettext("Saved."))
    status = 422 if request.method == "POST" else 200
    return page("console/rooms/room.html", status=status, form=form, place=place, room=found)


@blueprint.post("/rooms/<uuid:room_id>/archive")
@guards.staff(MANAGE)
def archive_room_view(room_id: uuid.UUID) -> Response:
    """Take a room out of use; not while visits have it."""
    try:
        archive_room(context.session(), context.actor(), room_id, now=context.now())
    except Conflict as error:
        return _refused(error)
    return see_other(url_for("console.rooms"), gettext("Taken out of use."))


@blueprint.post("/rooms/<uuid:room_id>/restore")
@guards.staff(MANAGE)
def restore_room_view(room_id: uuid.UUID) -> Response:
    """Take a room into use again; not while another has its name."""
    try:
        restore_room(context.session(), context.actor(), room_id, now=context.now())
    except Conflict as error:
        return _refused(error)
    return see_other(url_for("console.rooms"), gettext("In use again."))


def _refused(error: Conflict) -> Response:
    """The list again, with the reason; nothing was changed."""
    flash(sentence(error), "bad")
    found = places(context.session(), context.org_id())
    return page("console/rooms/list.html", status=409, places=found)


def _change_location(location_id: uuid.UUID, form: LocationInput) -> int:
    session, actor = context.session(), context.actor()
    try:
        actions.change_location(
            session,
            actor,
            location_id,
            form.card(),
            seen=form.seen.data or "",
            now=context.now(),
        )
    except Invalid as error:
        form.take(error)
        return 422
    except Conflict:
        form.overtaken(actions.stored_card(session, actor.clinic, location_id).mark)
        return 409
    return 303


def _place(location_id: uuid.UUID) -> Place:
    for one in places(context.session(), context.org_id()):
        if one.id == location_id:
            return one
    raise NotFound("location_not_found")


def _room(room_id: uuid.UUID) -> tuple[Place, RoomLine]:
    for place in places(context.session(), context.org_id()):
        for found in place.rooms:
            if found.id == room_id:
                return place, found
    raise NotFound("room_not_found")
