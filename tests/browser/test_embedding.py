"""A clinic's own site shows the booking pages: another origin, no third-party cookies, booked through to the end."""

from __future__ import annotations

import datetime as dt
import http.server
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from app.kernel.access.actor import system
from app.kernel.tenancy.embedding import allow_embedding
from app.kernel.tenancy.scope import Scope
from tests.factories.open_clinic import OpenClinic, open_clinic
from tests.support.chromium import running_chromium
from tests.support.live import Live

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Browsers are about to give frames of other sites no cookies at all: neither does this one."""
    with running_chromium("--test-third-party-cookie-phaseout") as browser:
        yield browser


@pytest.fixture
def site(live: Live) -> Iterator[tuple[str, OpenClinic]]:
    """The clinic's own site, on a host of another name, with the snippet in its page."""
    now = dt.datetime.now(dt.UTC)
    clinic = live.run(lambda session: open_clinic(session, "own-site", now=now))
    base = live.base_url
    page = f"""<!doctype html><html lang="en"><title>Our site</title><h1>Our site</h1>
<div data-restartix="{base}/{clinic.slug}/embed/book/{clinic.calendar}"><a href="{base}/{clinic.slug}/">Book</a></div>
<script src="{base}/static/js/embed.js" async></script>"""

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}", clinic
    server.shutdown()


def heights(page: Page) -> float:
    return float(page.evaluate("document.querySelector('iframe').getBoundingClientRect().height"))


@pytest.mark.proves("BOK-05", "BOK-01", "SEC-01")
def test_a_guest_books_inside_the_clinics_own_site(
    chromium: Browser, live: Live, site: tuple[str, OpenClinic]
) -> None:
    address, clinic = site
    context = chromium.new_context(viewport={"width": 390, "height": 844}, locale="en")
    page = context.new_page()
    page.goto(address)
    frame = page.frame_locator("iframe")
    # Nobody has listed the site: the browser refuses the frame, and the plain link stays.
    page.wait_for_load_state("networkidle")
    expect(page.get_by_role("link", name="Book")).to_be_visible()
    assert heights(page) == 0
    now = dt.datetime.now(dt.UTC)
    live.run(
        lambda session: allow_embedding(session, system(clinic.id), address, now=now),
        Scope(org_id=clinic.id),
    )

    page.reload()
    expect(frame.get_by_role("heading", name="When suits you?")).to_be_visible()
    expect(page.get_by_role("link", name="Book")).to_be_hidden()
    frame.get_by_role("navigation", name="Days").get_by_role("link").nth(3).click()
    frame.locator(".slot-grid button").first.click()
    frame.get_by_label("Full name").fill("Ana Pop")
    frame.get_by_label("Mobile number").fill("0722 123 456")
    frame.get_by_label("E-mail").fill("ana@example.com")
    frame.get_by_text("Text me about my visit.").last.click()
    frame.get_by_role("button", name="Book this time").click()
    expect(frame.get_by_role("heading", name="You are booked")).to_be_visible()
    inside = page.frames[1].evaluate("document.body.scrollHeight")
    assert abs(heights(page) - inside) <= 2, "the frame is as tall as what it shows"
    assert context.cookies(live.base_url) == [], "not one cookie was set"
    context.close()
