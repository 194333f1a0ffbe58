"""The week in real Chromium: visits change their date and length by pointer and by keys; time is blocked."""

from __future__ import annotations

import datetime as dt

import pytest
from playwright.sync_api import Locator, Page, expect

from app.scheduling.actions.blocking import block
from tests.browser.conftest import NOW, SLUG, Desk, OpenDay, drag
from tests.support.chromium import until

pytestmark = pytest.mark.browser
STOPS = "() => [...document.querySelectorAll('.cal-rows a')].filter((e) => e.tabIndex === 0).length"
NOTE_RENEWAL = """() => {
  window.renewal = "";
  window.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target.id === "day") window.renewal = event.defaultPrevented ? "held back" : "sent";
  });
}"""


@pytest.mark.proves("SCH-06", "APT-03", "BYD-05", "A11-01")
def test_a_visit_goes_to_another_date_and_gets_another_length(
    desk: Desk, open_day: OpenDay
) -> None:
    complaints: list[str] = []
    page, colleague = open_day(complaints), open_day(complaints)
    week = f"{desk.address}/{SLUG}/console/week/2027-03-03?who={desk.clinic.specialist_ids[0]}"
    page.goto(week)
    colleague.goto(week)

    # Dragged to Thursday; the colleague's week shows it; and back.
    drag(page, desk.visits[0], "2027-03-04", 15 * 60)
    expect(page.locator("#toasts")).to_contain_text("moved to")
    thursday = colleague.locator("section[data-column='2027-03-04']")
    expect(thursday.locator(f"#visit-{desk.visits[0]}")).to_be_visible()
    assert desk.visit(0).starts_at == dt.datetime(2027, 3, 4, 13, 0, tzinfo=dt.UTC)
    page.get_by_role("button", name="Undo").click()
    page.wait_for_load_state()
    expect(thursday.locator(f"#visit-{desk.visits[0]}")).to_have_count(0)

    # Its end is drawn out by a quarter; Undo gives the old one back.
    event = page.locator(f"li[data-event='{desk.visits[0]}']")
    draw_end(page, event, 45 + 15)
    expect(page.locator("#toasts")).to_contain_text("lasts 60 minutes now")
    expect(event).to_have_attribute("data-minutes", "60")
    page.get_by_role("button", name="Undo").click()
    page.wait_for_load_state()
    expect(event).to_have_attribute("data-minutes", "45")

    # By keys: Shift and down lengthen, Enter keeps; Space picks it up, arrows carry it, Escape leaves it.
    link = page.locator(f"#visit-{desk.visits[0]}")
    link.focus()
    for key in ("Shift+ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator("#calendar-said")).to_contain_text("55 minutes, 11:55")
    page.keyboard.press("Enter")
    expect(event).to_have_attribute("data-minutes", "55")
    expect(link).to_be_focused()
    for key in ("Space", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator("#calendar-said")).to_contain_text("11:15")
    page.keyboard.press("Escape")
    expect(page.locator(".cal-ghost")).to_have_count(0)
    for key in ("Space", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(page.locator("section[data-column='2027-03-04']").locator(link)).to_be_visible()
    assert desk.visit(0).ends_at == dt.datetime(2027, 3, 4, 9, 55, tzinfo=dt.UTC)
    assert complaints == []


@pytest.mark.proves("SCH-06", "BYD-01")
def test_time_is_blocked_where_it_is_drawn(desk: Desk, open_day: OpenDay) -> None:
    page = open_day()
    first = desk.clinic.specialist_ids[0]
    cell = page.locator(f"#free-{first}-{15 * 60}").bounding_box()
    assert cell is not None
    page.mouse.move(cell["x"] + 40, cell["y"] + 2)
    page.mouse.down()
    page.mouse.move(cell["x"] + 40, cell["y"] + cell["height"] * 2 - 3, steps=6)
    page.mouse.up()
    panel = page.locator("#panel")
    expect(panel).to_contain_text("Yes, it is free.")
    expect(panel.get_by_label("Until")).to_have_value("16:00")
    panel.get_by_label("Why (optional)").fill("Team meeting")
    panel.get_by_role("button", name="Block time").click()
    expect(page.locator(".cal-block", has_text="Team meeting")).to_be_visible()
    expect(page.locator(f"#free-{first}-{15 * 60}")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    page.wait_for_load_state()
    expect(page.locator(f"#free-{first}-{15 * 60}")).to_have_count(1)


def draw_end(page: Page, event: Locator, minutes: int) -> None:
    """Take the end of a visit and let it go where the visit lasts so long."""
    event.scroll_into_view_if_needed()
    box = event.bounding_box()
    assert box is not None
    was = int(event.get_attribute("data-minutes") or 0)
    end = box["y"] + box["height"]
    x = box["x"] + box["width"] / 2
    page.mouse.move(x, end - 4)
    page.mouse.down()
    page.mouse.move(x, end + 12, steps=3)
    page.mouse.move(x, box["y"] + box["height"] * minutes / was, steps=5)
    page.mouse.up()


@pytest.mark.proves("A11-01", "SCH-06")
def test_keys_walk_the_calendar_and_a_change_waits_for_the_hand(
    desk: Desk, open_day: OpenDay
) -> None:
    complaints: list[str] = []
    page = open_day(complaints)
    first = desk.clinic.specialist_ids[0]
    assert page.evaluate(STOPS) == 1, "the calendar is one stop of the Tab key"
    page.locator(f"#visit-{desk.visits[0]}").focus()
    assert page.evaluate(STOPS) == 1
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"#free-{first}-{11 * 60 + 45}")).to_be_focused()
    page.keyboard.press("End")
    last = page.locator(f"section[data-column='{first}'] .cal-rows a").last
    expect(last).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(
        page.locator(f"section[data-column='{first}'] + section .cal-rows a:focus")
    ).to_have_count(1)
    page.keyboard.press("ArrowLeft")

    # A colleague blocks the hour in which the other visit is carried: nothing jumps before it is let go.
    item = page.locator(f"li[data-event='{desk.visits[1]}']")
    box = item.bounding_box()
    assert box is not None
    page.evaluate(NOTE_RENEWAL)
    page.mouse.move(box["x"] + 60, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 60, steps=4)
    expect(page.locator(".cal-ghost")).to_be_visible()
    start = dt.datetime(2027, 3, 3, 13, 0, tzinfo=dt.UTC)
    lasting = dt.timedelta(hours=1)
    desk.do(
        lambda session: block(
            session, desk.actor, first, start, start + lasting, "Meeting", now=NOW
        )
    )
    until(page, "window.renewal !== ''")
    assert page.evaluate("() => window.renewal") == "held back"
    expect(page.locator(".cal-ghost")).to_be_visible()
    expect(page.locator(".cal-block", has_text="Meeting")).to_have_count(0)
    page.mouse.move(box["x"] + 60, box["y"] + 10, steps=4)
    page.mouse.up()
    expect(page.locator(".cal-block", has_text="Meeting")).to_be_visible()
    expect(page.locator(".cal-ghost")).to_have_count(0)

    # A month goes by days and weeks.
    page.goto(f"{desk.address}/{SLUG}/console/month/2027-03-03")
    page.locator("#date-2027-03-03").focus()
    for key, date in (("ArrowRight", "04"), ("ArrowDown", "11"), ("Home", "08"), ("End", "14")):
        page.keyboard.press(key)
        expect(page.locator(f"#date-2027-03-{date}")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{desk.address}/{SLUG}/console/day/2027-03-14")
    assert complaints == []
