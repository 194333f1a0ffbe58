"""Files of a visit: told by content, opened through short links that are journaled, shown, hidden, removed (APT-02)."""

from __future__ import annotations

import io
import uuid

import pytest
from flask import Flask
from PIL import Image
from redis import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from app.appointments.files import actions
from app.appointments.files.jobs import erase_removed
from app.appointments.files.models import VisitFile
from app.kernel.audit.models import RecordAccess
from app.kernel.blobs.models import Blob
from app.kernel.jobs import Surroundings
from app.kernel.tenancy.scope import Scope, scoped
from tests.factories.cast import Cast
from tests.factories.desk import Booked, asked_for, book_for, english
from tests.factories.scene import Scene
from tests.support.browser_client import BrowserClient, SignIn
from tests.support.clock import FrozenClock
from tests.support.queries import MOST, CountQueries

pytestmark = pytest.mark.proves("APT-02", "KRN-07")
CONSOLE, PORTAL = "/movimento/console", "/movimento/portal"
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\nstartxref\n9\n%%EOF\n"


@pytest.fixture
def visit(session: Session, redis: Redis, scene: Scene, cast: Cast) -> Booked:
    return book_for(session, redis, scene, cast)


@pytest.fixture
def desk(signed_in: SignIn, cast: Cast, visit: Booked) -> BrowserClient:
    return english(signed_in(cast.ramona))


def page_of(visit: Booked) -> str:
    return f"{CONSOLE}/visits/{visit.id}/files"


def sent(
    desk: BrowserClient,
    visit: Booked,
    content: bytes = PDF,
    name: str = "trimitere.pdf",
    **more: str,
) -> int:
    data = {"file": (io.BytesIO(content), name), **more}
    return desk.post(page_of(visit), data=data, content_type="multipart/form-data").status_code


def the_file(session: Session, visit: Booked) -> VisitFile:
    with scoped(session, Scope(org_id=visit.org_id)):
        found = session.scalars(select(VisitFile).execution_options(populate_existing=True))
        return found.one()


def test_kept_opened_shown_hidden_and_removed(
    app: Flask,
    session: Session,
    cast: Cast,
    signed_in: SignIn,
    desk: BrowserClient,
    visit: Booked,
    count_queries: CountQueries,
) -> None:
    assert "Keep a file" in desk.get(f"{CONSOLE}/visits/{visit.id}").text
    assert sent(desk, visit, title="Trimitere de la medic") == 303
    with count_queries() as asked:
        text = desk.get(page_of(visit)).text
    assert len(asked_for(asked)) <= MOST
    assert "Trimitere de la medic" in text
    assert "Team only" in text
    assert "1 file" in desk.get(f"{CONSOLE}/visits/{visit.id}").text
    found = the_file(session, visit)
    one = f"{CONSOLE}/visit-files/{found.id}"
    opened = desk.get(one)
    assert opened.status_code == 303
    assert desk.get(opened.location).data == PDF
    with scoped(session, Scope(org_id=visit.org_id)):
        looks = session.scalars(select(RecordAccess.what)).all()
        key = session.get_one(Blob, (visit.org_id, found.blob_id)).key
    assert "visit_file" in looks
    assert key.startswith(f"{visit.org_id}/visit-files/")
    petra = english(signed_in(cast.petra))
    assert "Files from the clinic" not in petra.get(f"{PORTAL}/visits").text
    assert petra.get(f"{PORTAL}/files/{found.id}").status_code == 404
    assert desk.post(f"{one}/share", data={"shared": "1"}).status_code == 303
    assert "Files from the clinic" in petra.get(f"{PORTAL}/visits").text
    assert "Trimitere de la medic" in petra.get(f"{PORTAL}/files").text
    assert petra.get(petra.get(f"{PORTAL}/files/{found.id}").location).data == PDF
    carmen = english(signed_in(cast.carmen))
    assert carmen.get(f"{PORTAL}/files/{found.id}").status_code == 404
    desk.post(f"{one}/share", data={"shared": "0"})
    assert petra.get(f"{PORTAL}/files/{found.id}").status_code == 404
    assert "cannot be brought back" in desk.get(f"{one}/remove").text
    assert desk.post(f"{one}/remove", data={"reason": "x"}).status_code == 422
    assert desk.post(f"{one}/remove", data={"reason": "Alt pacient"}).status_code == 303
    assert desk.get(one).status_code == 404
    assert "No file yet" in desk.get(page_of(visit)).text
    gone = the_file(session, visit)
    assert (gone.removal_reason, gone.removed_by) == ("Alt pacient", cast.ramona.human_id)


def test_a_picture_is_written_anew_without_what_a_camera_adds(
    app: Flask, session: Session, desk: BrowserClient, visit: Booked
) -> None:
    raw, exif = io.BytesIO(), Image.Exif()
    exif[0x010F] = "Secret camera"
    Image.new("RGB", (40, 30), "red").save(raw, "JPEG", exif=exif)
    assert b"Secret camera" in raw.getvalue()
    assert sent(desk, visit, raw.getvalue(), "poză.exe") == 303
    found = the_file(session, visit)
    assert found.title == "poză.jpg"
    stored = desk.get(desk.get(f"{CONSOLE}/visit-files/{found.id}").location)
    assert stored.mimetype == "image/jpeg"
    assert b"Secret camera" not in stored.data


@pytest.mark.parametrize(
    "content",
    [b"", b"MZ\x90 a program", b"<html>", b"%PDF-1.7 cut off", b"\xff\xd8\xff no picture"],
)
def test_what_is_no_such_file_is_refused(
    session: Session, desk: BrowserClient, visit: Booked, content: bytes
) -> None:
    assert sent(desk, visit, content) == 422
    with scoped(session, Scope(org_id=visit.org_id)):
        assert not session.scalars(select(VisitFile)).all()


def test_a_visit_keeps_so_many(
    desk: BrowserClient, visit: Booked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST", 1)
    assert sent(desk, visit) == 303
    assert sent(desk, visit) == 409


def test_content_of_removed_files_is_erased_again_at_night(
    app: Flask,
    session: Session,
    test_sessions: sessionmaker[Session],
    desk: BrowserClient,
    visit: Booked,
    clock: FrozenClock,
) -> None:
    """What a storage that was away has kept is gone the next morning; erasing twice is no error."""
    sent(desk, visit)
    found, blobs = the_file(session, visit), app.extensions["blobs"]
    with scoped(session, Scope(org_id=visit.org_id)):
        key = session.get_one(Blob, (visit.org_id, found.blob_id)).key
    desk.post(f"{CONSOLE}/visit-files/{found.id}/remove", data={"reason": "Alt pacient"})
    blobs.put(key, PDF)
    clock.advance(days=1)
    erase_removed(Surroundings(test_sessions, clock, blobs))
    erase_removed(Surroundings(test_sessions, clock, blobs))
    assert not blobs.exists(key)


def test_only_who_may(
    session: Session,
    signed_in: SignIn,
    cast: Cast,
    desk: BrowserClient,
    visit: Booked,
    clock: FrozenClock,
) -> None:
    sent(desk, visit)
    file_id = the_file(session, visit).id
    assert desk.get(f"{CONSOLE}/visit-files/{uuid.uuid4()}").status_code == 404
    assert desk.get(f"{CONSOLE}/visits/{uuid.uuid4()}/files").status_code == 404
    stranger = english(signed_in(cast.bogdan))
    assert stranger.get(f"/altius/console/visit-files/{file_id}").status_code == 404
    link = desk.get(f"{CONSOLE}/visit-files/{file_id}").location
    clock.advance(minutes=6)
    assert desk.get(link).status_code in (404, 410)
