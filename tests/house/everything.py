"""One of everything in clinic A, by the product's own actions, and a row of every table in clinic B: what routes are
tried with.

`Everything.ours` and `.theirs` give a value for each argument that an address may have, by the argument's name. A route
with a new argument name fails until its value is named here.
"""

from __future__ import annotations

import base64
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import insert, select
from sqlalchemy.orm import Session
from werkzeug.routing import Rule

from app.forms import actions as forms
from app.kernel.access.actor import PATIENT, SERVICE, Actor
from app.kernel.identity.models import Human
from app.kernel.opaque_ids import OpaqueIds
from app.kernel.tenancy.scope import Scope, enter, scoped
from app.lib.ids import uuid7
from app.tables import metadata
from app.telerehab import actions as telerehab
from app.telerehab import queries as exercises
from app.telerehab.tokens import TelemetryKeys
from app.web.http.visit_links import visit_token
from tests.factories.cast import Cast
from tests.factories.desk import book_for
from tests.factories.forms import NOTICE, Desk
from tests.factories.pose import SQUAT, figures_of, make_ready, result_of
from tests.factories.rows import EARLIER, LATER, RowMaker
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.schema import clinic_tables

KEYS = TelemetryKeys("test-" + "t" * 40, "test-" + "u" * 40)
# Arguments that name a row, by table: a table's own name in the singular, and further words for a row.
ROWS = {f"{table.name.removesuffix('s')}_id": table.name for table in clinic_tables()} | {
    "addon_id": "service_addons",
    "archive_id": "audit_archives",
    "charge_id": "visit_charges",
    "block_id": "occupancies",
    "class_id": "class_sessions",
    "document_id": "service_documents",
    "licence_id": "specialist_licences",
    "screen_id": "wall_screens",
    "entry_id": "waiting_entries",
    "offer_id": "waiting_offers",
    "delivery_id": "deliveries",
    "elevated_id": "elevated_accesses",
    "event_id": "outbox_events",
    "file_id": "visit_files",
    "form_id": "form_instances",
    "member_id": "memberships",
    "merge_id": "patient_merges",
    "other_id": "patients",
    "review_id": "visit_reviews",
    "import_id": "patient_imports",
    "message_id": "sandbox_messages",
    "opening_id": "kiosk_openings",
    "origin_id": "embed_origins",
    "override_id": "date_overrides",
    "session_id": "pose_sessions",
    "template_id": "form_templates",
    "visit_id": "appointments",
}
# Arguments that are words of an address.
WORDS = {
    "accent": "0f766e",
    "booking_token": "nonsense",
    "frame": "nonsense",
    "hold_token": "nonsense",
    "code": "en",
    "date": "2027-03-03",
    "login_id": str(uuid.UUID(int=7)),
    "name": "console",
    "number": "1",
    "purpose": "biometric_capture",
    "flag_code": "provider_self_service",
    "slug": "squat",
    "state": "on",
    "ticket": "nonsense",
    "token": "nonsense",
    "verb": "grant",
}
# Where one address means something else by the same word.
WORDS_OF = {
    ("console.audit", "code"): "sign-ins",
    ("console.audit_csv", "code"): "sign-ins",
    ("platform.clearance", "code"): "telerehab",
    ("platform.set_capability", "code"): "telerehab",
    ("platform.pause_capability", "code"): "telerehab",
}
# Addresses that name a row by an opaque identifier: purpose and row.
OPAQUE = {
    "booking.waiting_entry": ("waiting.entry", "entry_id"),
    "booking.leave_list": ("waiting.entry", "entry_id"),
    "booking.back_on_list": ("waiting.entry", "entry_id"),
    "booking.offer": ("waiting.offer", "offer_id"),
    "booking.accept_offer": ("waiting.offer", "offer_id"),
    "booking.decline_offer": ("waiting.offer", "offer_id"),
}
ATTACHMENTS = [
    {"filename": name, "mime": mime, "bytes": 15, "content": base64.b64encode(content).decode()}
    for name, mime, content in (
        ("", "text/html", b"<!doctype html><title>Mail</title>"),
        ("visit.ics", "text/calendar", b"BEGIN:VCALENDAR"),
    )
]
SIGNED_FORMS = ("console.signature_image", "portal.form_signature")


@dataclass
class Everything:
    """Two clinics full of things, and their addresses."""

    session: Session
    cast: Cast
    ours: dict[str, str]
    theirs: dict[str, str]
    signed_form_id: str
    our_visit: str
    their_visit: str
    kiosk_token: str
    secret: str

    def address(self, app: Flask, rule: Rule, values: dict[str, str] | None = None) -> str:
        """The rule's address with our clinic in it and our values, or with `values` of somebody else."""
        given: dict[str, Any] = {}
        for name in rule.arguments:
            given[name] = (
                self.cast.clinic.slug if name == "clinic" else self._value(rule, name, values)
            )
        with app.test_request_context():
            return app.url_map.bind("").build(rule.endpoint, given)

    def _value(self, rule: Rule, name: str, values: dict[str, str] | None) -> str:
        whose = values or self.ours
        if name == "token" and rule.endpoint in OPAQUE:
            purpose, row = OPAQUE[rule.endpoint]
            return OpaqueIds(self.secret, purpose).write(uuid.UUID(whose[row]))
        if name == "token" and rule.endpoint.startswith("booking."):
            return self.their_visit if values is self.theirs else self.our_visit
        if rule.endpoint == "kiosk.ready":
            return self.kiosk_token
        if name == "form_id" and rule.endpoint in SIGNED_FORMS and values is None:
            return self.signed_form_id
        known = WORDS_OF.get((rule.endpoint, name)) or whose.get(name) or WORDS.get(name)
        assert known, (
            f"{rule.endpoint} has the argument {name}: say in {__name__} what to try it with"
        )
        return known


@pytest.fixture
def everything(
    app: Flask,
    session: Session,
    redis: Redis,
    cast: Cast,
    scene: Scene,
    desk: Desk,
) -> Everything:
    visit = book_for(session, redis, scene, cast, note="Durere lombară")
    enter(session, Scope(org_id=cast.clinic.id))
    form = desk.open()
    handed = forms.open_on_kiosk(session, desk.ramona, form_id=form.id, now=NOW)
    signed = desk.sign(desk.open(NOTICE))
    _measured(session, cast)
    ours = RowMaker(session, cast.clinic.id, cast.oana.human_id)
    told = {"subject_type": "appointment", "subject_id": visit.id, "context": {}}
    ours.add(metadata.tables["deliveries"], template="booking_confirmed", locale="ro", **told)
    ours.add(metadata.tables["sandbox_messages"], attachments=ATTACHMENTS)
    ours.add(metadata.tables["audit_archives"], key=f"{cast.clinic.id}/audit/a.gz")
    ours.add(metadata.tables["elevated_accesses"], human_id=cast.oana.human_id, closed_at=LATER)
    _complete(ours)
    theirs = RowMaker(session, cast.other_clinic.id, _human(session))
    for table in clinic_tables():
        theirs.row(table)
    session.commit()
    settings = app.config["SETTINGS"]
    block = ours.add(metadata.tables["occupancies"], starts_at=EARLIER, visit_starts_at=EARLIER)
    twin = ours.add(metadata.tables["patients"])
    session.commit()
    chosen = {"block_id": str(block["id"]), "other_id": str(twin["id"])}
    their_visit = uuid.UUID(str(theirs.row(metadata.tables["appointments"])["id"]))
    return Everything(
        session,
        cast,
        {"calendar": scene.calendar_slug, "org_id": str(cast.clinic.id)}
        | _first(session, cast)
        | chosen,
        {"calendar": str(theirs.row(metadata.tables["calendars"])["slug"])}
        | {name: str(theirs.row(metadata.tables[table])["id"]) for name, table in ROWS.items()},
        str(signed.id),
        visit_token(settings, visit.id),
        visit_token(settings, their_visit),
        handed.token,
        settings.secret_key,
    )


def _first(session: Session, cast: Cast) -> dict[str, str]:
    """Our first row of each table that an address names."""
    with scoped(session, Scope(org_id=cast.clinic.id)):
        return {
            name: str(session.scalars(select(metadata.tables[table].c.id).order_by("id")).first())
            for name, table in ROWS.items()
        }


def _complete(ours: RowMaker) -> None:
    """A plain row in each of our tables that is still empty, referring to the rows that are there."""
    with scoped(ours.session, Scope(org_id=ours.org_id)):
        for table in clinic_tables():
            first = ours.session.execute(select(table).order_by(table.c.id).limit(1)).mappings()
            if (row := first.one_or_none()) is not None:
                ours.made[table.name] = dict(row)
    for table in clinic_tables():
        ours.row(table)


def _human(session: Session) -> uuid.UUID:
    human_id = uuid7()
    with scoped(session, Scope(human_id=human_id)):
        session.execute(insert(Human).values(id=human_id, email="b@house.test", name="B"))
    return human_id


def _measured(session: Session, cast: Cast) -> None:
    """A measured exercise session of Petra."""
    org_id, patient_id = cast.clinic.id, cast.petra.patient_id
    assert patient_id is not None
    make_ready(session, org_id, patient_id, cast.petra.human_id, NOW)
    petra = Actor(kind=PATIENT, org_id=org_id, human_id=cast.petra.human_id)
    with scoped(session, Scope(org_id=org_id)):
        wanted = telerehab.Prescription(exercises.exercise_by_slug(session, "squat").id, 10)
        started = telerehab.start(session, petra, patient_id, wanted, KEYS, now=NOW)
        result = result_of(org_id, patient_id, started.session_id, figures_of(SQUAT, "squat"))
        telerehab.record_result(session, Actor(kind=SERVICE, org_id=org_id), result, now=NOW)
