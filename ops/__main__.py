"""`python -m ops`: what `make run` starts. A thin door, so that Ctrl-C is answered while the rest is still imported."""

from __future__ import annotations

import signal


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Run the system; 0 when it was asked to stop, however early."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        from ops.run import main as run

        return run()
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    raise SystemExit(main())
