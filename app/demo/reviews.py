"""Reviews of visits: the clinic asks, most people are content, one of them was not and waits for an answer (APT-02)."""

from __future__ import annotations

import datetime as dt
import uuid

from sqlalchemy import select

from app.appointments.models import Appointment
from app.appointments.reviews.actions import give, handle, set_rule
from app.appointments.reviews.rules import Rule
from app.demo.world import World
from app.kernel.access.actor import GUEST, Actor

SAID = (
    (5, "Explicații clare, am plecat cu un program pe care îl înțeleg."),
    (5, ""),
    (4, "Foarte bine, doar că am așteptat zece minute."),
    (5, "După patru ședințe urc scările fără durere. Mulțumesc!"),
    (5, ""),
    (3, "Exercițiile mi se par grele pentru prima săptămână."),
    (4, ""),
    (5, "Atent și răbdător, a corectat fiecare mișcare."),
    (2, "Am așteptat o jumătate de oră și nimeni nu mi-a spus de ce."),
    (5, "Recomand."),
)
NOTE = "Am sunat: întârzierea a fost a noastră, i-am oferit ora dinaintea programului."
UNHAPPY = (2, "Ședința s-a terminat mai devreme și nu am apucat să întreb de exercițiile de acasă.")


def reviews(world: World) -> None:
    """What people said of the last weeks' visits; the newest word is a low one, which the worker tells the staff."""
    set_rule(world.session, world.desk, Rule(asks=True), now=world.now)
    visits = _last_of_each_patient(world, len(SAID) + 1)
    for visit, (rating, comment) in zip(visits[1:], SAID, strict=False):
        said_at = min(visit.ends_at + dt.timedelta(hours=4), world.now - dt.timedelta(hours=1))
        review_id = give(world.session, _patient(world), visit.id, rating, comment, now=said_at)
        if rating <= 2:
            handle(world.session, world.desk, review_id, NOTE, now=said_at)
    if visits:
        moments_ago = world.now - dt.timedelta(minutes=4)
        give(world.session, _patient(world), visits[0].id, *UNHAPPY, now=moments_ago)


def _patient(world: World) -> Actor:
    return Actor(kind=GUEST, org_id=world.org_id)


def _last_of_each_patient(world: World, count: int) -> list[Appointment]:
    """Visits that are done, the newest first, one of each patient."""
    rows = world.session.scalars(
        select(Appointment)
        .where(Appointment.org_id == world.org_id, Appointment.state == "done")
        .order_by(Appointment.starts_at.desc(), Appointment.id)
    )
    found: dict[uuid.UUID, Appointment] = {}
    for visit in rows:
        found.setdefault(visit.patient_id, visit)
        if len(found) == count:
            break
    return list(found.values())
