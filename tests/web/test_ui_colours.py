"""The tokens keep WCAG 2.2 AA contrast, by day, in the dark, and for every colour that a clinic may choose."""

from __future__ import annotations

import re

import pytest

from config import ROOT
from tests.support.colour import block, contrast, rgb

CSS = ROOT / "static" / "css"
TOKENS = (CSS / "tokens.css").read_text("utf-8")
LIGHT = block(TOKENS, "\n:root {")
DARK = LIGHT | block(TOKENS, '\n:root[data-theme="dark"] {')
KINDS = ("info", "ok", "warn", "bad", "calm", "mute")
TEXT = [
    (ink, ground) for ink in ("ink", "ink-2", "ink-3") for ground in ("paper", "surface", "sunken")
]
TEXT += [
    ("ink", "hover"),
    ("ink-2", "hover"),
    ("on-danger", "danger"),
    ("on-danger", "danger-strong"),
    ("paper", "ink"),
]
TEXT += [
    (f"{kind}-ink", ground) for kind in KINDS for ground in (f"{kind}-soft", "surface", "paper")
]
TEXT += [("ink", f"{kind}-soft") for kind in KINDS]
ACCENT = [
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("accent-ink", "accent-soft"),
    ("ink-2", "accent-soft"),
]
ACCENT += [("accent-ink", ground) for ground in ("paper", "surface", "sunken", "hover")] + [
    ("ink", "accent-line")
]
SHAPES = [
    ("control", "surface"),
    ("control", "paper"),
    ("focus", "paper"),
    ("focus", "surface"),
    ("focus", "accent-soft"),
    ("danger", "surface"),
]


def test_dark_by_system_and_by_choice_are_the_same() -> None:
    assert block(TOKENS, ':root:not([data-theme="light"]) {') == block(
        TOKENS, '\n:root[data-theme="dark"] {'
    )


@pytest.mark.proves("A11-01")
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_contrast_of_words_and_shapes(theme: dict[str, str]) -> None:
    weak = [(a, b) for a, b in TEXT + ACCENT if _ratio(theme, a, b) < 4.5]
    weak += [(a, b) for a, b in SHAPES if _ratio(theme, a, b) < 3]
    assert weak == []


@pytest.mark.proves("A11-01", "TEN-01")
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_contrast_for_every_clinic_colour(theme: dict[str, str]) -> None:
    weak = []
    for hue in range(0, 360, 10):
        for chroma in (0.0, 0.04, 0.085, 0.13, 0.16):
            clinic = theme | {"accent-h": str(hue), "accent-c": str(chroma)}
            weak += [(hue, chroma, a, b) for a, b in ACCENT if _ratio(clinic, a, b) < 4.5]
            weak += (
                [(hue, chroma, "accent", "surface")]
                if _ratio(clinic, "accent", "surface") < 3
                else []
            )
    assert weak == []


def _ratio(theme: dict[str, str], first: str, second: str) -> float:
    return contrast(rgb(theme[first], theme), rgb(theme[second], theme))


def test_components_use_tokens_only() -> None:
    """Colours outside the token file: only ink and paper of the signature, the replay's stage, and print."""
    allowed = {"forms.css": 3, "figures.css": 2, "print.css": 99}
    for file in CSS.glob("*.css"):
        if file.name == "tokens.css":
            continue
        text = re.sub(r"/\*.*?\*/", "", file.read_text("utf-8"), flags=re.DOTALL)
        assert len(re.findall(r"#[0-9a-f]{3,8}\b|rgb\(|oklch\(", text)) <= allowed.get(
            file.name, 0
        ), file.name
