"""Every route with everybody: who is let in, who is sent to sign in, who learns nothing, who is refused."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.kernel.access.permissions import all_permissions
from app.kernel.audit.models import AuditEvent
from app.kernel.tenancy.scope import Scope, scoped
from app.web.http import errors, guards
from app.web.http.guards import Guard, demand_guards, guard_of
from tests.factories.cast import RECEPTION_LACKS, SPECIALIST_LACKS, Cast, Person
from tests.house.everything import ROWS, Everything
from tests.support.browser_client import CSRF, BrowserClient, SignIn, new_client
from tests.support.schema import clinic_tables

OPEN = ("public", "service", "api")
STREAMS = {"console.live"}
# Answers to those who may come in that are no page, with the reason.
NOT_A_PAGE = {
    "api.availability": (422, "its query names the days"),
    "console.cancel_rest": (404, "nothing of the course is to come"),
    "console.move_rest": (404, "nothing of the course is to come"),
    "booking.calendar_feed": (404, "its token is a visit's, not a feed's"),
    "booking.details": (404, 409, 410, "its ticket is a word, not a hold"),
    "console.pose_replay": (404, "no replay of the session was kept"),
    "console.new_calendar": (404, "made for a service that its query names"),
    "console.own_calendar": (404, "for those who treat"),
    "console.own_reviews": (404, "for those who treat"),
    "console.own_days": (404, "for those who have days of their own to plan"),
    "console.why": (404, "asks about a time that its query names"),
}
# Where another clinic's identifier is answered before the row is looked for, as any identifier is.
LEADS_ON = {
    "console.hand_over": (303, "leads to the form's page, which answers 404"),
    "api.availability": (422, "the days are asked for first"),
    "console.change_role": (422, "an empty choice is refused first"),
}
NOTHING = str(uuid.UUID(int=7))


@dataclass(frozen=True)
class Route:
    """One address rule with the guard of its view."""

    rule: Rule
    guard: Guard

    @property
    def name(self) -> str:
        return self.rule.endpoint


@pytest.fixture(autouse=True)
def _plain_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    """How a refusal reads is proved with the pages of errors; here hundreds of them are only counted."""
    monkeypatch.setattr(errors, "render", lambda *_, **__: "<p>refused</p>")


class Bare(BrowserClient):
    """Pages are parsed by the tests of each surface; here only who gets them counts."""

    def _read(self, response: TestResponse) -> None:
        if response.mimetype == "text/html":
            found = CSRF.search(response.get_data(as_text=True))
            self.csrf_token = found[1] if found else self.csrf_token


def routes(app: Flask, method: str) -> Iterator[Route]:
    """Routes that answer the method, static files left out."""
    for rule in app.url_map.iter_rules():
        guard = guard_of(app.view_functions[rule.endpoint])
        if method in (rule.methods or ()) and guard is not None and rule.endpoint not in STREAMS:
            yield Route(rule, guard)


@pytest.fixture
def people(signed_in: SignIn, cast: Cast, app: Flask, session: Session) -> dict[str, BrowserClient]:
    """A browser for everybody who may come."""
    named: dict[str, Person] = {
        "patient": cast.petra,
        "receptionist": cast.ramona,
        "specialist": cast.stefan,
        "owner": cast.olga,
        "stranger": cast.bogdan,
        "operator": cast.oana,
    }
    found = {name: signed_in(person) for name, person in named.items()}
    found["nobody"] = new_client(app, session)
    for client in found.values():
        client.__class__ = Bare
    return found


@pytest.mark.proves("KRN-03", "SEC-01")
def test_a_route_without_a_guard_stops_the_start():
    made = Flask("unguarded")
    made.add_url_rule("/open", view_func=guards.public("a reason")(lambda: ""), endpoint="open")
    demand_guards(made)
    made.add_url_rule("/forgotten", view_func=lambda: "", endpoint="forgotten")
    with pytest.raises(RuntimeError, match="forgotten"):
        demand_guards(made)


@pytest.mark.proves("SEC-01")
def test_every_open_door_says_why(app: Flask):
    found = [route for method in ("GET", "POST") for route in routes(app, method)]
    assert len(found) > 80
    for route in found:
        needs_reason = route.guard.kind in (*OPEN, "signed_in") or (
            route.guard.kind == "staff" and route.guard.permission is None
        )
        assert not needs_reason or len(route.guard.reason) > 10, route.name


@pytest.mark.proves("KRN-01", "KRN-03", "KRN-15", "SEC-01")
def test_everybody_at_every_page(
    app: Flask, everything: Everything, people: dict[str, BrowserClient]
):
    wrong: list[str] = []
    refused: set[tuple[str, str]] = set()
    for route in routes(app, "GET"):
        address = everything.address(app, route.rule)
        for name, client in people.items():
            status = _asked(client, address)
            if status not in (expected := _expected(route, name)):
                wrong.append(f"{name} at {address} ({route.name}): {status}, expected {expected}")
            if status == 403 and route.guard.kind == "staff":
                refused.add((name, f"GET {route.name}"))
    assert not wrong, "\n".join(wrong)
    assert len(refused) > 10
    assert refused <= _written_refusals(everything)


@pytest.mark.proves("SEC-01")
def test_a_fragment_is_not_led_to_the_login_page(
    app: Flask, everything: Everything, people: dict[str, BrowserClient]
):
    """A redirect would put the login page into a table's cell."""
    for route in routes(app, "GET"):
        if route.guard.kind in ("staff", "patient", "platform", "signed_in"):
            answer = people["nobody"].fragment(everything.address(app, route.rule))
            assert answer.status_code == 401, route.name
            assert "sign-in" in answer.headers["HX-Redirect"], route.name


@pytest.mark.proves("SEC-01")
def test_nothing_is_changed_without_the_token_of_a_page(
    app: Flask, everything: Everything, people: dict[str, BrowserClient]
):
    for route in routes(app, "POST"):
        # A frame's address takes the place of the token; no login counts there (tests/web/booking/test_frame.py).
        framed = "frame" in route.rule.arguments
        if route.guard.kind not in guards.COOKIELESS and not framed:
            answer = people["owner"].post(everything.address(app, route.rule), forget_csrf=True)
            assert answer.status_code == 400, f"{route.name}: {answer.status_code}"


@pytest.mark.proves("KRN-01", "SEC-01")
def test_a_stranger_changes_nothing(
    app: Flask, everything: Everything, people: dict[str, BrowserClient]
):
    before = _content(everything, everything.cast.clinic.id)
    for route in routes(app, "POST"):
        if route.guard.kind in ("staff", "patient"):
            answer = people["stranger"].post(everything.address(app, route.rule))
            assert answer.status_code == 404, f"{route.name}: {answer.status_code}"
    assert _content(everything, everything.cast.clinic.id) == before


@pytest.mark.proves("KRN-01", "SEC-01")
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_identifiers_of_another_clinic_lead_nowhere(
    app: Flask, everything: Everything, people: dict[str, BrowserClient], method: str
):
    """The same answer as for what does not exist, and nothing over there has changed."""
    before = _content(everything, everything.cast.other_clinic.id)
    tried, wrong = 0, []
    for route in routes(app, method):
        foreign = _foreign(route)
        if not foreign:
            continue
        client = people["patient" if route.guard.kind == "patient" else "owner"]
        for name in foreign:
            values = everything.ours | {name: everything.theirs.get(name, "")}
            if name == "token":
                values = everything.theirs
            answer = client.open(everything.address(app, route.rule, values), method=method)
            tried += 1
            if answer.status_code not in (404, *LEADS_ON.get(route.name, ())):
                wrong.append(f"{method} {route.name} with their {name}: {answer.status_code}")
            nothing = everything.address(app, route.rule, everything.ours | {name: NOTHING})
            if (
                name in ROWS
                and client.open(nothing, method=method).status_code != answer.status_code
            ):
                wrong.append(
                    f"{method} {route.name} tells their {name} from one that does not exist"
                )
    assert not wrong, "\n".join(wrong)
    assert tried > 15
    assert _content(everything, everything.cast.other_clinic.id) == before


def _foreign(route: Route) -> list[str]:
    """Arguments of an address inside a clinic that name something of a clinic."""
    if "clinic" not in route.rule.arguments:
        return []
    names = [name for name in route.rule.arguments if name in ROWS or name == "calendar"]
    return (
        [*names, "token"]
        if route.name.startswith("booking.") and "token" in route.rule.arguments
        else names
    )


def _asked(client: BrowserClient, address: str) -> int:
    answer = client.get(address)
    if answer.status_code == 303 and "sign-in" in answer.headers["Location"]:
        return 401  # Led to the login page: what a browser makes of "sign in first".
    return answer.status_code


def _expected(route: Route, who: str) -> tuple[int, ...]:
    """Statuses that are right for this person at this route; 401 stands for the way to the login page."""
    fine = (200, 204, 302, 303, *NOT_A_PAGE.get(route.name, ("",))[:-1])
    guard = route.guard
    if guard.kind in OPEN:
        return (*fine, 401, 403, 404, 409, 410)
    if who == "nobody":
        return (401,)
    if guard.kind == "signed_in":
        return fine
    if guard.kind == "platform":
        return fine if who == "operator" else (404,)
    if guard.kind == "patient":
        return fine if who == "patient" else (404,)
    if who not in ("receptionist", "specialist", "owner"):
        return (404,)
    held = guard.permission is None or guard.permission.code in _permissions(who)
    return fine if held else (403,)


def _permissions(who: str) -> set[str]:
    lacks = {"receptionist": RECEPTION_LACKS, "specialist": SPECIALIST_LACKS}.get(who, ())
    return {one.code for one in all_permissions() if not one.code.startswith(tuple(lacks))}


def _written_refusals(everything: Everything) -> set[tuple[str, str]]:
    """(person, action) of the refusals in our clinic's trail."""
    cast = everything.cast
    names = {
        cast.ramona.human_id: "receptionist",
        cast.stefan.human_id: "specialist",
        cast.olga.human_id: "owner",
    }
    with scoped(everything.session, Scope(org_id=cast.clinic.id)):
        rows = everything.session.execute(
            select(AuditEvent.actor_human_id, AuditEvent.action).where(
                AuditEvent.outcome == "refused", AuditEvent.status == 403
            )
        ).all()
    return {(names.get(row.actor_human_id, "somebody else"), row.action) for row in rows}


def _content(everything: Everything, org_id: object) -> dict[str, str]:
    """A digest of every row of a clinic, by table; what only tells of attempts is left out."""
    session = everything.session
    with scoped(session, Scope(org_id=org_id)):  # type: ignore[arg-type]
        return {
            table.name: str(
                session.scalar(
                    text(f"SELECT md5(string_agg(t::text, '' ORDER BY t.id)) FROM {table.name} t")
                )
            )
            for table in clinic_tables()
        }
