"""Working hours as people edit them: rows without a script, refusals beside the day, visits that are not lost."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.kernel.tenancy.scope import Scope, enter
from app.lib.ids import uuid7
from app.scheduling.actions.hours import weekly_readings
from app.scheduling.models import DateOverride
from app.scheduling.queries.week import different_dates, person_of, working_days
from tests.factories.cast import Cast
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, SignIn

pytestmark = pytest.mark.proves("SCH-01", "SPC-02")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
USUAL = [(540, 780), (840, 1080)]


@pytest.fixture
def olga(signed_in: SignIn, cast: Cast) -> BrowserClient:
    return english(signed_in(cast.olga))


def english(client: BrowserClient) -> BrowserClient:
    client.set_cookie("lang", "en")
    return client


def address(scene: Scene) -> str:
    return f"/movimento/console/specialists/{scene.specialist_id}/hours"


def seen(client: BrowserClient, scene: Scene) -> str:
    return client.get(address(scene)).text.split('name="seen" value="')[1].split('"')[0]


def typed(**days: list[tuple[str, str]]) -> dict[str, Any]:
    """A week as the form posts it."""
    sent: dict[str, Any] = {}
    for day, rows in days.items():
        sent[f"{day}-start"] = [start for start, _end in rows]
        sent[f"{day}-end"] = [end for _start, end in rows]
    return sent


def hours_of(session: Session, scene: Scene) -> list[list[tuple[int, int]]]:
    enter(session, Scope(org_id=scene.org_id))
    return weekly_readings(session, scene.org_id, scene.specialist_id)


def visit(session: Session, cast: Cast, scene: Scene, start: dt.datetime) -> uuid.UUID:
    """A visit of Petra with Stefan."""
    visit_id = uuid7()
    enter(session, Scope(org_id=scene.org_id))
    session.execute(
        insert(Appointment).values(
            org_id=scene.org_id,
            id=visit_id,
            reference=str(visit_id)[-8:],
            patient_id=cast.petra.patient_id,
            service_id=scene.service_id,
            calendar_id=scene.calendar_id,
            specialist_id=scene.specialist_id,
            starts_at=start,
            ends_at=start + dt.timedelta(minutes=45),
            state="booked",
            channel="phone",
            time_zone="Europe/Bucharest",
            price_minor=18000,
            currency="RON",
        )
    )
    session.commit()
    return visit_id


FRIDAY = dt.datetime(2027, 3, 5, 8, 0, tzinfo=dt.UTC)  # 10:00 in Bucharest.


def test_a_week_is_saved_with_midnight_and_a_night(
    olga: BrowserClient, session: Session, scene: Scene
) -> None:
    sent = typed(mon=[("9", "12:30"), ("", "")], fri=[("23:00", "01:00")], sat=[("18", "24:00")])
    answer = olga.post(address(scene), data={**sent, "seen": seen(olga, scene)})
    assert answer.status_code == 303
    assert hours_of(session, scene) == [[(540, 750)], [], [], [], [(1380, 60)], [(1080, 1440)], []]
    page = olga.get(address(scene)).text
    assert page.count("until the next day") == 1
    assert "18:00–24:00" in page
    # The night of Friday shows on Saturday too, as the engine has it.
    assert "00:00–01:00, 18:00–24:00" in page


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([("9:00", "12:00"), ("11:00", "13:00")], "11:00–13:00 overlaps 09:00–12:00."),
        ([("17:00", "9:00")], "17:00–09:00 ends before it starts."),
        ([("9:00", "9:00")], "09:00–09:00 is no time at all"),
        ([("9:00", "")], "A stretch of time needs its start and its end."),
        ([("nine", "12:00")], "“nine” is not a time."),
        ([("9:00", "25:00")], "“25:00” is not a time."),
        ([("24:00", "1:00")], "Times lie between 0:00 and 24:00."),
    ],
)
def test_what_is_wrong_stands_beside_the_day_and_typed_words_stay(
    olga: BrowserClient,
    session: Session,
    scene: Scene,
    rows: list[tuple[str, str]],
    sentence: str,
) -> None:
    answer = olga.post(address(scene), data={**typed(tue=rows), "seen": seen(olga, scene)})
    assert answer.status_code == 422
    beside = answer.text.split('id="tue-error"')[1].split("</p>")[0]
    assert sentence in beside
    assert all(f'value="{start}"' in answer.text for start, _end in rows)
    assert hours_of(session, scene)[1] == USUAL


def test_rows_are_added_removed_and_copied_without_saving(
    olga: BrowserClient, session: Session, scene: Scene
) -> None:
    sent = {**typed(mon=[("8:00", "10:00"), ("11:00", "12:00")]), "seen": seen(olga, scene)}
    added = olga.post(address(scene), data={**sent, "act": "add:sun"})
    assert added.status_code == 200
    assert added.text.count('name="sun-start"') == 1
    focused = added.text.split(" autofocus")[0].rsplit("<input", 1)[1]
    assert 'name="sun-start"' in focused
    removed = olga.fragment(address(scene), "POST", data={**sent, "act": "remove:mon:0"})
    assert removed.text.count('name="mon-start"') == 1
    assert "<html" not in removed.text
    copied = olga.post(address(scene), data={**sent, "act": "copy:"}).text
    assert [copied.count(f'name="{day}-start"') for day in DAYS] == [2, 2, 2, 2, 2, 0, 0]
    assert hours_of(session, scene)[0] == USUAL


def test_two_at_once_the_second_is_told(
    olga: BrowserClient, session: Session, scene: Scene
) -> None:
    mark = seen(olga, scene)
    olga.post(address(scene), data={**typed(mon=[("8", "10")]), "seen": mark})
    answer = olga.post(address(scene), data={**typed(mon=[("11", "12")]), "seen": mark})
    assert answer.status_code == 409
    assert 'value="11"' in answer.text
    again = answer.text.split('name="seen" value="')[1].split('"')[0]
    answer = olga.post(address(scene), data={**typed(mon=[("11", "12")]), "seen": again})
    assert answer.status_code == 303
    assert hours_of(session, scene)[0] == [(660, 720)]


def test_visits_left_outside_are_listed_first_and_kept(
    olga: BrowserClient, session: Session, cast: Cast, scene: Scene
) -> None:
    visit_id = visit(session, cast, scene, FRIDAY)
    sent = {**typed(mon=[("9", "17")]), "seen": seen(olga, scene)}
    asked = olga.post(address(scene), data=sent)
    assert asked.status_code == 409
    assert "1 visit would lie outside these hours" in asked.text
    assert str(visit_id) in asked.text
    assert hours_of(session, scene)[4] == USUAL
    mark = asked.text.split('name="confirmed" value="')[1].split('"')[0]
    assert olga.post(address(scene), data={**sent, "confirmed": "1"}).status_code == 409
    assert olga.post(address(scene), data={**sent, "confirmed": mark}).status_code == 303
    page = olga.get(address(scene)).text
    assert "1 visit lies outside the hours" in page
    assert str(visit_id) in page
    enter(session, Scope(org_id=scene.org_id))
    session.expire_all()
    assert session.get_one(Appointment, (scene.org_id, visit_id)).state == "booked"


def dates(first: str, last: str = "", what: str = "closed", **more: Any) -> dict[str, Any]:
    return {"first": first, "last": last, "what": what, "reason": "", **more}


def test_a_vacation_is_one_line_and_can_be_taken_back(
    olga: BrowserClient, session: Session, scene: Scene
) -> None:
    sent = dates("2027-03-08", "2027-03-19", reason="Concediu")
    assert olga.post(f"{address(scene)}/dates", data=sent).status_code == 303
    enter(session, Scope(org_id=scene.org_id))
    said = different_dates(session, scene.org_id, scene.specialist_id, dt.date(2027, 3, 3))
    assert [(one.days, one.windows, one.reason) for one in said] == [(12, (), "Concediu")]
    assert "12 days" in olga.get(address(scene)).text
    clear = {"first": "2027-03-08", "last": "2027-03-19", "kind": "replace"}
    assert olga.post(f"{address(scene)}/dates/clear", data=clear).status_code == 303
    assert olga.post(f"{address(scene)}/dates/clear", data=clear).status_code == 404
    assert olga.post(f"{address(scene)}/dates/clear", data={}).status_code == 404


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (dates("2027-03-10", "2027-03-08"), "The last day lies before the first."),
        (dates("2027-03-10", "2028-04-08"), "At most 366 days at once."),
        (dates(""), "Please fill this in."),
        (dates("2027-02-30"), "Not a valid date value."),
        (dates("9999-12-31"), "This date cannot be right."),
        (dates("2027-03-10", what="extra"), "Add at least one stretch of time."),
        (
            dates("2027-03-10", what="other", **{"window-start": "9", "window-end": "x"}),
            "“x” is not a time.",
        ),
        (dates("2027-03-10", what="party"), "Not a valid choice"),
    ],
)
def test_dates_that_cannot_be(
    olga: BrowserClient, session: Session, scene: Scene, sent: dict[str, Any], sentence: str
) -> None:
    answer = olga.post(f"{address(scene)}/dates", data=sent)
    assert answer.status_code == 422
    assert sentence in answer.text
    enter(session, Scope(org_id=scene.org_id))
    assert session.scalars(select(DateOverride)).all() == []


def test_a_day_off_with_a_visit_asks_first(
    olga: BrowserClient, session: Session, cast: Cast, scene: Scene
) -> None:
    visit_id = visit(session, cast, scene, FRIDAY)
    asked = olga.post(f"{address(scene)}/dates", data=dates("2027-03-05"))
    assert asked.status_code == 409
    assert str(visit_id) in asked.text
    assert "Nothing differs from the weekly hours." in asked.text
    mark = asked.text.split('name="confirmed" value="')[1].split('"')[0]
    sent = dates("2027-03-05", confirmed=mark)
    assert olga.post(f"{address(scene)}/dates", data=sent).status_code == 303
    # Hours on another date leave nobody outside, so they are saved at once.
    extra = dates("2027-03-06", what="extra", **{"window-start": "9", "window-end": "12"})
    assert olga.post(f"{address(scene)}/dates", data=extra).status_code == 303


@pytest.mark.proves("BYD-02")
def test_other_hours_on_the_day_the_clocks_change(
    olga: BrowserClient, session: Session, scene: Scene
) -> None:
    """In Bucharest 28 March 2027 has no 03:00 to 04:00: the window 02:00-05:00 is two hours long."""
    sent = dates("2027-03-28", what="other", **{"window-start": "2", "window-end": "5"})
    assert olga.post(f"{address(scene)}/dates", data=sent).status_code == 303
    enter(session, Scope(org_id=scene.org_id))
    person = person_of(session, scene.org_id, scene.specialist_id)
    day = working_days(session, scene.org_id, person, dt.date(2027, 3, 28), 1)[0]
    assert [end - start for start, end in day.stretches] == [dt.timedelta(hours=2)]
    page = olga.get(f"{address(scene)}?week=2027-03-28").text
    assert "02:00–05:00 · differs" in page
    assert "the clocks go forward, from 03:00 to 04:00" in page


def test_a_specialist_takes_days_off_but_gives_no_extra_hours(
    signed_in: SignIn, session: Session, cast: Cast, scene: Scene
) -> None:
    stefan = english(signed_in(cast.stefan))
    assert "Take days off" in stefan.get("/movimento/console/my-days").text
    answer = stefan.post("/movimento/console/my-days", data=dates("2027-03-12", reason="Curs"))
    assert answer.location.endswith("my-days?week=2027-03-12"), "what was saved is shown"
    assert "Week of 8 Mar" in stefan.get(answer.location).text
    assert answer.status_code == 303
    assert "Curs" in stefan.get("/movimento/console/my-days").text
    extra = dates("2027-03-13", what="extra", **{"window-start": "9", "window-end": "12"})
    assert stefan.post("/movimento/console/my-days", data=extra).status_code == 422
    clear = {"first": "2027-03-12", "last": "2027-03-12", "kind": "replace"}
    assert stefan.post("/movimento/console/my-days/clear", data=clear).status_code == 303
    assert stefan.get(address(scene)).status_code == 403
    assert stefan.post(f"{address(scene)}/dates", data=dates("2027-03-12")).status_code == 403


def test_who_has_no_profile_has_no_days(olga: BrowserClient, scene: Scene) -> None:
    assert olga.get("/movimento/console/my-days").status_code == 404
    assert "/my-days" not in olga.get(address(scene)).text


def test_who_may_not(client: BrowserClient, signed_in: SignIn, cast: Cast, scene: Scene) -> None:
    assert client.get(address(scene)).status_code == 303
    assert signed_in(cast.bogdan).get(address(scene)).status_code == 404
    ramona = signed_in(cast.ramona)
    assert ramona.get(address(scene)).status_code == 403
    assert ramona.post(address(scene), data=typed(mon=[("9", "10")])).status_code == 403
    assert ramona.get("/movimento/console/my-days").status_code == 403
    nobody = f"/movimento/console/specialists/{uuid7()}/hours"
    olga = signed_in(cast.olga)
    assert olga.get(nobody).status_code == 404
    assert olga.post(nobody, data=typed(mon=[("9", "10")])).status_code == 404
