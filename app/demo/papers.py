"""Which forms whoever books is asked to fill in."""

from __future__ import annotations

import uuid

from sqlalchemy import select

from app.demo.world import World
from app.forms.models import FormTemplate
from app.scheduling.actions.asked_forms import ask_for_forms

FIRST_VISIT = "evaluare"
BEFORE_IT = ("data_processing", "treatment_consent")


def ask_before(world: World) -> None:
    """A first visit asks for the notice on data and the consent to treatment."""
    calendar = world.calendars.get(FIRST_VISIT)
    if calendar is not None:
        wanted = [template_id(world, code) for code in BEFORE_IT]
        ask_for_forms(world.session, world.desk, calendar.id, wanted, now=world.now)


def template_id(world: World, code: str) -> uuid.UUID:
    """The clinic's form of that code."""
    return world.session.scalars(
        select(FormTemplate.id).where(
            FormTemplate.org_id == world.org_id, FormTemplate.code == code
        )
    ).one()
