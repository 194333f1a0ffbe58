"""The one error an operator sees: a sentence that says what is wrong and what to do. Standard library only."""

from __future__ import annotations


class OpsError(RuntimeError):
    """Stops a command; its text is one line for the person who typed it."""
