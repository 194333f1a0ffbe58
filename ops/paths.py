"""Where things are on disk. Standard library only."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
# Everything a local system keeps: databases, secrets, files, logs.
VAR = Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve()
MIGRATIONS = ROOT / "migrations"
PROCFILE = ROOT / "Procfile"


def venv_binary(name: str) -> Path:
    """A command installed in the virtual environment."""
    return VENV / "bin" / name


def site_packages() -> Path:
    """Where the running interpreter keeps its libraries (the embedded servers' binaries live there)."""
    return Path(sysconfig.get_paths()["platlib"])


def make_private(folder: Path) -> Path:
    """Create `folder` for this user alone and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    os.chmod(folder, 0o700)
    return folder
