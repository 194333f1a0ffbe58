"""The small scripts in real Chromium, on the sample pages, under the product's own content policy."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from threading import Thread

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import make_server

from app.web import catalogue
from tests.support.chromium import until
from tests.support.look import look_app

pytestmark = pytest.mark.browser
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
SMALL_TARGETS = """() => [...document.querySelectorAll("a, button, summary, input, select")]
  .filter((e) => e.offsetParent && !e.closest("p, .skip-link, .visually-hidden") && !e.matches(".visually-hidden"))
  .map((e) => e.closest("label, .check") || e)
  .filter((e) => e.getBoundingClientRect().height < 43.9)
  .map((e) => e.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, look_app(), threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}/ui/"
    server.shutdown()


@pytest.fixture(scope="module")
def context_for(chromium: Browser) -> Callable[..., BrowserContext]:
    """One context for equal options, so that styles and scripts come from its cache."""
    made: dict[str, BrowserContext] = {}

    def give(**options: object) -> BrowserContext:
        key = json.dumps(options, sort_keys=True)
        if key not in made:
            made[key] = chromium.new_context(**({"viewport": DESKTOP} | options))
        return made[key]

    return give


@pytest.fixture
def visit(
    chromium: Browser, context_for: Callable[..., BrowserContext], address: str
) -> Iterator[Callable[..., Page]]:
    """Open a sample page; the test fails if the console shows a refusal or an error of ours."""
    pages: list[Page] = []
    own: list[BrowserContext] = []
    complaints: list[str] = []

    def go(name: str, *, alone: bool = False, clock: bool = False, **options: object) -> Page:
        if alone or clock:  # What it changes outlives a page.
            own.append(chromium.new_context(**({"viewport": DESKTOP} | options)))
        page = own[-1].new_page() if alone or clock else context_for(**options).new_page()
        pages.append(page)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if _refused(line) else None)
        if clock:
            page.clock.install()
        page.goto(address + name)
        return page

    yield go
    for opened in [*pages, *own]:
        opened.close()
    assert complaints == []


def _refused(line) -> bool:
    return line.type == "error" and "Content Security Policy" in line.text


@pytest.mark.proves("A11-01", "SEC-01")
@pytest.mark.parametrize("name", catalogue.PAGES)
def test_every_page_fits_a_phone_and_obeys_the_policy(
    visit: Callable[..., Page], name: str
) -> None:
    page = visit(name, viewport=PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert page.evaluate("getComputedStyle(document.body).fontFamily").startswith("Figtree")


@pytest.mark.proves("A11-01")
@pytest.mark.parametrize("name", ["booking", "details", "portal", "reschedule", "kiosk", "signin"])
def test_targets_of_patients_are_large(visit: Callable[..., Page], name: str) -> None:
    assert visit(name, viewport=PHONE).evaluate(SMALL_TARGETS) == []


def test_what_is_wrong_takes_focus(visit: Callable[..., Page]) -> None:
    page = visit("catalogue")
    assert page.evaluate("document.activeElement.className") == "error-summary"


def test_dialog_opens_and_gives_focus_back(visit: Callable[..., Page]) -> None:
    page = visit("catalogue")
    page.click("text=Open a dialog")
    assert page.evaluate("document.activeElement.closest('dialog').id") == "sample-dialog"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.dataset.dialogOpen") == "sample-dialog"


@pytest.mark.parametrize(("answer", "sent"), [("Yes, tell her", 1), ("Go back", 0)])
def test_danger_asks_first(visit: Callable[..., Page], answer: str, sent: int) -> None:
    page = visit("catalogue")
    posts: list[str] = []
    page.on("request", lambda r: posts.append(r.post_data or "") if r.method == "POST" else None)
    page.click("form[data-confirm] button")
    assert page.inner_text("[data-confirm-text]") == "Tell Dr. Pavel that the patient is here?"
    page.click(f"#confirm >> text={answer}")
    page.wait_for_timeout(200)
    assert len(posts) == sent
    assert all(post.startswith("csrf_token=") for post in posts)


@pytest.mark.proves("BYD-05")
@pytest.mark.parametrize("key", ["/", "Control+k"])
def test_search_by_keyboard_alone(visit: Callable[..., Page], key: str) -> None:
    page = visit("console")
    page.keyboard.press(key)
    page.keyboard.type("stef")
    page.wait_for_selector("[data-results] a")
    # An answer to the letters before may still be on its way, and would take the choice back.
    page.wait_for_load_state("networkidle")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    with page.expect_navigation(url="**/ui/empty"):
        page.keyboard.press("Enter")


def test_panel_takes_focus_and_escape_closes_it(visit: Callable[..., Page]) -> None:
    page = visit("console")
    page.evaluate("""() => {
      const link = document.querySelector(".event a");
      link.setAttribute("hx-get", "/ui/panel");
      link.setAttribute("hx-target", "#panel");
      htmx.process(link);
    }""")
    page.click(".event a")
    page.wait_for_selector("#panel-title")
    assert page.evaluate("document.activeElement.id") == "panel-title"
    page.keyboard.press("Escape")
    assert page.inner_html("#panel") == ""
    assert page.evaluate("document.activeElement.matches('.event a')")


@pytest.mark.parametrize(
    ("code", "swapped"),
    [(200, True), (409, True), (410, True), (422, True), (500, False), (403, False)],
)
def test_which_answers_replace_the_page(
    visit: Callable[..., Page], code: int, swapped: bool
) -> None:
    page = visit("empty")
    page.evaluate(f"htmx.ajax('GET', '/ui/status/{code}', '#main').catch(() => null)")
    until(
        page,
        "!!document.querySelector('.toasts .toast') || /^answer/.test(document.querySelector('#main').innerText)",
    )
    assert (page.inner_text("#main") == f"answer {code}") is swapped
    assert (page.locator(".toasts .toast").count() == 0) is swapped


def test_lost_network_says_so(visit: Callable[..., Page]) -> None:
    page = visit("empty", alone=True)
    page.context.set_offline(True)
    page.evaluate("htmx.ajax('GET', '/ui/status/200', '#main').catch(() => null)")
    page.wait_for_selector(".toasts .toast >> text=No connection")


def test_rows_and_slots_by_keyboard(visit: Callable[..., Page]) -> None:
    page = visit("catalogue")
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.textContent") == "Ștefan Țurcanu"
    page = visit("booking")
    page.focus(".slot")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent") == "09:45"


def test_calendar_by_arrows_in_the_order_of_the_day(visit: Callable[..., Page]) -> None:
    page = visit("console")
    page.focus(".event a")
    seen = []
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
        seen.append(page.evaluate("document.activeElement.textContent.trim().slice(0, 12)"))
    assert seen == ["10:00 free", "Ștefan Țurca", "10:30 free"]


@pytest.mark.proves("SCH-09")
def test_countdown_ends_with_a_word_and_an_event(visit: Callable[..., Page]) -> None:
    page = visit("details", clock=True)
    page.evaluate(
        "document.addEventListener('countdown:end', () => { document.body.dataset.ended = 'yes'; })"
    )
    page.clock.run_for(6 * 60_000)
    assert page.locator(".countdown").get_attribute("data-urgent") is None
    page.clock.run_for(60_000)
    assert page.locator(".countdown").get_attribute("data-urgent") == ""
    page.clock.run_for(60_000)
    assert "This time was released" in page.inner_text(".countdown")
    assert page.evaluate("document.body.dataset.ended") == "yes"


@pytest.mark.proves("SIG-01")
def test_signature_is_kept_as_picture_and_strokes(visit: Callable[..., Page]) -> None:
    page = visit("kiosk", viewport={"width": 1024, "height": 768})
    page.locator("[data-signature-canvas]").scroll_into_view_if_needed()
    box = page.locator("[data-signature-canvas]").bounding_box()
    for line in range(2):
        page.mouse.move(box["x"] + 50, box["y"] + 60 + 40 * line)
        page.mouse.down()
        page.mouse.move(box["x"] + 250, box["y"] + 90 + 40 * line, steps=12)
        page.mouse.up()
    points = json.loads(page.input_value("[name=signature_points]"))
    assert len(points["strokes"]) == 2
    assert all(len(stroke) >= 12 for stroke in points["strokes"])
    times = [point[2] for stroke in points["strokes"] for point in stroke]
    assert times == sorted(times)
    assert page.input_value("[name=signature_png]").startswith("data:image/png;base64,")
    page.click("[data-signature-undo]")
    assert len(json.loads(page.input_value("[name=signature_points]"))["strokes"]) == 1
    page.click("[data-signature-clear]")
    assert page.input_value("[name=signature_png]") == ""
    assert page.input_value("[name=signature_points]") == ""


def test_signature_survives_turning_the_tablet(visit: Callable[..., Page]) -> None:
    page = visit("kiosk", viewport={"width": 1024, "height": 768})
    page.locator("[data-signature-canvas]").scroll_into_view_if_needed()
    box = page.locator("[data-signature-canvas]").bounding_box()
    page.mouse.move(box["x"] + 700, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 850, box["y"] + 90, steps=8)
    page.mouse.up()
    page.set_viewport_size({"width": 768, "height": 1024})
    until(page, "JSON.parse(document.querySelector('[name=signature_points]').value).width < 760")
    points = json.loads(page.input_value("[name=signature_points]"))
    assert max(point[0] for point in points["strokes"][0]) <= points["width"]


def test_kiosk_warns_then_forgets(visit: Callable[..., Page]) -> None:
    page = visit("kiosk?of=somebody", clock=True)
    page.clock.run_for(110_000)
    assert page.is_visible("[data-idle-warning]")
    page.click("text=I am still here")
    page.clock.run_for(2_000)
    assert not page.is_visible("[data-idle-warning]")
    page.clock.run_for(121_000)
    expect(page).to_have_url(re.compile(r"/ui/kiosk$"))


def test_theme_changes_at_once(visit: Callable[..., Page]) -> None:
    page = visit("console", color_scheme="light")
    page.click(".rail .person")
    with page.expect_request("**/ui/theme") as sent:
        page.click("text=Dark")
    assert "theme=dark" in sent.value.post_data
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_live_parts_are_asked_again_where_there_is_no_stream(visit: Callable[..., Page]) -> None:
    page = visit("console", clock=True)
    page.evaluate("""() => {
      document.body.addEventListener("live:appointments", () => { document.body.dataset.live = "yes"; });
      const part = document.createElement("div");
      Object.assign(part.dataset, { live: "/ui/nowhere", liveTopics: "appointments" });
      document.body.append(part);
      document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt: part } }));
    }""")
    page.wait_for_timeout(300)
    page.clock.run_for(31_000)
    assert page.evaluate("document.body.dataset.live") == "yes"


def test_without_script_pages_say_what_they_need(visit: Callable[..., Page]) -> None:
    page = visit("kiosk", java_script_enabled=False)
    assert page.is_visible(".signature noscript .error")
    assert not page.is_visible("[data-signature-canvas]")
    page = visit("booking", java_script_enabled=False)
    page.click("text=09:45 >> nth=0")
    page.wait_for_url("**/ui/details")
    page = visit("console", java_script_enabled=False, viewport=PHONE)
    assert page.is_visible(".rail-link >> text=Patients")
