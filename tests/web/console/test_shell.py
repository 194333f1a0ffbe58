"""The navigation of the console: it says where one is, on every page below an entry too."""

from __future__ import annotations

import pytest
from flask import Flask

from app.web.console.shell_part import NAV
from tests.factories.cast import Cast
from tests.factories.scene import Scene
from tests.support.browser_client import SignIn

HERE = 'aria-current="page"'


def test_every_page_that_an_entry_names_exists_and_belongs_to_one_entry(app: Flask) -> None:
    named = [one for entry in NAV for one in (entry[0], *entry[4])]
    assert [one for one in named if one not in app.view_functions] == []
    assert len(named) == len(set(named))


@pytest.mark.proves("A11-01")
@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("services/{service}/forms", "services"),
        ("services/{service}/terms", "services"),
        ("services/{service}/spaces", "services"),
        ("services/{service}/documents", "services"),
        ("calendars/{calendar}/forms", "calendars"),
        ("calendars/{calendar}/terms", "calendars"),
        ("patients/{patient}/consents", "forms"),
        ("patients/{patient}/course", "patients"),
        ("reviews/settings", "reviews"),
        ("audit/archive", "audit"),
        ("time?day=2027-03-03", ""),
    ],
)
def test_the_entry_above_a_page_is_marked(
    signed_in: SignIn, cast: Cast, scene: Scene, path: str, entry: str
) -> None:
    address = path.format(
        service=scene.service_id, calendar=scene.calendar_id, patient=cast.petra.patient_id
    )
    text = signed_in(cast.olga).get(f"/movimento/console/{address}").text
    rail = text.split('class="rail"')[1].split("</nav>")[0]
    (marked,) = [link for link in rail.split("<a ") if HERE in link]
    assert f'href="/movimento/console/{entry}"' in marked
