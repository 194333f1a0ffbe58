"""Every sentence is in the catalogue, and the Romanian catalogue has no gap (KRN-10)."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from ops import catalogues

HOLES = re.compile(r"%\([a-z_0-9]+\)[sd]")


def messages(path: Path) -> dict[tuple[str | None, str], tuple[str, ...]]:
    """The sentences of a catalogue, by context and English words."""
    with path.open("rb") as file:
        return {
            (one.context, _source(one.id)): one.string
            if isinstance(one.string, tuple)
            else (str(one.string),)
            for one in read_po(file, locale="ro")
            if one.id
        }


def _source(message: object) -> str:
    return str(message[0]) if isinstance(message, list | tuple) else str(message)


@pytest.mark.proves("KRN-10")
def test_the_catalogue_is_fresh(tmp_path: Path) -> None:
    keywords = [part for one in catalogues.KEYWORDS for part in ("-k", one)]
    target = tmp_path / "messages.pot"
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", "-F", "babel.cfg"]
    subprocess.run([*command, *keywords, "-o", str(target), "."], check=True, timeout=60)
    assert set(messages(target)) == set(messages(catalogues.catalogue("ro"))), "run `make messages`"


@pytest.mark.proves("KRN-10")
def test_romanian_has_every_sentence() -> None:
    assert catalogues.gaps("ro") == []


@pytest.mark.proves("KRN-10")
def test_translations_keep_their_holes_and_letters() -> None:
    with catalogues.catalogue("ro").open("rb") as file:
        entries = [one for one in read_po(file, locale="ro") if one.id]
    wrong = [
        string
        for entry in entries
        for string in _all(entry.string)
        if set(HOLES.findall(string)) - set(HOLES.findall(" ".join(_all(entry.id))))
        or "ş" in string
        or "ţ" in string
    ]
    assert wrong == []


def _all(text: object) -> list[str]:
    return [str(one) for one in text] if isinstance(text, list | tuple) else [str(text)]
