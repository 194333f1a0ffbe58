"""A surface: a blueprint whose view modules lie beside its `__init__` and are loaded once, at start."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from flask import Blueprint


class Surface(Blueprint):
    """A blueprint that finds its views. Modules attach to `blueprint` of their package."""

    def load_views(self) -> None:
        """Import every module of the package. Called at mounting, when `blueprint` has its name."""
        package = import_module(self.import_name)
        for module in pkgutil.walk_packages(package.__path__, prefix=f"{self.import_name}."):
            import_module(module.name)
