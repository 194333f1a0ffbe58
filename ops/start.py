"""Entry of `make setup`: written so that even an ancient Python can say that it will not do."""

import sys

VERSION = ".".join(str(part) for part in sys.version_info[:2])

if sys.version_info < (3, 8):  # noqa: UP036 - this file exists for exactly those versions.
    sys.stderr.write(
        "RestartiX needs Python 3.11 or 3.12 (or uv, which brings it), this is " + VERSION + "\n"
    )
    sys.exit(1)


def run():
    """Hand over to ops.setup, which is written for younger versions."""
    from ops.setup import main

    return main(sys.argv[1:])


sys.exit(run())
