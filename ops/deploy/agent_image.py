"""The agent's image: this very package, with Python, the docker client and Compose."""

from __future__ import annotations

from pathlib import Path

from ..package_image import PACKAGE, PackageImage


def _sources() -> list[Path]:
    """Every module; what it may not import there is held by a test."""
    modules = (path for part in ("ops", "lint") for path in (PACKAGE / part).rglob("*.py"))
    return [*sorted(modules), PACKAGE / "__init__.py"]


AGENT = PackageImage("agent", (PACKAGE / "ops" / "agent" / "Dockerfile",), _sources)
