"""Looking a page over in Chromium as those do who do not see, point or read well (A11-01)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

LOOK_OVER = (Path(__file__).parent / "look_over.js").read_text()
# Roles whose nodes a screen reader announces by their name.
FIELDS = ("textbox", "searchbox", "combobox", "checkbox", "radio", "radiogroup", "spinbutton")
NAMED = frozenset(
    (*FIELDS, "button", "link", "switch", "heading", "image", "dialog", "navigation", "timer")
)


def faults(page: Page) -> list[str]:
    """What is wrong, in sentences: names, contrast by day and in the dark, focus, reflow; [] for nothing."""
    found = [f"{page.url}: {one}" for one in nameless(page)]
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += [f"{page.url} ({scheme}): {one}" for one in page.evaluate(LOOK_OVER)]
    return found


def nameless(page: Page) -> list[str]:
    """Nodes of the accessibility tree that are announced by a name and have none."""
    wire = page.context.new_cdp_session(page)
    nodes: list[dict[str, Any]] = wire.send("Accessibility.getFullAXTree")["nodes"]
    wire.detach()
    return [
        f"a {role} without a name"
        for role, name in map(_spoken, nodes)
        if role in NAMED and not name
    ]


def _spoken(node: dict[str, Any]) -> tuple[str, str]:
    if node.get("ignored"):
        return "", ""
    role = node.get("role", {}).get("value", "")
    return role, str(node.get("name", {}).get("value", "")).strip()
