"""Journey b without script: reception finds, books, moves, checks in and cancels with links and forms alone."""

from __future__ import annotations

import re

import pytest
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment, AppointmentChange
from app.kernel.tenancy.scope import Scope, scoped
from app.people.models import Patient
from tests.factories.cast import Cast
from tests.factories.desk import book_for, english
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, SignIn

CONSOLE = "/movimento/console"


@pytest.fixture
def signed_in(signed_in: SignIn) -> SignIn:
    """Everybody of these tests reads English."""
    return lambda person: english(signed_in(person))


def text(desk: BrowserClient, address: str) -> str:
    answer = desk.get(address)
    assert answer.status_code == 200, address
    return answer.get_data(as_text=True)


def values(page: str, form: str) -> dict[str, str]:
    """What a browser would send of the form, as far as it is filled in already."""
    forms = re.findall(r"<form[^>]*>.*?</form>", page, re.DOTALL)
    sending = [one for one in forms if 'method="post"' in one.partition(">")[0]]
    body = next(one for one in sending if f'action="{form}"' in one.partition(">")[0])
    fields = dict(re.findall(r'<input[^>]*? name="([^"]+)"[^>]*? value="([^"]*)"', body))
    chosen = re.findall(
        r'<select[^>]* name="([^"]+)".*?<option selected value="([^"]*)"', body, re.DOTALL
    )
    return {name: value for name, value in (*fields.items(), *chosen) if name != "csrf_token"}


@pytest.mark.proves("BOK-04", "APT-03", "APT-04", "APT-05", "BYD-05")
def test_the_day_of_a_reception_without_script(
    session: Session, redis: Redis, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    known = book_for(session, redis, scene, cast)
    desk = signed_in(cast.ramona)

    day = text(desk, f"{CONSOLE}/")
    assert "Petra Țânțar" in day
    free = re.search(rf'href="({CONSOLE}/visits/new\?day=2027-03-03&amp;time=15:00[^"]*)"', day)
    assert free, "a free half hour is a link"

    form = text(desk, free[1].replace("&amp;", "&"))
    fields = values(form, f"{CONSOLE}/visits/new") | {"book-q": "Ștefania Ionescu", "do": "look"}
    fields |= {"book-calendar": str(scene.calendar_id), "book-specialist": str(scene.specialist_id)}
    fields.pop("pick", None)
    looked = desk.post(f"{CONSOLE}/visits/new", data=fields).get_data(as_text=True)
    assert 'value="Ștefania Ionescu"' in looked, "nobody found, so the new card begins"
    fields |= {
        "do": "book",
        "book-patient": "new",
        "book-name": "Ștefania Ionescu",
        "book-phone": "0733 222 111",
        "book-channel": "phone",
    }
    led = desk.post(f"{CONSOLE}/visits/new", data=fields)
    assert led.status_code == 303
    visit = led.headers["Location"]
    assert "Booked for" in text(desk, visit), "the page says that it is done"

    assert "Ștefania Ionescu" in text(desk, f"{CONSOLE}/search?q=stefania")
    move = text(desk, f"{visit}/move")
    slot = re.findall(r'name="starts_at" value="([^"]+)"', move)[-1]
    desk.post(f"{visit}/move", data=values(move, f"{visit}/move") | {"starts_at": slot})
    page = text(desk, visit)
    assert "Moved" in page

    arrived = f"{CONSOLE}/visits/{known.id}"
    opened = text(desk, arrived)
    desk.post(f"{arrived}/check-in", data=values(opened, f"{arrived}/check-in"))
    assert "Arrived" in text(desk, f"{CONSOLE}/day/2027-03-03?view=list")

    question = text(desk, f"{visit}/cancel")
    assert "is not told by us: please call" in question
    desk.post(f"{visit}/cancel", data=values(question, f"{visit}/cancel") | {"reason": "răcită"})
    cancelled = text(desk, visit)
    assert "răcită" in cancelled
    desk.post(f"{visit}/restore", data=values(cancelled, f"{visit}/restore"))

    with scoped(session, Scope(org_id=scene.org_id)):
        made = session.scalars(
            select(Appointment)
            .join(Patient, Patient.id == Appointment.patient_id)
            .where(Patient.name == "Ștefania Ionescu")
        ).one()
        steps = session.scalars(
            select(AppointmentChange.verb)
            .where(AppointmentChange.appointment_id == made.id)
            .order_by(AppointmentChange.version)
        ).all()
    assert steps == ["book", "move", "cancel", "restore"]
    assert made.state == "upcoming"
