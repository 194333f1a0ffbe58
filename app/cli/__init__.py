"""The commands of `flask`: one module a group, attached by the composer.

A command parses and prints; what it does lies in the domains.
"""

from flask import Flask

from app.cli import audit, demo, keys, platform, slots, telerehab


def register(app: Flask) -> None:
    """Attach every group."""
    for module in (audit, demo, keys, platform, slots, telerehab):
        app.cli.add_command(module.group)
