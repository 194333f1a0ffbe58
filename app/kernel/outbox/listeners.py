"""Finding listeners: every `subscribers` and `jobs` module below a package registers itself by being imported."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

KINDS = ("subscribers", "jobs")


def load_listeners(package: str = "app") -> list[str]:
    """Import them all and return their names. For whoever runs the outbox: worker, demo, tests."""
    names = sorted(_module_names(package))
    for name in names:
        import_module(name)
    return names


def _module_names(package: str) -> Iterator[str]:
    spec = find_spec(package)
    for folder in spec.submodule_search_locations or () if spec else ():
        room = Path(folder)
        for kind in KINDS:
            for path in room.rglob(f"{kind}.py"):
                yield ".".join((package, *path.relative_to(room).with_suffix("").parts))
