"""The machine's Chromium, headless: where it is, and the switches that keep it from calling home."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

PROGRAM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# How long a page may take to show what a test waits for: machines that run tests are busy.
PATIENCE_MS = 25_000
ASKED_EVERY_MS = 50
expect.set_options(timeout=PATIENCE_MS)


@contextmanager
def running_chromium(*more: str) -> Iterator[Browser]:
    """A browser with `more` switches, ended afterwards. A test that needs it fails where there is none."""
    if not Path(PROGRAM).is_file():
        pytest.fail(f"{PROGRAM} is missing: install chromium, or set CHROMIUM to its path")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=PROGRAM, args=[*SWITCHES, *more])
        yield browser
        browser.close()


def until(page: Page, expression: str) -> None:
    """Wait until `expression` is true in `page`.

    Asked from outside: the pages' policy forbids the evaluation that Playwright's own waiting needs.
    """
    for _ in range(PATIENCE_MS // ASKED_EVERY_MS):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(ASKED_EVERY_MS)
    pytest.fail(f"never became true: {expression}")
