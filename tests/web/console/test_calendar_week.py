"""Week, month and rooms at the desk: what stands in them, for whom, in how many questions to the database."""

from __future__ import annotations

import csv
import datetime as dt
import io
import uuid

import pytest
from redis import Redis
from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from app.appointments.models import Appointment
from app.appointments.queries.load import loads
from app.catalog.models import Service
from app.kernel.access.models import Role
from app.kernel.tenancy.scope import Scope, scoped
from app.lib.ids import uuid7
from app.people.models import Specialist
from app.scheduling.actions import set_override
from app.scheduling.models import Calendar
from tests.factories.cast import Cast, staff_actor
from tests.factories.desk import asked_for, book_for, english, room_of
from tests.factories.scene import Scene
from tests.support.app import NOW
from tests.support.browser_client import SignIn
from tests.support.queries import MOST, CountQueries

DESK = "/movimento/console"
DAY = dt.date(2027, 3, 3)
TWO = dt.datetime(2027, 3, 3, 12, 0, tzinfo=dt.UTC)  # On Bucharest's clock.


@pytest.fixture
def signed_in(signed_in: SignIn) -> SignIn:
    """Everybody of these tests reads English."""
    return lambda person: english(signed_in(person))


@pytest.mark.proves("SCH-06", "APT-04")
def test_a_week_has_a_column_for_each_date_and_carries_what_dragging_needs(
    session: Session, redis: Redis, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    visit = book_for(session, redis, scene, cast)
    answer = signed_in(cast.ramona).get(f"{DESK}/week/{DAY}?who={scene.specialist_id}")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert text.count('class="cal-column') == 7
    assert f'data-day="{DAY}"' in text
    assert f"/visits/{visit.id}/length" in text
    assert "Petra Țânțar" in text
    assert f"time=09:00&amp;specialist={scene.specialist_id}" in text, "the next days are free"
    five = signed_in(cast.ramona).get(f"{DESK}/week/{DAY}?who={scene.specialist_id}&days=5")
    assert five.get_data(as_text=True).count('class="cal-column') == 5


@pytest.mark.proves("SCH-06")
def test_everybodys_week_and_month_count_visits_and_the_time_that_is_taken(
    session: Session, redis: Redis, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    book_for(session, redis, scene, cast)
    desk = signed_in(cast.ramona)
    week = desk.get(f"{DESK}/week/{DAY}?who=all").get_data(as_text=True)
    assert "1 visit" in week
    assert "9% taken" in week, "45 minutes of eight hours"
    month = desk.get(f"{DESK}/month/{DAY}").get_data(as_text=True)
    assert "1 visit" in month
    assert f"{DESK}/day/{DAY}" in month, "a date leads to its day"
    fragment = desk.fragment(f"{DESK}/month/{DAY}").get_data(as_text=True)
    assert 'id="month"' in fragment
    assert "<!doctype" not in fragment


@pytest.mark.proves("SCH-07")
def test_rooms_are_columns_of_a_day_and_a_week_of_their_own(
    session: Session, redis: Redis, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    room_id = room_of(session, scene, cast, book_for(session, redis, scene, cast))
    desk = signed_in(cast.ramona)
    day = desk.get(f"{DESK}/day/{DAY}/rooms").get_data(as_text=True)
    assert "Cabinet 2" in day
    assert "Petra Țânțar" in day
    assert f'data-room="{room_id}"' in day
    week = desk.get(f"{DESK}/week/{DAY}?who={room_id}").get_data(as_text=True)
    assert "Petra Țânțar" in week
    assert "1 visit" in desk.get(f"{DESK}/month/{DAY}?who={room_id}").get_data(as_text=True)


@pytest.mark.parametrize("path", ["week", "month", "day/2027-03-03/rooms"])
def test_only_staff_of_the_clinic_see_them(
    client: object, signed_in: SignIn, cast: Cast, scene: Scene, path: str
) -> None:
    assert signed_in(cast.bogdan).get(f"{DESK}/{path}").status_code == 404
    assert signed_in(cast.petra).get(f"{DESK}/{path}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "week/2027-02-30",
        "month/2027",
        "week/9999-12-31",
        "week/2027-03-03?who=00000000-0000-0000-0000-000000000007",
        "week/2027-03-03?who=nobody",
        "month/2027-03-03?location=00000000-0000-0000-0000-000000000007",
        "calendar/2027-13-03.csv",
    ],
)
def test_what_does_not_exist_is_not_found(
    signed_in: SignIn, cast: Cast, scene: Scene, path: str
) -> None:
    assert signed_in(cast.ramona).get(f"{DESK}/{path}").status_code == 404


@pytest.mark.proves("KRN-04")
def test_who_sees_only_the_own_patients_sees_only_the_own_time(
    session: Session, redis: Redis, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    room_id = room_of(session, scene, cast, book_for(session, redis, scene, cast))
    with scoped(session, Scope(org_id=scene.org_id)):
        session.execute(update(Role).values(own_patients_only=True))
        session.commit()
    paths = [f"week/{DAY}?who={room_id}", f"day/{DAY}/rooms", f"calendar/{DAY}.csv"]
    for path in paths:
        assert "Petra" in signed_in(cast.stefan).get(f"{DESK}/{path}").get_data(as_text=True)
        assert "Petra" not in signed_in(cast.ramona).get(f"{DESK}/{path}").get_data(as_text=True)
    other = f"{DESK}/week/{DAY}?who={scene.specialist_id}"
    assert "Petra" not in signed_in(cast.ramona).get(other).get_data(as_text=True)


@pytest.mark.proves("INT-02")
def test_a_range_leaves_as_a_table(
    session: Session, redis: Redis, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    book_for(session, redis, scene, cast)
    answer = signed_in(cast.ramona).get(f"{DESK}/calendar/2027-03-01.csv?days=7")
    (row,) = csv.DictReader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff")))
    assert (row["date"], row["minutes"], row["patient"]) == (str(DAY), "45", "Petra Țânțar")
    assert "attachment" in answer.headers["Content-Disposition"]


def _ten_thousand(session: Session, scene: Scene, patient_id: uuid.UUID) -> None:
    """Visits of a month that never took time: only counting is asked of them."""
    start = dt.datetime(2027, 3, 1, 6, tzinfo=dt.UTC)
    rows = [
        {
            "org_id": scene.org_id,
            "id": uuid7(),
            "reference": f"T{number:06}",
            "patient_id": patient_id,
            "service_id": scene.service_id,
            "calendar_id": scene.calendar_id,
            "specialist_id": scene.specialist_id,
            "starts_at": start + dt.timedelta(days=number % 31, minutes=number // 31),
            "ends_at": start + dt.timedelta(days=number % 31, minutes=number // 31 + 30),
            "state": "upcoming",
            "channel": "phone",
            "time_zone": "Europe/Bucharest",
            "price_minor": 0,
            "currency": "RON",
        }
        for number in range(10_000)
    ]
    session.execute(insert(Appointment), rows)


def test_ten_thousand_visits_are_counted_where_they_lie(
    session: Session, cast: Cast, scene: Scene, signed_in: SignIn, count_queries: CountQueries
) -> None:
    assert cast.petra.patient_id is not None
    with scoped(session, Scope(org_id=scene.org_id)):
        _ten_thousand(session, scene, cast.petra.patient_id)
        session.commit()
        found = loads(session, scene.org_id, DAY.replace(day=1), 31, time_zone="Europe/Bucharest")
        assert sum(found.on(date).visits for date in found.dates) == 10_000
    desk = signed_in(cast.ramona)
    desk.get(f"{DESK}/month/{DAY}")
    for path in (f"month/{DAY}", f"week/{DAY}?who=all", f"week/{DAY}?who={scene.specialist_id}"):
        with count_queries() as asked:
            answer = desk.get(f"{DESK}/{path}")
        assert answer.status_code == 200
        assert len(asked_for(asked)) <= MOST, "\n".join(asked_for(asked))


@pytest.mark.proves("SCH-01")
def test_a_calendars_own_hours_are_open_and_a_date_off_says_why(
    session: Session, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    with scoped(session, Scope(org_id=scene.org_id)):
        weekly = {"weekly": {"sat": [["10:00", "12:00"]]}}
        session.execute(
            update(Calendar).where(Calendar.id == scene.calendar_id).values(hours=weekly)
        )
        set_override(
            *(session, staff_actor(cast.ramona), scene.specialist_id),
            *(dt.date(2027, 3, 5), "replace", [], "Training", NOW),
        )
        session.commit()
    text = signed_in(cast.ramona).get(f"{DESK}/week/{DAY}?who={scene.specialist_id}")
    body = text.get_data(as_text=True)
    saturday = body[body.index('data-day="2027-03-06"') : body.index('data-day="2027-03-07"')]
    assert "day=2027-03-06&amp;time=10:00" in saturday
    friday = body[body.index('data-day="2027-03-05"') : body.index('data-day="2027-03-06"')]
    assert "Training" in friday
    assert "day=2027-03-05" not in friday.split("cal-rows")[1], "nothing to book on it"


@pytest.mark.proves("SCH-06", "BYD-05")
def test_a_length_is_changed_explained_and_taken_back(
    session: Session, redis: Redis, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    visit = book_for(session, redis, scene, cast, TWO)
    book_for(session, redis, scene, cast, visit.starts_at + dt.timedelta(hours=2))
    desk = signed_in(cast.ramona)
    url = f"{DESK}/visits/{visit.id}/length"
    assert "until 14:45" in desk.get(url).get_data(as_text=True)

    def send(minutes: str, version: str) -> tuple[int, str]:
        answer = desk.fragment(url, "POST", data={"minutes": minutes, "version": version})
        return answer.status_code, answer.get_data(as_text=True)

    status, text = send("75", "0")
    assert (status, "75 minutes now" in text, "minutes=45" in text) == (200, True, True)
    status, text = send("120", "1")
    assert status == 409
    assert "Has a visit that takes 16:00 to 17:00" in text
    assert send("46", "1")[0] == 422
    assert send("90", "0")[0] == 409, "somebody changed it meanwhile"
    plain = desk.post(url, data={"minutes": "45", "version": "1"})
    assert plain.status_code == 303
    assert signed_in(cast.bogdan).get(url).status_code == 404


def test_names_of_nobody_and_places_are_words(
    session: Session, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    with scoped(session, Scope(org_id=scene.org_id)):
        session.execute(update(Specialist).values(name="<b>Ana</b>"))
        session.execute(update(Service).values(names={"ro": "<i>x</i>"}))
        session.commit()
    text = signed_in(cast.ramona).get(f"{DESK}/week/{DAY}?who=all").get_data(as_text=True)
    assert "<b>Ana</b>" not in text


@pytest.mark.proves("SCH-06")
def test_a_filter_fades_what_is_not_looked_for_and_stays_in_every_address(
    session: Session, redis: Redis, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    visit = book_for(session, redis, scene, cast)
    room_of(session, scene, cast, visit)
    desk = signed_in(cast.ramona)
    week = f"{DESK}/week/{DAY}?who={scene.specialist_id}"
    for path in (f"{DESK}/day/{DAY}?x=1", f"{DESK}/day/{DAY}/rooms?x=1", week):
        assert "is-faded" not in desk.get(f"{path}&state=upcoming&service={scene.service_id}").text
        other = desk.get(f"{path}&state=done").text
        assert "is-faded" in other
        assert "A filter is on" in other
        assert "state=done" in other.split("Month</")[0], "kept by the other views and dates"
        assert "is-faded" not in desk.get(f"{path}&state=nonsense").text
        assert desk.get(f"{path}&service=nobody").status_code == 404
    empty = desk.get(f"{DESK}/day/{DAY}?view=list&state=done").text
    assert "Petra" not in empty
    assert "No visit is like that on this day" in empty
    assert "Petra" in desk.get(f"{DESK}/day/{DAY}?view=list&state=upcoming").text


@pytest.mark.proves("SCH-02")
def test_whose_clock_is_another_one_is_said(
    session: Session, signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    with scoped(session, Scope(org_id=scene.org_id)):
        session.execute(update(Specialist).values(time_zone="Europe/London"))
        session.commit()
    text = signed_in(cast.ramona).get(f"{DESK}/day/{DAY}").text
    assert "works by the clock of Europe/London" in text
    assert "time=11:00" in text, "nine in London"
    assert "time=09:00" not in text


def test_rows_are_as_high_as_this_browser_chose(
    signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    desk = signed_in(cast.ramona)
    for kept, drawn in (("4", "4"), ("9", "2"), ("'x", "2")):
        desk.set_cookie("calendar_zoom", kept)
        assert f'data-zoom="{drawn}"' in desk.get(f"{DESK}/day/{DAY}").text


def test_a_clinic_without_rooms_is_led_to_where_they_are_kept(
    signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    path = f"{DESK}/day/{DAY}/rooms"
    text = signed_in(cast.olga).get(path).text
    assert "No rooms here" in text
    assert f'href="{DESK}/rooms"' in text.split("No rooms here")[1]
