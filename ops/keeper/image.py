"""The keeper's image: the whole package, with all that it needs."""

from __future__ import annotations

from pathlib import Path

from ..package_image import PACKAGE, PackageImage

PARTS = ("lint", "ops", "schemas")


def _sources() -> list[Path]:
    """Every module, and the data beside them."""
    inside = (path for part in PARTS for path in (PACKAGE / part).rglob("*"))
    files = [path for path in inside if path.is_file() and path.suffix != ".pyc"]
    return [*sorted(files), *sorted(PACKAGE.glob("*.py"))]


BESIDE = (PACKAGE / "ops" / "keeper" / "Dockerfile", PACKAGE / "requirements.lock")
KEEPER = PackageImage("keeper", BESIDE, _sources, variables=("PIP_INDEX_URL",))
