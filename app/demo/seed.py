"""Seeding the demo: operator, clinics, their lives, the patient whose portal a newcomer opens."""

from __future__ import annotations

import datetime as dt
import random
import uuid
from dataclasses import replace
from zoneinfo import ZoneInfo

from redis import Redis
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.appointments import actions as visits
from app.appointments.actions.booking import Wish
from app.demo.cast import CHILD, CLINICS, MARIA, PASSWORD, ClinicPart
from app.demo.checkouts import checkouts
from app.demo.exercise import exercise
from app.demo.groups import gather, squeeze_in
from app.demo.history import Busyness, live, treat
from app.demo.papers import ask_before, template_id
from app.demo.reviews import reviews
from app.demo.waiting_room import waiting_room
from app.demo.world import (
    TIME_ZONE,
    World,
    desk_actor,
    furnish,
    open_clinic,
    operator_actor,
)
from app.forms import actions as forms
from app.forms.models import FormInstance
from app.forms.rules.seal import shown, shown_digest
from app.kernel.access.actor import PATIENT, Actor
from app.kernel.capabilities import Capability
from app.kernel.capabilities import actions as capabilities
from app.kernel.identity.humans import create_human
from app.kernel.outbox.publish import settle_past
from app.kernel.storage.clinic import ClinicStorage
from app.kernel.storage.port import BlobStore
from app.kernel.tenancy.scope import NOBODY, Scope, enter
from app.people.actions import Contact, add_caregiver, add_guest, add_patient, give_login
from app.scheduling.queries import Asker
from app.scheduling.queries.slots import next_free
from config import Settings

OPENED_DAYS_AGO = 120
# Who treats the patient whose portal a newcomer opens: the specialist whose login is printed.
SPECIALIST = "stefan-marinescu"
PATIENTS = {"movimento": 48, "kineto-luca": 14}
BUSYNESS = {"movimento": Busyness(2, 18, 5), "kineto-luca": Busyness(1, 5, 2)}
BASIS = "Date demonstrative: niciun pacient nu este tratat cu acest sistem."
ANSWERS = {
    "data_processing": {"read": "yes"},
    "treatment_consent": {"implant": "no", "pregnancy": "no", "conditions": ""},
    "telerehab_consent": {"safe_place": "yes"},
}


def is_seeded(session: Session) -> bool:
    """Whether the first demo clinic exists."""
    query = select(func.clinic_by_slug(CLINICS[0].slug))
    return session.execute(query).scalar_one() is not None


def seed(
    session: Session, redis: Redis, blobs: BlobStore, settings: Settings, now: dt.datetime
) -> None:
    """Make the demo, in the caller's transaction. The same for the same day."""
    enter(session, NOBODY)
    now = now.replace(second=0, microsecond=0)
    opened_at = now - dt.timedelta(days=OPENED_DAYS_AGO)
    operator = operator_actor()
    for capability in (Capability.TELEREHAB, Capability.CAMERA_MEASUREMENT):
        capabilities.clear(session, operator, capability, basis=BASIS, now=opened_at)
    for part in CLINICS:
        world = _world(session, redis, blobs, part, operator, now, opened_at)
        live(world, PATIENTS[part.slug], BUSYNESS[part.slug])
        ask_before(world)
        waiting_room(world)
        if part.slug == CLINICS[0].slug:
            _maria(world, settings)
            gather(world)
            squeeze_in(world)
            checkouts(world)
            reviews(world)
        settle_past(session, world.org_id, now - dt.timedelta(minutes=10))
    enter(session, NOBODY)


def _world(
    session: Session,
    redis: Redis,
    blobs: BlobStore,
    part: ClinicPart,
    operator: Actor,
    now: dt.datetime,
    opened_at: dt.datetime,
) -> World:
    org_id, owner_id, role_ids = open_clinic(session, operator, part, opened_at)
    enter(session, Scope(org_id=org_id))
    world = World(
        session,
        redis,
        ClinicStorage(blobs, org_id),
        part,
        org_id,
        today=now.astimezone(ZoneInfo(TIME_ZONE)).date(),
        now=opened_at,
        dice=random.Random(f"restartix-{part.slug}"),
        desk=replace(desk_actor(org_id), human_id=owner_id),
    )
    furnish(world, owner_id, role_ids)
    world.now = now
    return world


def _maria(world: World, settings: Settings) -> None:
    """A patient with a login, a child in her care, signed forms, a visit tomorrow and exercises."""
    name, email, phone = MARIA
    since = world.now - dt.timedelta(days=40)
    human_id = create_human(
        world.session, email=email, name=name, now=since, phone=phone, password=PASSWORD
    )
    contact = Contact(name, email, phone, "ro", TIME_ZONE)
    maria = add_patient(world.session, world.desk, contact, since)
    give_login(world.session, world.desk, maria, human_id, since)
    tudor = add_patient(
        world.session, world.desk, Contact(CHILD, None, None, "ro", TIME_ZONE), since
    )
    add_caregiver(world.session, world.desk, tudor, human_id, "parent", since)
    patient = Actor(kind=PATIENT, org_id=world.org_id, human_id=human_id)
    for code in ANSWERS:
        _signed_form(world, patient, maria, code, since)
    _open_form(world, tudor, "treatment_consent", world.now - dt.timedelta(minutes=25))
    for days_ago in (33, 20, 6):
        treat(world, "kinetoterapie", SPECIALIST, maria, days_ago)
    exercise(world, settings, patient, maria)
    # Somebody typed her in a second time, as it happens: the duplicates page has something to show.
    again = Contact("Ionescu Maria", None, phone, "ro", TIME_ZONE)
    add_guest(world.session, world.desk, again, world.now - dt.timedelta(days=3))
    for slug, patient_id in (("kinetoterapie", maria), ("evaluare", tudor)):
        _next_visit(world, slug, patient_id)


def _open_form(world: World, patient_id: uuid.UUID, code: str, at: dt.datetime) -> FormInstance:
    return forms.open_form(
        world.session,
        world.desk,
        patient_id=patient_id,
        template_id=template_id(world, code),
        now=at,
    )


def _signed_form(
    world: World, patient: Actor, patient_id: uuid.UUID, code: str, at: dt.datetime
) -> None:
    form = _open_form(world, patient_id, code, at)
    forms.save(
        world.session, patient, form, given=ANSWERS[code], locale="ro", complete=True, now=at
    )
    seen = shown_digest(shown(form.snapshot, form.answers, "ro"))
    forms.sign(
        world.session,
        patient,
        form=form,
        signature=forms.TypedSignature(MARIA[0], "self"),
        seen_sha256=seen,
        blobs=world.blobs,
        now=at + dt.timedelta(minutes=4),
    )


def _next_visit(world: World, slug: str, patient_id: uuid.UUID) -> None:
    calendar = world.calendars[slug]
    tomorrow = world.now + dt.timedelta(days=1)
    slots = next_free(
        world.session,
        world.redis,
        world.org_id,
        calendar,
        Asker(world.now),
        since=tomorrow,
        count=4,
        specialist_id=world.specialists[SPECIALIST],
    )
    wish = Wish(slots[-1].starts_at, world.specialists[SPECIALIST], "phone", TIME_ZONE)
    visits.book(
        world.session,
        world.redis,
        world.desk,
        calendar,
        wish,
        patient_id,
        now=world.now - dt.timedelta(days=3),
    )
