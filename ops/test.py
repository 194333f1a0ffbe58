"""`make test`: everything that proves the project, from lint to browser. Needs the virtual environment.

Runs against a throw-away Postgres and Redis, or against the servers that DATABASE_URL (an administrator's login on
PostgreSQL 15 or newer) and REDIS_URL name.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from ops import catalogues, chromium, line_counts, test_report
from ops.check import check
from ops.environment import SETTING_NAMES
from ops.errors import OpsError
from ops.paths import ROOT, VAR, venv_binary
from ops.test_servers import ServerPair

OLDEST_POSTGRES = 150000
JUNIT = VAR / "test-results.xml"
COVERAGE = VAR / "coverage.json"
# Three on two cores: many tests wait for processes, leases and browsers.
WORKERS = 3
# Before 3.12 every line costs a call of the tracer, a third of all time; from then on Python counts lines itself.
COUNTS_LINES_CHEAPLY = sys.version_info >= (3, 12)


def prove(base: Mapping[str, str], *, count_lines: bool) -> bool:
    """Checks, then tests; prints the figures. Whether everything passed."""
    started = time.monotonic()
    browser = chromium.require()
    print("Checks", flush=True)
    checked = check()
    print("Tests", flush=True)
    catalogues.compile_stale()
    for path in (JUNIT, COVERAGE):
        path.unlink(missing_ok=True)
    with servers(base) as addresses:
        environment = {**test_environment(base), **addresses, "CHROMIUM": browser}
        passed = _pytest(
            environment,
            ["-n", str(WORKERS), "--dist", "worksteal", "-m", "not bench"]
            + (_coverage_options() if count_lines else []),
        )
    report = test_report.read(JUNIT)
    _print_summary(report, time.monotonic() - started)
    return checked and passed and report.tests > 0 and not report.silent_skips


def bench(base: Mapping[str, str]) -> bool:
    """Benchmarks, one after the other, with their figures on the terminal."""
    with servers(base) as addresses:
        return _pytest(
            {**test_environment(base), **addresses}, ["-m", "bench", "-s", "tests/bench"]
        )


def test_environment(base: Mapping[str, str]) -> dict[str, str]:
    """The environment without the product's settings: tests set their own."""
    return {name: value for name, value in base.items() if name not in SETTING_NAMES}


@contextmanager
def servers(base: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Addresses for tests.support.services: the operator's servers, and throw-away ones for what is not named."""
    given = {
        "TEST_DATABASE_ADMIN_URL": base.get("DATABASE_URL", ""),
        "TEST_REDIS_URL": _without_path(base.get("REDIS_URL", "")),
    }
    if given["TEST_DATABASE_ADMIN_URL"]:
        require_postgres(given["TEST_DATABASE_ADMIN_URL"])
    if all(given.values()):
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="restartix-test-") as folder:
        pair = ServerPair(Path(folder))
        try:
            own = pair.start()
            yield {
                "TEST_DATABASE_ADMIN_URL": given["TEST_DATABASE_ADMIN_URL"] or own.admin_url,
                "TEST_REDIS_URL": given["TEST_REDIS_URL"] or own.redis_url,
            }
        finally:
            pair.stop()


def require_postgres(url: str) -> None:
    """OpsError when the operator's server is too old or his login may not do what tests need."""
    try:
        with psycopg.connect(url, connect_timeout=10) as connection:
            version = connection.info.server_version
            rights = connection.execute(
                "SELECT rolsuper OR (rolcreatedb AND rolcreaterole) FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.OperationalError as error:
        raise OpsError(f"DATABASE_URL: {str(error).strip().splitlines()[0]}") from None
    if version < OLDEST_POSTGRES:
        raise OpsError(
            f"DATABASE_URL: PostgreSQL 15 or newer is needed, this is {version // 10000}"
        )
    if rights != (True,):
        raise OpsError("DATABASE_URL: tests need a login that may create databases and roles")


def _without_path(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path="")) if url else ""


def _coverage_options() -> list[str]:
    return ["--cov", "--cov-report=", f"--cov-report=json:{COVERAGE}"]


def _pytest(environment: Mapping[str, str], options: list[str]) -> bool:
    command = [str(venv_binary("python")), "-m", "pytest", "-q", f"--junitxml={JUNIT}", *options]
    settings = dict(environment)
    if COUNTS_LINES_CHEAPLY:
        settings["COVERAGE_CORE"] = "sysmon"
    done = subprocess.run(command, cwd=ROOT, env=settings, stdin=subprocess.DEVNULL, check=False)
    return done.returncode == 0


def _print_summary(report: test_report.TestReport, seconds: float) -> None:
    for skip in report.silent_skips:
        print(f"skipped without being listed in ops/test_report.py: {skip}")
    coverage = _coverage_percent()
    covered = (
        f"{coverage:.1f} % of lines covered"
        if coverage is not None
        else "lines not counted (make coverage)"
    )
    print(
        f"\n{report.tests} tests, {report.failed} failed, {len(report.skipped)} skipped, {covered}, {seconds:.0f} s"
    )
    print(line_counts.summary())


def _coverage_percent() -> float | None:
    try:
        return float(json.loads(COVERAGE.read_text())["totals"]["percent_covered"])
    except (OSError, ValueError, KeyError):
        return None


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def main(arguments: list[str]) -> int:
    """Command line: `--bench` runs the benchmarks instead; `--coverage` counts lines on every Python."""
    signal.signal(signal.SIGTERM, _interrupt)
    VAR.mkdir(exist_ok=True)
    (VAR / "coverage").mkdir(exist_ok=True)
    try:
        if "--bench" in arguments:
            passed = bench(os.environ)
        else:
            count_lines = COUNTS_LINES_CHEAPLY or "--coverage" in arguments
            passed = prove(os.environ, count_lines=count_lines)
    except OpsError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print("PASSED" if passed else "FAILED")
    return 0 if passed else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
