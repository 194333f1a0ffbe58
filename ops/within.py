"""`python -m ops.within COMMAND ...`: run a command with the settings of the system that runs here."""

from __future__ import annotations

import sys

from ops.environment import run_within
from ops.errors import OpsError
from ops.paths import VAR

if __name__ == "__main__":
    try:
        run_within(sys.argv[1:], VAR / "run.env")
    except OpsError as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from None
