"""Is there room on the disk? Standard library only."""

from __future__ import annotations

import shutil
from pathlib import Path

from ops.errors import OpsError


def require_space(folder: Path, megabytes: int, purpose: str) -> None:
    """Raise OpsError when fewer than `megabytes` (10^6 bytes) are free where `folder` lives."""
    free = shutil.disk_usage(folder).free // 1_000_000
    if free < megabytes:
        raise OpsError(
            f"The disk is nearly full: {purpose} needs {megabytes} MB free, {free} MB are left at {folder}"
        )
