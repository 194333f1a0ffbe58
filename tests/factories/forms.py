"""Clinical forms in tests: a drawn signature as a tablet sends it, and a form brought to any state."""

from __future__ import annotations

import base64
import io
import json
import math
import uuid
from dataclasses import dataclass

import pytest
from flask import Flask
from PIL import Image, ImageDraw
from sqlalchemy.orm import Session

from app.forms import actions, queries
from app.forms.actions import DrawnSignature
from app.forms.models import FormInstance
from app.forms.rules import seal
from app.kernel.access.actor import KIOSK, Actor, Origin
from app.kernel.storage import ClinicStorage
from app.kernel.tenancy.scope import Scope, enter
from tests.factories.cast import Cast, Person, staff_actor
from tests.support.app import NOW

WIDTH, HEIGHT = 900, 320
TABLET = Origin(ip="10.20.0.7", user_agent="Tablet/1.0")
ANSWERS = {"implant": "no", "pregnancy": "no", "conditions": "Hernie de disc L5", "read": "y"}
TREATMENT, TELEREHAB, NOTICE = "treatment_consent", "telerehab_consent", "data_processing"


def strokes(points: int = 60) -> list[list[list[float]]]:
    """Two strokes of a plausible signature, in CSS pixels and milliseconds."""
    wave = [
        [80 + 6 * step, 160 + round(60 * math.sin(step / 4), 1), 16 * step]
        for step in range(points)
    ]
    return [wave, [[90, 220, 1200], [200, 222, 1300], [420, 215, 1400]]]


def points_json(points: int = 60) -> str:
    """What the pad puts into NAME_points."""
    return json.dumps({"width": WIDTH, "height": HEIGHT, "strokes": strokes(points)})


def png_bytes(*, ink: bool = True) -> bytes:
    """A transparent picture, with a line on it where `ink`."""
    picture = Image.new("RGBA", (WIDTH, HEIGHT), (0, 0, 0, 0))
    if ink:
        line = [(x, y) for x, y, _ in strokes()[0]]
        ImageDraw.Draw(picture).line(line, fill=(16, 32, 29, 255), width=3)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def png_url(content: bytes | None = None) -> str:
    """What the pad puts into NAME_png."""
    raw = png_bytes() if content is None else content
    return "data:image/png;base64," + base64.b64encode(raw).decode()


@dataclass
class Desk:
    """A clinic with its starting templates, and short ways through the life of a form."""

    session: Session
    cast: Cast
    blobs: ClinicStorage

    @property
    def org_id(self) -> uuid.UUID:
        return self.cast.clinic.id

    @property
    def ramona(self) -> Actor:
        return staff_actor(self.cast.ramona)

    @property
    def tablet(self) -> Actor:
        return Actor(kind=KIOSK, org_id=self.org_id, origin=TABLET)

    def template_id(self, code: str = TREATMENT) -> uuid.UUID:
        found = queries.templates(self.session, self.org_id)
        return next(one.id for one in found if one.code == code)

    def open(self, code: str = TREATMENT, person: Person | None = None) -> FormInstance:
        patient_id = (person or self.cast.petra).patient_id
        assert patient_id is not None
        return actions.open_form(
            self.session,
            self.ramona,
            patient_id=patient_id,
            template_id=self.template_id(code),
            now=NOW,
        )

    def claim(self, form: FormInstance) -> str:
        """Hand the form over and claim it on the tablet; gives the claim secret."""
        given = actions.open_on_kiosk(self.session, self.ramona, form_id=form.id, now=NOW)
        return actions.claim(self.session, self.tablet, token=given.token, now=NOW)

    def complete(self, form: FormInstance, locale: str = "ro") -> None:
        given = ANSWERS | {"safe_place": "y"}
        actions.save(
            self.session, self.tablet, form, given=given, locale=locale, complete=True, now=NOW
        )

    def sign(self, form: FormInstance, **changed: str) -> FormInstance:
        """From wherever the form is to signed, as the tablet does it."""
        secret = self.claim(form)
        opening, held = actions.claimed(self.session, self.org_id, secret, NOW)
        self.complete(held)
        drawn = {
            "name": "Petra Țânțar",
            "capacity": "self",
            "png": png_url(),
            "points": points_json(),
        }
        return actions.sign(
            self.session,
            self.tablet,
            form=held,
            signature=DrawnSignature(**(drawn | changed), opening=opening),
            seen_sha256=seen(held),
            blobs=self.blobs,
            now=NOW,
        )


def seen(form: FormInstance) -> str:
    """The digest that the page of this form carries."""
    return seal.shown_digest(seal.shown(form.snapshot, form.answers, form.locale or "ro"))


@pytest.fixture
def desk(app: Flask, session: Session, cast: Cast) -> Desk:
    """Clinic A with its templates; the session is in the clinic's scope."""
    enter(session, Scope(org_id=cast.clinic.id))
    actions.create_default_templates(session, staff_actor(cast.olga), NOW)
    session.commit()
    return Desk(session, cast, ClinicStorage(app.extensions["blobs"], cast.clinic.id))
