"""The look: every sample page is valid, quiet under the CSP, readable and small."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import html5lib
import pytest
from flask import Flask, render_template
from markupsafe import Markup

from app.web import catalogue
from config import ROOT
from tests.support.look import look_app

CSS = ROOT / "static" / "css"
ERRORS = [400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429, 500, 503]
KILOBYTE = 1024


@pytest.fixture(scope="module")
def look() -> Flask:
    return look_app()


@pytest.fixture(scope="module")
def page(look: Flask) -> Callable[[str], str]:
    def render(name: str) -> str:
        with look.test_request_context("/ui"):
            template, context = catalogue.page(name)
            return render_template(template, **context)

    return render


@pytest.fixture(scope="module")
def macro(look: Flask) -> Callable[..., str]:
    """Render one macro alone: macro("data.html", "avatar", "Ana")."""

    def call(file: str, name: str, *args: object, **kwargs: object) -> str:
        with look.test_request_context("/ui"):
            template = look.jinja_env.get_template(f"ui/{file}")
            return str(getattr(template.module, name)(*args, **kwargs))

    return call


def tree(html: str):
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)


def assert_sound(html: str) -> None:
    """Valid HTML; unique ids; every reference by id answered; nothing inline that a strict CSP refuses."""
    root = tree(html)
    nodes = list(root.iter())
    ids = Counter(node.get("id") for node in nodes if node.get("id"))
    assert [name for name, count in ids.items() if count > 1] == []
    for attribute in ("for", "aria-labelledby", "aria-describedby", "aria-controls"):
        wanted = {ref for node in nodes for ref in (node.get(attribute) or "").split()}
        assert wanted <= set(ids), attribute
    assert [node.tag for node in nodes if node.get("style")] == []
    assert [a for node in nodes for a in node.attrib if a.lower().startswith("on")] == []
    assert [node for node in nodes if node.tag == "style"] == []
    assert [node for node in nodes if node.tag == "script" and (node.text or "").strip()] == []
    assert "javascript:" not in html


@pytest.mark.proves("A11-01", "SEC-01")
@pytest.mark.parametrize("name", catalogue.PAGES)
def test_sample_page_is_sound(page: Callable[[str], str], name: str) -> None:
    html = page(name)
    assert_sound(html)
    titles = list(tree(html).iter("title"))
    assert len(titles) == 1
    assert len(titles[0].text) > len(" · Kinetica București")


@pytest.mark.parametrize("name", catalogue.PAGES)
def test_everything_that_acts_has_a_name(page: Callable[[str], str], name: str) -> None:
    root = tree(page(name))
    labelled = {node.get("for") for node in root.iter("label")}
    for node in root.iter():
        words = "".join(node.itertext()).strip() or node.get("aria-label")
        inner = [n.get("aria-label") or n.get("alt") for n in node.iter() if n is not node]
        if node.tag in ("a", "button", "summary"):
            assert words or any(inner), node.attrib
        if node.tag in ("select", "textarea") or (
            node.tag == "input" and node.get("type") != "hidden"
        ):
            assert (
                node.get("id") in labelled or node.get("aria-label") or node.get("type") == "radio"
            ), node.attrib


def test_nothing_third_party(page: Callable[[str], str]) -> None:
    for name in catalogue.PAGES:
        for node in tree(page(name)).iter():
            for attribute in ("src", "href", "action"):
                assert not re.match(r"(https?:)?//", node.get(attribute) or ""), node.attrib


@pytest.mark.parametrize("code", ERRORS)
@pytest.mark.parametrize("detail", [None, "That hour is <over>."])
def test_error_page_needs_no_shell(look: Flask, code: int, detail: str | None) -> None:
    with look.test_request_context("/"):
        html = render_template(
            f"errors/{code}.html",
            status=code,
            detail=detail,
            request_id="a1b2",
            home_url="/kinetica/",
            retry_url="/kinetica/again",
        )
    assert_sound(html)
    assert f"Error {code}" in html
    assert "a1b2" in html
    assert ("That hour is &lt;over&gt;." in html) is (detail is not None)
    assert 'href="/kinetica/"' in html
    assert ('href="/kinetica/again"' in html) is (code in (429, 500, 503))


def test_every_macro_is_used_by_a_template() -> None:
    texts = [p.read_text("utf-8") for p in Path(ROOT, "templates").rglob("*.html")]
    used = re.sub(r"\{#.*?#\}", "", "".join(texts), flags=re.DOTALL)
    for file in (ROOT / "templates" / "ui").glob("*.html"):
        for name in re.findall(r"macro ([a-z]\w*)\(", file.read_text("utf-8")):
            assert len(re.findall(rf"\b{name}\(", used)) > 1, f"{file.name}: {name} is never called"


def test_every_icon_named_exists(look: Flask) -> None:
    listed = set((ROOT / "static" / "icons.txt").read_text("utf-8").split("\n"))
    for file in Path(ROOT, "templates").rglob("*.html"):
        text = file.read_text("utf-8")
        names = re.findall(r'\bicon(?:_button)?\("([a-z0-9-]+)"[,)]', text)
        names += re.findall(r'icon_(?:name|end)="([a-z0-9-]+)"', text)
        assert set(names) <= listed, file


def test_htmx_is_told_to_be_careful(page: Callable[[str], str]) -> None:
    meta = next(m for m in tree(page("console")).iter("meta") if m.get("name") == "htmx-config")
    config = json.loads(meta.get("content"))
    assert not any(
        config[key] for key in ("allowEval", "allowScriptTags", "includeIndicatorStyles")
    )
    assert config["selfRequestsOnly"] is True
    assert config["historyCacheSize"] == 0
    swaps = {
        code: _swaps(config["responseHandling"], code)
        for code in (200, 204, 303, 400, 401, 403, 404, 409, 410, 422, 429, 500, 503)
    }
    assert [code for code, swap in swaps.items() if swap] == [200, 303, 409, 410, 422]


def _swaps(rules: list[dict[str, object]], code: int) -> bool:
    return next(bool(r["swap"]) for r in rules if re.search(str(r["code"]), str(code)))


def test_field_error_is_tied_to_its_control(page: Callable[[str], str]) -> None:
    root = tree(page("catalogue"))
    field = next(n for n in root.iter("input") if n.get("id") == "wrong-mobile")
    assert field.get("aria-invalid") == "true"
    assert field.get("aria-describedby").split() == ["wrong-mobile-hint", "wrong-mobile-error"]
    summary = next(n for n in root.iter("div") if n.get("class") == "error-summary")
    assert summary.get("data-focus") is not None
    assert [a.get("href") for a in summary.iter("a")] == [
        "#wrong-mobile",
        "#wrong-pay",
        "#wrong-texts",
    ]


@pytest.mark.parametrize(
    ("file", "name", "args"),
    [
        ("data.html", "avatar", ("<b>x</b> <i>y</i>",)),
        ("data.html", "badge", ("<script>1</script>",)),
        ("feedback.html", "toast", ("<img src=x>",)),
        ("buttons.html", "link_button", ("<b>", '"><script>')),
        ("charts.html", "sparkline", ([1, 2], '"><script>')),
    ],
)
def test_what_people_type_is_escaped(
    macro: Callable[..., str], file: str, name: str, args: tuple[object, ...]
) -> None:
    assert not re.search(r"<(script|b>|i>|img)", macro(file, name, *args))


def test_states_have_word_picture_and_colour(macro: Callable[..., str], look: Flask) -> None:
    states = look.jinja_env.get_template("ui/data.html").module.STATES
    looks = {state: macro("data.html", "state_chip", state) for state in states}
    assert len(set(looks.values())) == len(states)
    for state, html in looks.items():
        assert Markup(html).striptags(), state
        assert "<use" in html
    visits = ("booked", "upcoming", "confirmed", "in_progress", "done", "cancelled", "no_show")
    assert len({states[s] for s in visits}) == len(visits)


@pytest.mark.parametrize(
    ("value", "total", "width"), [(0, 0, 0), (3, 0, 0), (1, 4, 25.0), (9, 4, 100), (-1, 4, 0)]
)
def test_progress_stays_in_its_frame(
    macro: Callable[..., str], value: int, total: int, width: float
) -> None:
    html = macro("feedback.html", "progress", "Seats", value, total)
    assert float(re.search(r'bar-fill" width="([\d.]+)"', html)[1]) == width


def test_empty_charts_do_not_break(macro: Callable[..., str]) -> None:
    for name in ("bars", "line"):
        assert "<svg" in macro("charts.html", name, "Sales", [], ["Day", "Gross"], "Nothing yet.")
    assert "<svg" in macro("charts.html", "angle_curve", "Knee", [], [], "Nothing was measured.")


def test_angle_curve_breaks_where_nothing_was_seen(macro: Callable[..., str]) -> None:
    html = macro(
        "charts.html",
        "angle_curve",
        "Knee",
        [(0, 10.0), (1, None), (2, 90.0), (4, 20.0)],
        [],
        "A gap.",
    )
    path = re.search(r'chart-line" d="([^"]+)"', html)[1]
    assert [c for c in path if c.isalpha()] == ["M", "M", "L"]


@pytest.mark.parametrize(
    ("start", "minutes", "classes"),
    [(480, 60, "r-1 s-12"), (545, 25, "r-14 s-5"), (400, 30, "r-1 s-6")],
)
def test_calendar_places_by_five_minutes(
    macro: Callable[..., str], start: int, minutes: int, classes: str
) -> None:
    column = {
        "id": 1,
        "title": "A",
        "detail": None,
        "url": None,
        "events": [],
        "open": [(start, minutes)],
        "free": [],
        "blocks": [],
    }
    html = macro("calendar.html", "calendar", [column], 480, 1200, [])
    assert f'cal-open {classes}"' in html


def test_blocks_of_a_macro_may_be_left_out(macro: Callable[..., str]) -> None:
    assert "page-actions" not in macro("data.html", "page_head", "Patients")
    assert "row" not in macro("feedback.html", "empty", "users", "Nobody yet")


def test_toast_travels_beside_a_fragment(look: Flask) -> None:
    with look.test_request_context("/"):
        html = render_template("ui/_toast.html", message="Moved <b>", kind="ok", undo_url="/undo")
    assert 'hx-swap-oob="beforeend:#toasts"' in html
    assert "Moved &lt;b&gt;" in html
    assert 'action="/undo"' in html
    assert 'name="csrf_token"' in html


def test_calendar_row_classes_say_what_they_do() -> None:
    css = (CSS / "calendar-rows.css").read_text("utf-8")
    rows = re.findall(r"\.r-(\d+) \{ grid-row-start: (\d+); \}", css)
    spans = re.findall(r"\.s-(\d+) \{ grid-row-end: span (\d+); \}", css)
    assert [(str(n), str(n)) for n in range(1, 290)] == rows
    assert [(str(n), str(n)) for n in range(1, 289)] == spans


# --- weight over the wire ---


def _wire(html: str) -> dict[str, int]:
    """Gzip bytes of the page and of each file of ours it asks for, fonts and icons with it."""
    root = tree(html)
    paths = {
        node.get("href") or node.get("src")
        for node in root.iter()
        if node.tag in ("link", "script")
    }
    paths |= {
        "/static/vendor/icons/sprite.svg",
        "/static/vendor/fonts/figtree-latin.woff2",
        "/static/vendor/fonts/figtree-latin-ext.woff2",
        "/static/img/chevron.svg",
    }
    plain = {path.split("?")[0] for path in paths if path}
    sizes = {path: _gz((ROOT / path.lstrip("/")).read_bytes()) for path in sorted(plain)}
    return sizes | {"page": _gz(html.encode())}


def _gz(data: bytes) -> int:
    return len(gzip.compress(data, 9))


@pytest.mark.parametrize("name", ["booking", "details", "portal", "kiosk"])
def test_first_visit_fits_a_mobile_network(page: Callable[[str], str], name: str) -> None:
    html = page(name)
    if not (ROOT / "static" / "vendor").is_dir():
        pytest.fail("static/vendor is missing: run make setup")
    assert len(html.encode()) <= 15 * KILOBYTE
    assert (
        sum(_wire(html).values()) <= 100 * KILOBYTE
    )  # The budget is 150: photographs of a clinic need the rest.


def test_console_frame_stays_small(page: Callable[[str], str]) -> None:
    assert sum(_wire(page("empty")).values()) <= 110 * KILOBYTE
