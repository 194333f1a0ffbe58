"""The platform's exercises fit the telemetry process' table, in both languages."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from app.kernel.tenancy.scope import PLATFORM_ROLE, Scope, scoped
from app.telerehab import library
from app.telerehab.models import Exercise
from app.telerehab.queries import exercise_by_slug, tracked_exercises
from telemetry.aggregate.exercises import EXERCISES


@pytest.mark.proves("EXR-01")
@pytest.mark.parametrize("exercise", library.LIBRARY, ids=lambda one: one["slug"])
def test_every_exercise_is_one_that_the_camera_follows(exercise: dict[str, object]) -> None:
    tracked = EXERCISES[str(exercise["tracking"])]
    assert exercise["camera_view"] == tracked.view


@pytest.mark.parametrize("exercise", library.LIBRARY, ids=lambda one: one["slug"])
def test_every_text_is_there_in_both_languages(exercise: dict[str, dict[str, object]]) -> None:
    assert set(exercise["names"]) == set(exercise["instructions"]) == {"ro", "en"}
    romanian, english = exercise["instructions"]["ro"], exercise["instructions"]["en"]
    for part in ("steps", "safety"):
        assert len(romanian[part]) == len(english[part]) >= 2
        assert all([*romanian[part], *english[part]])


def test_ensuring_twice_changes_nothing_and_brings_changed_texts(session: Session) -> None:
    assert library.ensure(session) == len(library.LIBRARY)
    with scoped(session, Scope(role=PLATFORM_ROLE)):
        session.execute(
            update(Exercise).where(Exercise.slug == "squat").values(names={"ro": "Altceva"})
        )
        session.execute(update(Exercise).where(Exercise.slug == "lunge").values(status="archived"))
    library.ensure(session)
    session.expire_all()
    assert session.scalar(select(func.count()).select_from(Exercise)) == len(library.LIBRARY)
    assert exercise_by_slug(session, "squat").names["en"] == "Squat"
    assert "lunge" not in [one.slug for one in tracked_exercises(session)]
