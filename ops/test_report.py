"""What a pytest run did, read from its JUnit file. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# Our own pytest wrote the file a moment ago: nothing hostile to guard against.
from xml.etree import ElementTree

# Tests that may be skipped, as `tests.module::name` with the reason why nobody loses anything.
ALLOWED_SKIPS: dict[str, str] = {}


@dataclass(frozen=True)
class TestReport:
    """Counts of one run; `skipped` names what did not run, each with the reason it gave."""

    tests: int
    failed: int
    skipped: tuple[str, ...]

    @property
    def silent_skips(self) -> tuple[str, ...]:
        """Skips that nobody has agreed to."""
        return tuple(skip for skip in self.skipped if skip.split(" ", 1)[0] not in ALLOWED_SKIPS)


def read(path: Path) -> TestReport:
    """Read a JUnit file; one that is missing (pytest did not get that far) counts as no test."""
    if not path.exists():
        return TestReport(0, 0, ())
    cases = list(ElementTree.parse(path).getroot().iter("testcase"))  # noqa: S314
    skipped = tuple(_skip(case) for case in cases if case.find("skipped") is not None)
    failed = sum(
        1 for case in cases if case.find("failure") is not None or case.find("error") is not None
    )
    return TestReport(len(cases), failed, skipped)


def _skip(case: ElementTree.Element) -> str:
    element = case.find("skipped")
    reason = element.get("message", "") if element is not None else ""
    return f"{case.get('classname')}::{case.get('name')} ({reason})"
