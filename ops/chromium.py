"""Finds a Chromium for the browser tests, or installs Debian's when we may. Standard library only."""

from __future__ import annotations

import os
import shutil
import subprocess

from ops.errors import OpsError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "Chromium is missing: apt-get install chromium, or name one in CHROMIUM=/path/to/chromium"


def find() -> str | None:
    """The browser named in CHROMIUM, or one on PATH."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next((path for path in map(shutil.which, NAMES) if path), None)


def require() -> str:
    """A browser's path; as root on Debian one is installed. OpsError says what to install."""
    path = find()
    if path is None and os.geteuid() == 0 and shutil.which("apt-get"):
        print("  installing Chromium from Debian ...", flush=True)
        _apt("update")
        _apt("install", "-y", "--no-install-recommends", "chromium")
        path = find()
    if path is None:
        raise OpsError(MISSING)
    return path


def _apt(*arguments: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "-qq", "-o", "DPkg::Lock::Timeout=300", *arguments]
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["no reason given"]
        raise OpsError(f"{MISSING} (apt-get failed: {lines[-1]})")
