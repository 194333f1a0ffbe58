"""Compiles message catalogs (.po) whose compiled form (.mo) is missing or older. Needs Babel."""

from __future__ import annotations

from pathlib import Path

from ops.paths import ROOT

FOLDERS = (ROOT / "translations", ROOT / "app" / "translations")


def compile_stale(folders: tuple[Path, ...] = FOLDERS) -> int:
    """Compile what changed; the number of catalogs compiled."""
    stale = [po for folder in folders for po in folder.glob("*/LC_MESSAGES/*.po") if _is_stale(po)]
    for source in stale:
        _compile(source)
    return len(stale)


def _is_stale(source: Path) -> bool:
    target = source.with_suffix(".mo")
    return not target.exists() or target.stat().st_mtime_ns < source.stat().st_mtime_ns


def _compile(source: Path) -> None:
    # Babel takes a third of a second to import and is seldom needed here.
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with source.open("rb") as text:
        catalog = read_po(text, locale=source.parent.parent.name)
    fresh = source.with_suffix(".mo.new")
    with fresh.open("wb") as compiled:
        write_mo(compiled, catalog)
    fresh.replace(source.with_suffix(".mo"))


if __name__ == "__main__":
    print(f"{compile_stale()} catalogs compiled")
