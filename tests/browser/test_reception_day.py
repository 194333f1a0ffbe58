"""Journey b in real Chromium: reception works the day; two desks see each other's changes at once."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from playwright.sync_api import Browser, Page, expect

from app.appointments.models import Appointment
from tests.browser.conftest import SLUG, Desk, OpenDay, drag
from tests.support.chromium import PATIENCE_MS

pytestmark = pytest.mark.browser
SEEN = """hidden => {
    Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.mark.proves("BOK-04", "APT-03", "APT-04", "SCH-06", "BYD-05")
def test_reception_works_the_day(desk: Desk, open_day: OpenDay) -> None:
    complaints: list[str] = []
    page, colleague = open_day(complaints), open_day(complaints)
    _find_and_change_ones_mind(page, desk)
    booked = _book_from_a_free_cell(page, colleague, desk)
    _check_in_and_take_it_back(page, colleague, desk)
    _cancel_and_bring_back(page, colleague, desk)
    _confirm_beside_the_card(page, desk, booked)
    assert complaints == []


def _find_and_change_ones_mind(page: Page, desk: Desk) -> None:
    """Two keystrokes and a few letters, accents aside; what is closed again leaves focus where it was."""
    page.keyboard.press("/")
    page.keyboard.type("turcanu stef")
    found = page.locator("#finder-results a", has_text="Ștefan Țurcanu")
    expect(found).to_be_visible()
    page.keyboard.press("Escape")

    # The letter of a link that nobody sees: closed again, nothing has moved.
    page.locator(f"#visit-{desk.visits[0]}").focus()
    page.keyboard.press("b")
    expect(page.locator("#book-q")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(f"#visit-{desk.visits[0]}")).to_be_focused()
    assert page.evaluate("document.activeElement.closest('[aria-hidden=true]')") is None


def _book_from_a_free_cell(page: Page, colleague: Page, desk: Desk) -> Appointment:
    """The colleague sees it without a reload."""
    second = desk.clinic.specialist_ids[1]
    page.locator(f"#free-{second}-{15 * 60}").click()
    page.fill("#book-q", "ioana")
    # Enter takes who is found first, even while the answer is still on its way.
    page.locator("#book-q").press("Enter")
    chosen = page.locator("#book-found .choice", has_text="Ioana Albu").locator("input")
    expect(chosen).to_be_checked()
    expect(chosen).to_be_focused()
    expect(page.locator("#book-time")).to_have_value("15:00")
    # A tab that nobody sees listens no more; seen again, it asks what it missed.
    colleague.evaluate(SEEN, True)
    page.get_by_role("button", name="Book the visit").click()
    expect(page.locator("#toasts")).to_contain_text("Booked for")
    booked = desk.newest()
    assert (booked.specialist_id, booked.channel) == (second, "phone")
    with colleague.expect_request("**/console/live"):
        colleague.evaluate(SEEN, False)
    expect(colleague.locator(f"#visit-{booked.id}")).to_be_visible()
    page.keyboard.press("Escape")
    return booked


def _check_in_and_take_it_back(page: Page, colleague: Page, desk: Desk) -> None:
    page.goto(f"{desk.address}/{SLUG}/console/")
    page.locator(f"#visit-{desk.visits[0]}").click()
    panel = page.locator("#panel")
    panel.get_by_role("button", name="Check in").click()
    expect(panel).to_contain_text("Arrived")
    expect(colleague.locator(f"li[data-event='{desk.visits[0]}']")).to_have_class(
        re.compile("is-warn")
    )
    page.get_by_role("button", name="Undo").click()
    page.wait_for_load_state()
    assert desk.visit(0).checked_in_at is None


def _cancel_and_bring_back(page: Page, colleague: Page, desk: Desk) -> None:
    """The dialog says first what will happen; the toast brings it back."""
    page.locator(f"#visit-{desk.visits[1]}").click()
    page.locator("#panel").get_by_role("link", name="Cancel the visit").click()
    dialog = page.locator("#dialog dialog")
    expect(dialog).to_contain_text("is told by e-mail to p11@example.com")
    dialog.get_by_role("button", name="Cancel the visit").click()
    expect(colleague.locator(f"#visit-{desk.visits[1]}")).to_have_count(0)
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(colleague.locator(f"#visit-{desk.visits[1]}")).to_be_visible()


def _confirm_beside_the_card(page: Page, desk: Desk, booked: Appointment) -> None:
    """What is done in the panel beside a patient's card stands on the card at once."""
    page.goto(f"{desk.address}/{SLUG}/console/patients/{booked.patient_id}")
    page.locator(f"#patient-visits a[href$='{booked.id}']").click()
    page.locator("#panel").get_by_role("button", name="Confirm").click()
    expect(page.locator(f"#patient-visits a[href$='{booked.id}']")).to_contain_text("Confirmed")


@pytest.mark.proves("APT-03", "BYD-01", "BYD-05")
def test_a_visit_is_dragged_back_and_forth(desk: Desk, open_day: OpenDay) -> None:
    page = open_day()
    first, second = desk.clinic.specialist_ids
    drag(page, desk.visits[0], second, 13 * 60)
    expect(page.locator("#toasts")).to_contain_text("moved to")
    moved = desk.visit(0)
    assert moved.specialist_id == second
    assert moved.starts_at == dt.datetime(2027, 3, 3, 11, 0, tzinfo=dt.UTC)
    assert not page.locator("#panel [data-panel]").count(), "a drag is no click"
    page.get_by_role("button", name="Undo").click()
    page.wait_for_load_state()
    back = desk.visit(0)
    assert (back.specialist_id, back.starts_at.hour) == (first, 9)

    # Onto another visit: it falls back; the panel says why, and the first free time that it offers is taken.
    drag(page, desk.visits[0], first, 13 * 60 + 15)
    panel = page.locator("#panel")
    expect(panel).to_contain_text("Has a visit that takes 13:00")
    expect(panel.get_by_role("button", name="Move it there all the same")).to_be_visible()
    item = page.locator(f"li[data-event='{desk.visits[0]}']")
    expect(item).to_have_attribute("data-start", str(11 * 60))
    assert desk.visit(0).starts_at.hour == 9
    panel.get_by_role("group", name="Free next: move it to").get_by_role("button").first.click()
    expect(item).to_have_attribute("data-start", str(13 * 60 + 45))
    assert desk.visit(0).starts_at == dt.datetime(2027, 3, 3, 11, 45, tzinfo=dt.UTC)
    # Closed, whatever stands in the place of the visit has the focus.
    page.keyboard.press("Escape")
    expect(page.locator(f"#visit-{desk.visits[0]}")).to_be_focused()


@pytest.mark.proves("SCH-08", "BYD-04", "SCH-06")
def test_a_cancelled_time_reaches_who_waits_on_their_phone(
    desk: Desk, open_day: OpenDay, chromium: Browser
) -> None:
    page = open_day()
    phone = chromium.new_context(viewport={"width": 390, "height": 844}, locale="en-GB")
    phone.set_default_timeout(PATIENCE_MS)
    guest = phone.new_page()
    guest.goto(f"{desk.address}/{SLUG}/book/{desk.clinic.calendar}")
    guest.get_by_role("link", name="No time that suits you?").click()
    guest.get_by_label("With").select_option(label="Ana Pavel")
    for part in ("Morning", "Evening"):
        guest.get_by_label(part).uncheck()
    guest.get_by_label("From").fill("2027-03-03")
    guest.get_by_label("Until").fill("2027-03-03")
    guest.get_by_label("Full name").fill("Vlad Marin")
    guest.get_by_label("Mobile number").fill("0722 555 666")
    guest.get_by_label("E-mail").fill("vlad@example.com")
    guest.locator("label[for=texts]").click()
    desk.close_all_but_the_visits()
    guest.get_by_role("button", name="Put me on the list").click()
    expect(guest.get_by_role("heading", name="You are on the list")).to_be_visible()
    desk.tell()
    assert desk.texts("/o/") == []

    page.locator(f"#visit-{desk.visits[1]}").click()
    page.locator("#panel").get_by_role("link", name="Cancel the visit").click()
    page.locator("#dialog dialog").get_by_role("button", name="Cancel the visit").click()
    expect(page.locator(f"#visit-{desk.visits[1]}")).to_have_count(0)
    desk.clock.advance(seconds=25)
    desk.tell()
    expect(page.get_by_text("Offered to the waiting list")).to_be_visible()
    [text] = desk.texts("/o/")
    found = re.search(r"/receptie/o/\w+", text)
    assert found
    guest.goto(desk.address + found[0])
    guest.get_by_role("button", name="Take this time").click()
    expect(guest.locator("#toasts")).to_contain_text("It is yours")
    expect(page.locator(f"#visit-{desk.newest().id}")).to_be_visible()
    assert desk.newest().starts_at == dt.datetime(2027, 3, 3, 11, 0, tzinfo=dt.UTC)
    phone.close()


@pytest.mark.proves("APT-04", "SCH-06")
def test_who_is_called_appears_on_the_wall_without_a_reload(
    desk: Desk, open_day: OpenDay, chromium: Browser
) -> None:
    page = open_day()
    wall = chromium.new_context(viewport={"width": 1280, "height": 720})
    screen = wall.new_page()
    screen.goto(desk.screen())
    expect(screen.locator(".wall-waiting p").first).to_be_visible()
    page.locator(f"#visit-{desk.visits[0]}").click()
    expect(page.locator("#panel").get_by_role("button", name="Check in")).to_be_visible()
    page.keyboard.press("a")
    expect(screen.locator(".wall-waiting b")).to_have_text("ȘȚ")
    expect(page.locator("#panel").get_by_role("button", name="Call")).to_be_visible()
    page.keyboard.press("c")
    expect(screen.locator("[data-called] .wall-who")).to_have_text("ȘȚ")
    expect(screen.locator(".wall-waiting b")).to_have_count(0)
    assert wall.cookies() == []
    assert screen.evaluate("document.documentElement.scrollWidth <= innerWidth")

    # The network goes: the last state stays, with a sign. It comes back: the sign goes.
    ask = "document.body.dispatchEvent(new CustomEvent('live:appointments', {bubbles: true}))"
    wall.set_offline(True)
    screen.evaluate(ask)
    expect(screen.locator("[data-wall-lost]")).to_be_visible()
    expect(screen.locator("[data-called] .wall-who")).to_have_text("ȘȚ")
    wall.set_offline(False)
    screen.evaluate(ask)
    expect(screen.locator("[data-wall-lost]")).to_be_hidden()

    # The screen is ended: nobody stands on it any more, without anybody touching it.
    desk.end_screens()
    screen.evaluate(ask)
    expect(screen.locator("[data-wall-ended]")).to_be_visible()
    expect(screen.locator(".wall-who")).to_have_count(0)
    wall.close()


@pytest.mark.proves("BYD-01")
def test_two_desks_and_one_time(desk: Desk, open_day: OpenDay) -> None:
    page, colleague = open_day(), open_day()
    second = desk.clinic.specialist_ids[1]
    for one, name, who in ((page, "ioana", "Ioana Albu"), (colleague, "stefan", "Ștefan Țurcanu")):
        one.locator(f"#free-{second}-{15 * 60}").click()
        one.fill("#book-q", name)
        one.locator("#book-found .choice", has_text=who).click()
        one.fill("#book-note", f"pentru {name}")
    page.get_by_role("button", name="Book the visit").click()
    expect(page.locator("#toasts")).to_contain_text("Booked for")
    colleague.get_by_role("button", name="Book the visit").click()
    expect(colleague.locator("#panel")).to_contain_text("This time was just taken")
    expect(colleague.locator("#book-note")).to_have_value("pentru stefan")
    colleague.locator("#panel .picks button").first.click()
    expect(colleague.locator("#panel .reason.is-ok")).to_be_visible()
    colleague.get_by_role("button", name="Book the visit").click()
    expect(colleague.locator("#toasts")).to_contain_text("Booked for")


def test_the_keyboard_alone_reaches_everything(open_day: OpenDay) -> None:
    page = open_day()
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("[data-calendar]").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#panel [data-panel]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#panel [data-panel]")).to_have_count(0)
    page.keyboard.press("n")
    expect(page.locator("#book-q")).to_be_focused()
    page.keyboard.press("Escape")
    page.locator("body").click(position={"x": 5, "y": 400})
    page.keyboard.press("f")
    page.wait_for_url("**/day/2027-03-04")
    page.keyboard.press("t")
    page.wait_for_url("**/day/2027-03-03")
    page.keyboard.press("l")
    page.wait_for_url("**view=list")
    expect(page.locator("table")).to_contain_text("Ștefan Țurcanu")
