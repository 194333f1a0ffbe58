"""`make lock`: compile requirements*.in into pinned, hashed requirements*.txt, and refresh package-lock.json.

Standard library only; needs `uv` (make setup brings it).
"""

from __future__ import annotations

import subprocess
import sys

from ops.errors import OpsError
from ops.paths import ROOT
from ops.setup import find_npm, find_uv

LISTS = ("requirements", "requirements-dev", "requirements-uv", "requirements-node")
OPTIONS = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--quiet")


def main() -> int:
    """Command line. Pass package names to upgrade only those."""
    uv = find_uv()
    if uv is None:
        raise OpsError("uv is missing: run make setup first")
    upgrades = [f"--upgrade-package={name}" for name in sys.argv[1:]]
    for name in LISTS:
        target, source = f"{name}.txt", f"{name}.in"
        overrides = ["--override", "requirements.overrides"]
        command = [uv, "pip", "compile", *OPTIONS, *overrides, *upgrades, "-o", target, source]
        subprocess.run(command, cwd=ROOT, check=True)
    npm = find_npm()
    if npm is not None:
        subprocess.run([npm, "install", "--package-lock-only"], cwd=ROOT, check=True)
    return 0


if __name__ == "__main__":
    try:
        raise SystemExit(main())
    except OpsError as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None
