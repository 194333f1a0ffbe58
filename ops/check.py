"""`make check`: format, lint, types, import contracts, templates. Needs the virtual environment."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from ops.paths import ROOT, VENV

# The library test belongs to the import contracts: which folder may use which library.
CHECKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("types", ("mypy", "--no-error-summary")),
    ("format", ("ruff", "format", "--check", "--quiet", ".")),
    ("lint", ("ruff", "check", "--quiet", ".")),
    ("import contracts", ("lint-imports", "--verbose")),
    (
        "libraries by folder",
        ("pytest", "-q", "-p", "no:cacheprovider", "tests/house/test_libraries.py"),
    ),
    ("templates", ("djlint", "--lint", "--quiet", "templates")),
)


@dataclass(frozen=True)
class Outcome:
    """One finished check."""

    name: str
    passed: bool
    seconds: float
    output: str


def check() -> bool:
    """Run every check, two at a time, and print each result; whether all passed."""
    with ThreadPoolExecutor(2) as pool:
        outcomes = [pool.submit(_run, name, command) for name, command in CHECKS]
    results = [outcome.result() for outcome in outcomes]
    for result in results:
        if not result.passed:
            print(f"\n--- {result.name}\n{result.output.strip()}", flush=True)
    return all(result.passed for result in results)


def _run(name: str, command: tuple[str, ...]) -> Outcome:
    started = time.monotonic()
    environment = {
        **os.environ,
        "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
    }
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    outcome = Outcome(
        name, done.returncode == 0, time.monotonic() - started, done.stdout + done.stderr
    )
    print(
        f"  {name}: {'passed' if outcome.passed else 'FAILED'} ({outcome.seconds:.1f} s)",
        flush=True,
    )
    return outcome


if __name__ == "__main__":
    sys.exit(0 if check() else 1)
