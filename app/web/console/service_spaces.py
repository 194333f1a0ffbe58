"""Which rooms and devices a service needs beside its specialist (SCH-07)."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from flask import request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import BooleanField, SelectMultipleField

from app.catalog.actions import stored_draft
from app.catalog.permissions import MANAGE
from app.lib.errors import Conflict, Invalid
from app.scheduling.actions import mark_of_needs, set_needs
from app.scheduling.queries.spaces import DEVICE, ROOM, Needs, SpaceLine, all_spaces, needs_of
from app.web.console import blueprint
from app.web.console.fields import MarkedInput, identifiers
from app.web.http import context, guards
from app.web.http.locale import localised
from app.web.http.render import page, see_other


class SpacesInput(MarkedInput):
    """Whether a room is needed, which ones will do, and the devices of which one is needed."""

    room = BooleanField(
        _l("A visit needs a room"),
        description=_l("It is offered only when one is free, and gets one when it is booked."),
    )
    rooms = SelectMultipleField(_l("Rooms that will do"))
    devices = SelectMultipleField(_l("Devices"))

    def prepare(self, found: Sequence[SpaceLine], chosen: frozenset[uuid.UUID]) -> None:
        """Offer what is in use, and what is chosen though it is no longer."""
        by_kind: dict[str, list[tuple[str, str]]] = {ROOM: [], DEVICE: []}
        several = len({one.location for one in found}) > 1
        for one in found:
            if one.archived_at is None or one.id in chosen:
                by_kind[one.kind].append((str(one.id), _words(one, several)))
        self.rooms.choices, self.devices.choices = by_kind[ROOM], by_kind[DEVICE]

    def needs(self) -> Needs:
        """What was ticked; rooms count only where one is needed."""
        rooms = identifiers(self.rooms) if self.room.data else []
        devices = identifiers(self.devices)
        return Needs(bool(self.room.data), bool(devices), frozenset([*rooms, *devices]))


@blueprint.route("/services/<uuid:service_id>/spaces", methods=["GET", "POST"])
@guards.staff(MANAGE)
def service_spaces(service_id: uuid.UUID) -> Response:
    """The rooms and devices of one service."""
    session, org_id = context.session(), context.org_id()
    stored = stored_draft(session, org_id, service_id)
    needs = needs_of(session, org_id, service_id)
    chosen = [str(one) for one in needs.space_ids]
    form = SpacesInput(
        data={"room": needs.room, "rooms": chosen, "devices": chosen, "seen": mark_of_needs(needs)}
    )
    form.prepare(all_spaces(session, org_id), needs.space_ids)
    status = 200
    if request.method == "POST":
        status = _save(service_id, form) if form.validate() else 422
        if status == 303:
            return see_other(url_for("console.service", service_id=service_id), gettext("Saved."))
    return page(
        "console/services/spaces.html",
        status=status,
        form=form,
        service_id=service_id,
        title=localised(dict(stored.names)),
    )


def space_words(needs: Needs, found: Iterable[SpaceLine]) -> list[str]:
    """What a service needs, a line each, for its page."""
    chosen = [one for one in found if one.id in needs.space_ids]
    lines = []
    if needs.room:
        rooms = _names(chosen, ROOM) or gettext("any where the specialist works")
        lines.append(gettext("A room: %(rooms)s", rooms=rooms))
    if needs.device:
        lines.append(gettext("A device: %(devices)s", devices=_names(chosen, DEVICE)))
    return lines


def _names(chosen: Iterable[SpaceLine], kind: str) -> str:
    return ", ".join(sorted(one.name for one in chosen if one.kind == kind))


def _words(one: SpaceLine, several: bool) -> str:
    name = f"{one.name} · {one.location}" if several else one.name
    return name if one.archived_at is None else gettext("%(name)s (out of use)", name=name)


def _save(service_id: uuid.UUID, form: SpacesInput) -> int:
    session, actor = context.session(), context.actor()
    try:
        set_needs(
            session, actor, service_id, form.needs(), seen=form.seen.data or "", now=context.now()
        )
    except Invalid as error:
        form.take(error, {"spaces": "rooms"})
        return 422
    except Conflict:
        form.overtaken(mark_of_needs(needs_of(session, actor.clinic, service_id)))
        return 409
    return 303
