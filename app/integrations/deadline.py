"""A hard end for a network conversation, which socket time-outs alone do not give.

A socket's time-out starts anew with every byte, so a server that sends one byte a second holds a
worker for hours.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def ended_after(connected: socket.socket, seconds: float) -> Iterator[threading.Event]:
    """Cut the connection when time is up; the event then tells that it was us."""
    cut = threading.Event()

    def end() -> None:
        cut.set()
        # The plain method: a TLS socket's own would wait for the other side.
        with contextlib.suppress(OSError):
            socket.socket.shutdown(connected, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield cut
    finally:
        timer.cancel()
