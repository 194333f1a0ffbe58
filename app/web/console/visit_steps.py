"""The steps that the desk may take in the life of a visit: who may, what does it, its words, its key, the way back."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

from flask import request
from flask_babel import LazyString
from flask_babel import lazy_gettext as _l

from app.appointments import actions, permissions
from app.appointments.actions.calling import call, undo_call
from app.appointments.models import Appointment
from app.appointments.queries import VisitView
from app.appointments.states import BOOKED, MACHINE, NO_SHOW, OPEN
from app.kernel.access.actor import Actor
from app.kernel.access.permissions import Permission
from app.people import permissions as people
from app.web.console.asked import identifier, local
from app.web.console.desk_states import waits
from app.web.console.own import writes
from app.web.http import context

Act = Callable[[Actor, uuid.UUID], Appointment]


@dataclass(frozen=True)
class Verb:
    """A step in the life of a visit: who may take it, what does it, its words, and the step that takes it back."""

    name: str
    permission: Permission
    act: Act
    label: LazyString
    done: LazyString
    icon: str
    undo: str | None = None
    key: str | None = None


def _plain(action: Callable[..., Appointment]) -> Act:
    return lambda actor, visit_id: action(context.session(), actor, visit_id, now=context.now())


def _cancel(actor: Actor, visit_id: uuid.UUID) -> Appointment:
    reason = request.values.get("reason", "")
    return actions.cancel(
        context.session(),
        actor,
        visit_id,
        now=context.now(),
        reason=reason,
        by_patient=request.values.get("by") == "patient",
    )


def _restore(actor: Actor, visit_id: uuid.UUID) -> Appointment:
    return actions.restore(context.session(), context.redis(), actor, visit_id, now=context.now())


def _call(actor: Actor, visit_id: uuid.UUID) -> Appointment:
    room_id = identifier(request.values, "room")
    return call(context.session(), actor, visit_id, now=context.now(), room_id=room_id)


VERBS: tuple[Verb, ...] = (
    Verb(
        "call",
        permissions.CALL,
        _call,
        _l("Call"),
        _l("%(name)s is called to the room."),
        "speakerphone",
        "undo_call",
        key="c",
    ),
    Verb(
        "undo_call",
        permissions.CALL,
        _plain(undo_call),
        _l("Take the call back"),
        _l("The call of %(name)s is taken back."),
        "arrow-back-up",
    ),
    Verb(
        "check_in",
        permissions.RECEIVE,
        _plain(actions.check_in),
        _l("Check in"),
        _l("%(name)s has arrived."),
        "armchair",
        "undo_check_in",
        key="a",
    ),
    Verb(
        "start",
        permissions.TREAT,
        _plain(actions.start),
        _l("Start the visit"),
        _l("The visit of %(name)s has begun."),
        "player-play",
        key="s",
    ),
    Verb(
        "finish",
        permissions.TREAT,
        _plain(actions.finish),
        _l("Finish the visit"),
        _l("The visit of %(name)s is over."),
        "check",
        key="e",
    ),
    Verb(
        "confirm",
        permissions.BOOK,
        _plain(actions.confirm),
        _l("Confirm"),
        _l("The visit of %(name)s is confirmed."),
        "calendar-check",
        key="y",
    ),
    Verb(
        "undo_check_in",
        permissions.RECEIVE,
        _plain(actions.undo_check_in),
        _l("Take the arrival back"),
        _l("The arrival of %(name)s is taken back."),
        "arrow-back-up",
        "check_in",
    ),
    Verb(
        "miss",
        permissions.CANCEL,
        _plain(actions.miss),
        _l("Did not come"),
        _l("%(name)s did not come."),
        "user",
        "excuse",
    ),
    Verb(
        "excuse",
        permissions.CANCEL,
        _plain(actions.excuse),
        _l("Take the no-show back"),
        _l("The no-show of %(name)s is taken back."),
        "arrow-back-up",
    ),
    Verb(
        "cancel",
        permissions.CANCEL,
        _cancel,
        _l("Cancel the visit"),
        _l("The visit of %(name)s is cancelled and its time is free."),
        "calendar-x",
        "restore",
    ),
    Verb(
        "restore",
        permissions.CANCEL,
        _restore,
        _l("Restore the visit"),
        _l("The visit of %(name)s stands again."),
        "arrow-back-up",
    ),
    Verb(
        "onboard",
        people.MANAGE,
        _plain(actions.onboard),
        _l("Take on as a patient"),
        _l("%(name)s is a patient of the clinic now."),
        "user-check",
    ),
)
BY_NAME = {verb.name: verb for verb in VERBS}


def steps(visit: VisitView) -> list[Verb]:
    """The steps that the actor may take now, in the order in which a day brings them; cancelling has its own page."""
    actor = context.actor()
    possible = set(MACHINE.verbs(visit.state, (actor.kind,))) - {"cancel"}
    if visit.state in OPEN:
        possible.add("undo_check_in" if visit.checked_in_at else "check_in")
    if waits(visit):
        possible |= {"undo_call", "call"} if visit.called_at else {"call"}
    return [
        verb
        for verb in VERBS
        if verb.name in possible and writes(actor, verb.permission) and _fits(verb.name, visit)
    ]


def _fits(name: str, visit: VisitView) -> bool:
    """Steps that the state allows but that make no sense yet, or no more."""
    now = context.now()
    same_day = local(visit.starts_at).date() == local(now).date()
    if name in ("check_in", "start"):
        return same_day
    if name == "miss":
        return now >= visit.starts_at
    if name == "onboard":
        return visit.state == BOOKED and visit.patient_onboarded_at is None
    return not (name == "confirm" and visit.checked_in_at)


def is_next(name: str, visit: VisitView) -> bool:
    """The step that comes next at the desk: arrive, start, finish; a cancelled or missed visit comes back."""
    if visit.state in OPEN:
        return name == ("start" if visit.checked_in_at else "check_in")
    return name in ("finish", "restore") or (name == "excuse" and visit.state == NO_SHOW)
