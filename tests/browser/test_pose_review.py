"""The skeleton replay and its curve in real Chromium, under the product's own content policy (TLM-05)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Thread

import numpy as np
import pytest
from flask import Flask, Response, render_template_string
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from app.web import catalogue
from telemetry.aggregate.recording import Recording, recording_from_frames
from telemetry.recording_file import load_recording
from telemetry.replay import display_replay, read_display_replay
from tests.factories.pose import SQUAT
from tests.support.chromium import until
from tests.support.look import look_app

pytestmark = pytest.mark.browser
PAGE = """{% extends "layouts/console.html" %}
{% from "ui/charts.html" import angle_curve %}{% from "ui/clinical.html" import replay %}
{% block scripts %}{{ super() }}{% for name in ["replay-data", "replay-figure", "replay"] %}
<script src="{{ asset('js/' ~ name ~ '.js') }}" defer></script>{% endfor %}{% endblock %}
{% block title %}Replay{% endblock %}
{% block content %}
{{ angle_curve("Knee", [(0, 10), (13, 90), (25.9, 20)], [], "One.", replay="replay") }}
{{ replay("replay", url, 1920, 1080, "A skeleton.", reps=[3.1, 5.9]) }}{% endblock %}"""


@pytest.fixture(scope="module")
def squat() -> Recording:
    file = load_recording(SQUAT)
    return recording_from_frames(file.times_ms, file.image, file.world, file.width, file.height)


@pytest.fixture(scope="module")
def address(squat: Recording) -> Iterator[str]:
    blobs = {
        "plain": display_replay(squat, mirrored=False),
        "mirrored": display_replay(squat, mirrored=True),
        "damaged": display_replay(squat, mirrored=False)[:-400],
        "other": b"no replay at all",
    }
    app = look_app()
    _serve(app, blobs)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()


def _serve(app: Flask, blobs: dict[str, bytes]) -> None:
    def play(name: str) -> str:
        context = catalogue.page("console")[1]
        return render_template_string(PAGE, **{**context, "url": f"/blob/{name}"})

    def blob(name: str) -> Response:
        if name not in blobs:
            return Response(status=404)
        return Response(blobs[name], mimetype="application/gzip")

    app.add_url_rule("/play/<name>", "play", play)
    app.add_url_rule("/blob/<name>", "blob", blob)


@pytest.fixture
def visit(chromium: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Open a page with a replay; anything that the page throws fails the test."""
    complaints: list[str] = []
    contexts = []

    def go(name: str, **options: object) -> Page:
        context = chromium.new_context(viewport={"width": 1280, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{address}/play/{name}")
        return page

    yield go
    for context in contexts:
        context.close()
    assert not complaints


def ready(page: Page) -> Page:
    page.wait_for_selector("[data-replay-player][data-ready]")
    page.evaluate(
        """() => { window.moments = []; document.getElementById("replay")
        .addEventListener("replay:time", (event) => window.moments.push(event.detail.seconds)); }"""
    )
    return page


def shown(page: Page) -> str:
    return page.locator("[data-replay-time]").inner_text()


@pytest.mark.proves("TLM-05")
@pytest.mark.parametrize("name", ["plain", "mirrored"])
def test_the_page_reads_the_same_points_as_the_telemetry_process(
    visit: Callable[..., Page], squat: Recording, name: str
) -> None:
    page = ready(visit(name))
    kept = read_display_replay(display_replay(squat, mirrored=False))
    at = [0, 7, len(kept.times_ms) // 2, len(kept.times_ms) - 1]
    poses = page.evaluate(
        """async ([url, seconds]) => {
            const recording = await restartix.replay.load(url);
            return seconds.map((one) => recording.pose(one).map((p) => [p.x, p.y, p.seen]));
        }""",
        [f"/blob/{name}", [float(kept.times_ms[one]) / 1000 for one in at]],
    )
    for frame, pose in zip(at, poses, strict=True):
        points = kept.points[frame].astype(float)
        x = 1 - points[:, 0] if name == "mirrored" else points[:, 0]
        seen = np.array([point[2] for point in pose]) > 0
        assert seen.any()
        got = np.array(pose)[seen]
        assert np.allclose(got[:, 0], x[seen] * 1920, atol=0.3)
        assert np.allclose(got[:, 1], points[seen, 1] * 1080, atol=0.3)


@pytest.mark.proves("TLM-05")
def test_it_plays_when_asked_and_moves_the_curves_cursor(visit: Callable[..., Page]) -> None:
    page = ready(visit("plain"))
    page.wait_for_timeout(150)
    assert page.evaluate("window.moments.length") <= 1  # never by itself
    drawn = "document.querySelector('[data-replay-canvas]').toDataURL()"
    before = page.evaluate(drawn)
    page.locator("[data-replay-speed]").select_option("2")
    page.locator("[data-replay-toggle]").click()
    until(page, "window.moments.at(-1) > 0.8")
    assert page.locator("[data-replay-toggle]").get_attribute("aria-pressed") == "true"
    page.locator("[data-replay-toggle]").click()
    stopped = page.evaluate("window.moments.at(-1)")
    page.wait_for_timeout(120)
    assert page.evaluate("window.moments.at(-1)") == stopped
    assert page.evaluate(drawn) != before
    cursor = float(page.locator("[data-cursor]").get_attribute("x1") or 0)
    assert cursor == pytest.approx(46 + stopped / 25.9 * 644, abs=0.5)


def test_repetitions_slider_curve_and_keys_move_it(visit: Callable[..., Page]) -> None:
    page = ready(visit("plain"))
    now = "window.moments.at(-1)"
    page.locator("[data-replay-next]").click()
    assert page.evaluate(now) == pytest.approx(3.1)
    page.locator("[data-replay-next]").click()
    assert page.evaluate(now) == pytest.approx(5.9)
    page.locator("[data-replay-previous]").click()
    assert page.evaluate(now) == pytest.approx(3.1)
    canvas = page.locator("[data-replay-canvas]")
    canvas.focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate(now) == pytest.approx(3.6)
    page.keyboard.press("End")
    assert shown(page) == "0:25 / 0:25"
    page.keyboard.press("Home")
    assert shown(page) == "0:00 / 0:25"
    page.keyboard.press(" ")
    until(page, "window.moments.at(-1) > 0.05")
    page.keyboard.press(" ")
    page.locator("[data-replay-seek]").fill("500")
    assert page.evaluate(now) == pytest.approx(12.95, abs=0.1)
    box = page.locator("svg.chart").bounding_box()
    assert box is not None
    middle = (46 + 644 / 2) / 736
    page.mouse.click(box["x"] + box["width"] * middle, box["y"] + 40)
    assert page.evaluate(now) == pytest.approx(12.95, abs=0.1)


@pytest.mark.parametrize("name", ["damaged", "other", "missing"])
def test_a_replay_that_cannot_be_read_says_so(visit: Callable[..., Page], name: str) -> None:
    page = visit(name)
    status = page.locator("[data-replay-status]")
    until(page, "document.querySelector('[data-replay-status]').textContent.includes('could not')")
    assert status.is_visible()
    assert page.locator("[data-replay-toggle]").is_disabled()
