"""The page with the addresses of the booking pages, and the list of sites that may show them."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.kernel.audit.models import AuditEvent
from app.kernel.tenancy.embedding import MOST as MOST_SITES
from app.kernel.tenancy.models import EmbedOrigin
from app.kernel.tenancy.scope import Scope, scoped
from app.lib.ids import uuid7
from tests.factories.cast import Cast
from tests.factories.desk import english
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.queries import MOST, CountQueries

PAGE = "/movimento/console/embedding"
ADD = f"{PAGE}/origins"


@pytest.fixture
def owner(signed_in: SignIn, cast: Cast, scene: Scene) -> BrowserClient:
    return english(signed_in(cast.olga))


def origins(session: Session, scene: Scene) -> dict[str, str]:
    with scoped(session, Scope(org_id=scene.org_id)):
        rows = session.execute(select(EmbedOrigin.origin, EmbedOrigin.id)).all()
    return {row.origin: str(row.id) for row in rows}


@pytest.mark.proves("BOK-05", "CAT-03")
def test_every_calendar_has_its_address_code_and_snippet(
    owner: BrowserClient, scene: Scene, count_queries: CountQueries
) -> None:
    with count_queries() as asked:
        page = owner.get(f"{PAGE}?show=kinetoterapie")
    assert asked.count <= MOST, asked.statements
    text = page.text
    assert '/movimento/book/kinetoterapie" aria-label="Address of Physiotherapy"' in text
    assert text.count("QR code of") >= 2
    assert '/movimento/embed/book/kinetoterapie"&gt;' in text, "the snippet names the frame"
    assert "/static/js/embed.js" in text
    assert 'src="/movimento/embed/book/kinetoterapie"' in text, "the preview is the real page"
    policy = page.headers["Content-Security-Policy"]
    assert "frame-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert owner.get("/movimento/api/v1/docs").status_code == 200


@pytest.mark.proves("BOK-05", "SEC-01", "KRN-15")
def test_a_site_is_listed_and_taken_off_again(
    owner: BrowserClient, scene: Scene, session: Session
) -> None:
    owner.get(PAGE)
    for typed in ("www.Clinica-Noastră.ro/programari", "https://www.clinica-noastră.ro"):
        assert owner.post(ADD, data={"origin": typed}).status_code == 303
    [(origin, origin_id)] = origins(session, scene).items()
    assert origin == "https://www.xn--clinica-noastr-tvb.ro"
    assert origin in owner.get(PAGE).text
    owner.post(f"{ADD}/{origin_id}/remove")
    assert origins(session, scene) == {}
    with scoped(session, Scope(org_id=scene.org_id)):
        actions = session.scalars(
            select(AuditEvent.action).where(AuditEvent.action.startswith("embedding."))
        ).all()
    assert sorted(actions) == ["embedding.allow", "embedding.stop"]


@pytest.mark.proves("SEC-01")
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "fill this in"),
        ("clinica", "not the address of a site"),
        ("https://*.clinica.ro", "not the address of a site"),
        ("https://clinica.ro; script-src *", "not the address of a site"),
        ("https://'self'", "not the address of a site"),
        ("http://clinica.ro", "must be reached by https"),
        ("ftp://clinica.ro", "must be reached by https"),
        ("https://me:pass@clinica.ro", "not the address of a site"),
    ],
)
def test_what_is_no_site_is_refused(
    owner: BrowserClient, scene: Scene, session: Session, typed: str, words: str
) -> None:
    answer = owner.post(ADD, data={"origin": typed})
    assert answer.status_code == 422
    assert words in answer.text
    assert origins(session, scene) == {}


@pytest.mark.proves("BOK-05")
def test_a_list_has_an_end(owner: BrowserClient, scene: Scene, session: Session) -> None:
    with scoped(session, Scope(org_id=scene.org_id)):
        session.add_all(
            EmbedOrigin(org_id=scene.org_id, id=uuid7(), origin=f"https://site{number}.ro")
            for number in range(MOST_SITES)
        )
        session.flush()
    assert owner.post(ADD, data={"origin": "one-more.ro"}).status_code == 422


@pytest.mark.proves("KRN-03")
def test_who_may_not_change_calendars_may_not_change_this(
    signed_in: SignIn, cast: Cast, scene: Scene
) -> None:
    assert signed_in(cast.stefan).get(PAGE).status_code == 403
    assert signed_in(cast.bogdan).get(PAGE).status_code == 404
