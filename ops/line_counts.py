"""Lines of code against lines of tests: lines that hold something, comments and blank lines left out."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ops.paths import ROOT

CODE = ("app", "telemetry", "ops", "migrations", "config.py", "wsgi.py", "templates", "static")
TESTS = ("tests",)
SUFFIXES = frozenset({".py", ".sql", ".html", ".css", ".js"})
COMMENT = {".py": "#", ".sql": "--", ".js": "//"}


def count(names: Iterable[str]) -> int:
    """Lines in these files and folders below the project."""
    return sum(_lines(path) for name in names for path in _files(ROOT / name))


def summary() -> str:
    """One sentence for the end of a test run."""
    code, tests = count(CODE), count(TESTS)
    return f"{code:,} lines of code, {tests:,} lines of tests ({tests / max(code, 1):.2f} per line)"


def _files(path: Path) -> Iterable[Path]:
    if path.is_file():
        return [path]
    vendor = ROOT / "static" / "vendor"
    found = (file for file in path.rglob("*") if file.suffix in SUFFIXES)
    return (file for file in found if vendor not in file.parents)


def _lines(path: Path) -> int:
    comment = COMMENT.get(path.suffix)
    lines = (
        line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines()
    )
    return sum(1 for line in lines if line and not (comment and line.startswith(comment)))
