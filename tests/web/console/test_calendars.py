"""Calendars of a clinic: own hours and figures, what patients are offered, and why a time is not."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.kernel.tenancy.scope import Scope, enter
from app.lib.ids import uuid7
from app.scheduling.actions.calendars import stored_draft
from app.scheduling.queries import calendar_view
from tests.factories.cast import Cast
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, SignIn
from tests.web.console.test_hours import english, typed

pytestmark = pytest.mark.proves("CAT-03", "SCH-01", "SCH-03", "BYD-01")
LIST = "/movimento/console/calendars"


@pytest.fixture
def olga(signed_in: SignIn, cast: Cast) -> BrowserClient:
    return english(signed_in(cast.olga))


def fields(scene: Scene, **changes: Any) -> dict[str, Any]:
    shown = {
        "names_en": "Saturdays",
        "slug": "",
        "modality": "video",
        "strategy": "choice",
        "public": "y",
        "duration_min": "30",
        "price": "99.90",
        "min_notice_min": "",
        "horizon_days": "",
        "people": str(scene.specialist_id),
        f"priority-{scene.specialist_id}": "3",
    }
    return {**shown, **changes}


def new(scene: Scene) -> str:
    return f"{LIST}/new?service={scene.service_id}"


def saturdays(prefix: str = "cal-") -> dict[str, Any]:
    return typed(**{f"{prefix}sat": [("9", "12")]})


def seen(client: BrowserClient, address: str) -> str:
    return client.get(address).text.split('name="seen" type="hidden" value="')[1].split('"')[0]


def test_a_calendar_with_its_own_hours_is_offered_to_patients(
    olga: BrowserClient, session: Session, scene: Scene
) -> None:
    sent = fields(scene, own="1", **saturdays())
    answer = olga.post(new(scene), data=sent)
    assert answer.status_code == 303, answer.text
    enter(session, Scope(org_id=scene.org_id))
    view = calendar_view(session, scene.org_id, slug="saturdays", public_only=True)
    assert (view.offer.duration_min, view.price_minor, view.modality) == (30, 9990, "video")
    assert view.offer.min_notice_min == 120
    assert [one.priority for one in view.people] == [3]
    preview = olga.get(f"{answer.location}/preview").text
    times = re.findall(r'class="slot-time num" title="Ștefan Marin">([\d:]+)<', preview)
    assert (times[0], times[-1]) == ("09:00", "11:30")
    public = olga.get("/movimento/book/saturdays")
    assert public.status_code == 200


def test_hours_of_one_specialist_in_a_calendar(
    olga: BrowserClient, session: Session, scene: Scene
) -> None:
    sent = fields(
        scene, **{f"own-{scene.specialist_id}": "1"}, **saturdays(f"{scene.specialist_id}-")
    )
    assert olga.post(new(scene), data=sent).status_code == 303
    enter(session, Scope(org_id=scene.org_id))
    member = calendar_view(session, scene.org_id, slug="saturdays").people[0]
    assert [tuple(day) for day in member.weeks[0]][5] == ((540, 720),)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"slug": "Nice Name"}, "Use letters a to z"),
        ({"slug": "kinetoterapie"}, "Another calendar has this address."),
        ({"duration_min": "2"}, "Choose between 5 and 1440."),
        ({"horizon_days": "731"}, "Choose between 1 and 730."),
        ({"price": "much"}, "This is not an amount."),
        ({"price": "-1"}, "Choose between 0 and"),
        ({"strategy": "alphabet"}, "Not a valid choice"),
        ({"own": "1"}, "Add at least one stretch of time."),
        ({"own": "1", "cal-mon-start": "17", "cal-mon-end": "9"}, "ends before it starts"),
    ],
)
def test_what_cannot_be_is_said_and_typed_words_stay(
    olga: BrowserClient, scene: Scene, change: dict[str, str], sentence: str
) -> None:
    answer = olga.post(new(scene), data=fields(scene, **change))
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'value="Saturdays"' in answer.text


def test_rows_are_added_in_each_week_without_saving(olga: BrowserClient, scene: Scene) -> None:
    for prefix in ("cal-", f"{scene.specialist_id}-"):
        answer = olga.post(new(scene), data=fields(scene, act=f"add:{prefix}wed"))
        assert answer.status_code == 200
        assert answer.text.count(f'name="{prefix}wed-start"') == 1


def test_a_change_and_two_at_once(olga: BrowserClient, session: Session, scene: Scene) -> None:
    address = f"{LIST}/{scene.calendar_id}"
    sent = fields(scene, slug="kineto", seen=seen(olga, address))
    assert olga.post(address, data=sent).status_code == 303
    enter(session, Scope(org_id=scene.org_id))
    assert stored_draft(session, scene.org_id, scene.calendar_id).slug == "kineto"
    late = olga.post(address, data={**sent, "names_en": "Mine"})
    assert late.status_code == 409
    assert 'value="Mine"' in late.text


def test_archived_and_opened_again(olga: BrowserClient, scene: Scene) -> None:
    address = f"{LIST}/{scene.calendar_id}"
    assert "its link leads nowhere" in olga.get(f"{address}/archive").text
    assert olga.post(f"{address}/archive").status_code == 303
    assert olga.post(f"{address}/archive").status_code == 409
    assert olga.get("/movimento/book/kinetoterapie").status_code == 404
    assert olga.get(f"{address}/preview").status_code == 404
    assert "Physiotherapy" in olga.get(f"{LIST}?state=archived").text
    assert olga.post(f"{address}/restore").status_code == 303
    assert olga.get("/movimento/book/kinetoterapie").status_code == 200


@pytest.mark.parametrize(
    ("day", "time", "sentence"),
    [
        ("2027-03-04", "09:00", "It is offered"),
        ("2027-03-04", "09:10", "Visits of this service start at set times: 09:00 or 09:15"),
        ("2027-03-04", "07:00", "Does not work then"),
        ("2027-03-03", "10:30", "Too soon: the first time is 12:00"),
        ("2027-06-03", "09:00", "Bookable at most 60 days ahead."),
    ],
)
def test_why_a_time_is_or_is_not_offered(
    olga: BrowserClient, scene: Scene, day: str, time: str, sentence: str
) -> None:
    address = f"{LIST}/{scene.calendar_id}/preview?day={day}&time={time}&specialist="
    answer = olga.get(address)
    assert answer.status_code == 200
    assert sentence in answer.text


@pytest.mark.parametrize(
    "asked", ["day=x&time=09:00", "day=2027-03-28&time=03:30", "day=2027-03-04"]
)
def test_a_time_that_is_none_is_not_asked_about(
    olga: BrowserClient, scene: Scene, asked: str
) -> None:
    assert olga.get(f"{LIST}/{scene.calendar_id}/preview?{asked}").status_code == 422


def test_who_may_not(client: BrowserClient, signed_in: SignIn, cast: Cast, scene: Scene) -> None:
    one = f"{LIST}/{scene.calendar_id}"
    for address in (LIST, new(scene), one, f"{one}/archive", f"{one}/preview"):
        assert client.get(address).status_code == 303
        assert signed_in(cast.bogdan).get(address).status_code == 404
        assert signed_in(cast.ramona).get(address).status_code == 403
    olga = signed_in(cast.olga)
    unknown: uuid.UUID = uuid7()
    for address in (f"{LIST}/new?service={unknown}", f"{LIST}/new", f"{LIST}/{unknown}"):
        assert olga.get(address).status_code == 404
    for verb in ("archive", "restore"):
        assert olga.post(f"{LIST}/{unknown}/{verb}").status_code == 404
