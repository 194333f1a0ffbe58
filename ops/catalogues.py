"""`make messages`: bring the Romanian catalogue up to the words in code and templates; `compile` makes what runs.

English is the source language; `app/translations/ro` holds every sentence in Romanian. A house test refuses gaps.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from ops.paths import ROOT

TRANSLATIONS = ROOT / "app" / "translations"
TEMPLATE = TRANSLATIONS / "messages.pot"
KEYWORDS = ("_l", "lazy_gettext", "lazy_ngettext:1,2", "lazy_pgettext:1c,2", "declare:2")
LANGUAGES = ("ro",)


def catalogue(language: str) -> Path:
    """The catalogue of a language."""
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def update() -> None:
    """Extract the words and merge them into each catalogue; what is gone is dropped, nothing is guessed."""
    from babel.messages.frontend import CommandLineInterface

    TRANSLATIONS.mkdir(exist_ok=True)
    keywords = [part for keyword in KEYWORDS for part in ("-k", keyword)]
    run: Callable[[list[str]], object] = CommandLineInterface().run
    common = ["--no-location", "--sort-output", "--omit-header", "--width", "120"]
    run(
        [
            "pybabel",
            "-q",
            "extract",
            "-F",
            "babel.cfg",
            *keywords,
            *common,
            "-o",
            str(TEMPLATE),
            ".",
        ]
    )
    for language in LANGUAGES:
        verb = "update" if catalogue(language).exists() else "init"
        options = (
            [
                "--no-fuzzy-matching",
                "--ignore-obsolete",
                "--ignore-pot-creation-date",
                "--width",
                "120",
            ]
            if verb == "update"
            else ["--width", "120"]
        )
        run(
            [
                "pybabel",
                "-q",
                verb,
                "-i",
                str(TEMPLATE),
                "-d",
                str(TRANSLATIONS),
                "-l",
                language,
                *options,
            ]
        )


def compile_stale() -> None:
    """Write the binary catalogues that are missing or older than their source."""
    for language in LANGUAGES:
        source, target = catalogue(language), catalogue(language).with_suffix(".mo")
        if not target.exists() or target.stat().st_mtime_ns < source.stat().st_mtime_ns:
            _compile(source, target, language)


def _compile(source: Path, target: Path, language: str) -> None:
    # Babel takes a third of a second to import and is seldom needed here.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with source.open("rb") as readable:
        messages = read_po(readable, locale=language)
    fresh = source.with_suffix(".mo.new")
    with fresh.open("wb") as writable:
        write_mo(writable, messages)
    fresh.replace(target)


def gaps(language: str) -> list[str]:
    """Messages that have no translation yet."""
    from babel.messages.pofile import read_po

    with catalogue(language).open("rb") as readable:
        messages = read_po(readable, locale=language)
    return [str(one.id) for one in messages if one.id and not _translated(one.string)]


def _translated(string: object) -> bool:
    return all(string) if isinstance(string, list | tuple) else bool(string)


def main(arguments: list[str]) -> int:
    """`python -m ops.catalogues update|compile|gaps`."""
    command = arguments[0] if arguments else "update"
    if command == "compile":
        compile_stale()
        return 0
    if command == "update":
        update()
    for language in LANGUAGES:
        missing = gaps(language)
        print(f"{language}: {len(missing)} without translation")
        for message in missing if command == "gaps" else ():
            print(f"  {message}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
