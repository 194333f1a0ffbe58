"""Journey a in real Chromium on a phone: real server, real database; nothing third-party, little over the wire."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.factories.open_clinic import OpenClinic, open_clinic
from tests.support.live import Live

pytestmark = pytest.mark.browser
KILOBYTE = 1024
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def clinic(live: Live) -> OpenClinic:
    now = dt.datetime.now(dt.UTC)
    return live.run(lambda session: open_clinic(session, "phone-clinic", now=now, specialists=3))


@pytest.fixture
def phone(chromium: Browser, live: Live) -> Iterator[BrowserContext]:
    """A fresh phone in Lisbon that reads English; whatever its console complains of fails the test."""
    context = chromium.new_context(
        viewport=PHONE,
        locale="en",
        timezone_id="Europe/Lisbon",
        base_url=live.base_url,
        has_touch=True,
    )
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on(
        "console",
        lambda said: complaints.append(said.text) if "Content Security" in said.text else None,
    )
    yield context
    context.close()
    assert complaints == []


def no_sideways_scroll(page: Page) -> None:
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"], f"{page.url} is {wide} px wide"


@pytest.mark.proves("BOK-01", "BOK-03", "SCH-04", "APT-03")
def test_a_guest_books_on_a_phone(phone: BrowserContext, clinic: OpenClinic) -> None:
    page = phone.new_page()
    page.goto(f"/{clinic.slug}/")
    no_sideways_scroll(page)
    page.get_by_role("link", name="Physiotherapy").click()
    # The phone has told its zone: the small times are its own.
    expect(page.get_by_text("the small ones in Lisbon")).to_be_visible()
    no_sideways_scroll(page)
    days = page.get_by_role("navigation", name="Days").get_by_role("link")
    days.nth(4).click()
    expect(days.nth(4)).to_have_attribute("aria-current", "date")
    assert "day=" in page.url
    page.get_by_role("navigation", name="Specialist").get_by_text("Ana Pavel").click()
    expect(page.get_by_role("link", name="Ana Pavel")).to_have_attribute("aria-current", "true")
    page.locator(".slot-grid button").first.click()

    expect(page.get_by_text("Kept for you")).to_be_visible()
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"7:[0-5]\d"))
    no_sideways_scroll(page)
    book = page.get_by_role("button", name="Book this time")
    assert book.bounding_box()["y"] < PHONE["height"], "the button is at the thumb"
    page.get_by_label("Full name").fill("Ana <b>Pop</b>")
    page.get_by_label("Mobile number").fill("0722 123 456")
    book.click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Full name")).to_have_value("Ana <b>Pop</b>")
    page.get_by_label("E-mail").fill("ana@example.com")
    page.get_by_text("Text me about my visit.").last.click()
    book.click()

    expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    no_sideways_scroll(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Add to calendar").click()
    assert download.value.suggested_filename.endswith(".ics")
    assert b"BEGIN:VEVENT" in Path(download.value.path()).read_bytes()
    here = page.url
    page.go_back()
    expect(page).to_have_url(here)
    expect(page.get_by_text("You have booked this time already")).to_be_visible()
    page.get_by_role("link", name="Cancel the visit").click()
    page.get_by_role("button", name="Cancel the visit").click()
    expect(page.get_by_text("This visit is cancelled")).to_be_visible()


@pytest.mark.proves("BOK-01")
def test_a_first_visit_is_light_and_asks_nobody_else(
    phone: BrowserContext, clinic: OpenClinic, live: Live
) -> None:
    page = phone.new_page()
    wire = phone.new_cdp_session(page)
    wire.send("Network.enable")
    sizes: list[float] = []
    addresses: list[str] = []
    wire.on("Network.loadingFinished", lambda done: sizes.append(done["encodedDataLength"]))
    page.on("request", lambda request: addresses.append(request.url))
    page.goto(f"/{clinic.slug}/book/{clinic.calendar}", wait_until="networkidle")
    assert sum(sizes) <= 150 * KILOBYTE, f"{sum(sizes) / KILOBYTE:.0f} KB"
    assert [url for url in addresses if not url.startswith((live.base_url, "data:"))] == []


@pytest.mark.proves("A11-01")
def test_everything_can_be_reached_by_thumb_and_by_keyboard(
    phone: BrowserContext, clinic: OpenClinic
) -> None:
    page = phone.new_page()
    page.goto(f"/{clinic.slug}/book/{clinic.calendar}", wait_until="networkidle")
    small = page.evaluate(
        """() => [...document.querySelectorAll("main a, main button")]
        .filter((e) => e.offsetParent && !e.closest("p, .visually-hidden, .stepper"))
        .filter((e) => e.getBoundingClientRect().height < 43.9).map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert small == []
    first = page.locator(".slot-grid button").first
    first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".slot-grid button").nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Who is coming?")).to_be_visible()
    page.get_by_role("button", name="Choose another time").click()
    expect(page.get_by_role("heading", name="When suits you?")).to_be_visible()


def tab_to(page: Page, wanted: Locator, most: int = 90) -> None:
    """Press Tab until it is reached, as somebody without a mouse does; the focus can be seen on the way."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            ring = "one => getComputedStyle(one).outlineStyle !== 'none' || getComputedStyle(one).boxShadow !== 'none'"
            assert wanted.evaluate(ring), "nobody sees where the focus is"
            return
    pytest.fail(f"{wanted} is not reached by Tab")


def nothing_nameless(page: Page) -> None:
    """Whatever takes the focus has a name in the accessibility tree, and the page one main heading."""
    wire = page.context.new_cdp_session(page)
    nodes = wire.send("Accessibility.getFullAXTree")["nodes"]
    wire.detach()
    nameless = [
        node["role"]["value"]
        for node in nodes
        if not node["ignored"]
        and any(p["name"] == "focusable" and p["value"]["value"] for p in node["properties"])
        and node["role"]["value"] not in ("RootWebArea", "main")
        and not node.get("name", {}).get("value", "").strip()
    ]
    assert nameless == [], page.url
    assert page.get_by_role("heading", level=1).count() == 1, page.url


@pytest.mark.proves("A11-01", "BOK-01")
def test_the_whole_journey_by_keyboard_with_names_for_everything(
    phone: BrowserContext, clinic: OpenClinic
) -> None:
    page = phone.new_page()
    page.goto(f"/{clinic.slug}/")
    nothing_nameless(page)
    tab_to(page, page.get_by_role("link", name="Physiotherapy"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="When suits you?")).to_be_visible()
    nothing_nameless(page)
    page.goto(f"{page.url}?specialist=ana-pavel")
    other = phone.new_page()
    other.goto(page.url)
    tab_to(page, page.locator("form button[name=start]").first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Who is coming?")).to_be_visible()
    nothing_nameless(page)
    for label, typed in (
        ("Full name", "Ion Pop"),
        ("Mobile number", "0722 123 456"),
        ("E-mail", "ion@example.com"),
    ):
        tab_to(page, page.get_by_label(label))
        page.keyboard.type(typed)
    tab_to(page, page.get_by_role("checkbox"))
    page.keyboard.press("Space")
    tab_to(page, page.get_by_role("button", name="Book this time"))
    # Twice: an impatient finger books once.
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You are booked")).to_be_visible()
    nothing_nameless(page)
    # The other tab still shows that time.
    with other.expect_response(lambda answer: answer.request.method == "POST") as sent:
        other.locator("form button[name=start]").first.click()
    assert (sent.value.status, "gone=" in sent.value.headers["location"]) == (303, True)
    expect(other.get_by_text("That time was taken a moment ago.")).to_be_visible()
