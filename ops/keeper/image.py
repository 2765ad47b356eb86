"""The keeper's image."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..command import Command
from ..deploy.agent_image import PLATFORM
from ..errors import StepFailedError
from ..host import Host
from ..step import Do, Say, Step

PACKAGE = Path(__file__).parents[2]
PARTS = ("lint", "ops", "schemas")
LOCK = PACKAGE / "requirements.lock"
DOCKERFILE = PACKAGE / "ops" / "keeper" / "Dockerfile"
REPOSITORY = "fairlead-keeper"
TITLE = "build the keeper's image"
SHOWN = 15


def keeper_image(registry: str) -> str:
    """
    The name of the image: a digest of everything that is in it, so that the same name is the same keeper.

    Args:
        registry: What stands before the name of its base image: BASE_REGISTRY.
    """
    digest = hashlib.sha256(f"{registry}\0{os.environ.get(PLATFORM, '')}".encode())
    for path in (LOCK, *_sources()):
        digest.update(f"{path.relative_to(PACKAGE)}\0".encode() + path.read_bytes())
    return f"{REPOSITORY}:{digest.hexdigest()[:16]}"


def keeper_steps(host: Host, client: str, registry: str, name: str) -> Iterator[Step]:
    """Builds image *name*, see `keeper_image`, where the engine has it not."""
    if host.run(Command((client, "image", "inspect", "--format", "{{.Id}}", name)), timeout_s=60).ok:
        return
    arguments = {"BASE_REGISTRY": registry, "PIP_INDEX_URL": os.environ.get("PIP_INDEX_URL", "")}
    flags = [word for key, value in arguments.items() for word in ("--build-arg", f"{key}={value}")]
    words = (client, "build", "--progress", "plain", "--tag", name, *flags)

    def build(where: Host, say: Say) -> None:
        with tempfile.TemporaryDirectory(prefix="fairlead-keeper-") as folder:
            _write_context(Path(folder))
            result = where.stream(Command((*words, folder)), say)
        if not result.ok:
            raise StepFailedError(where.name, TITLE, result.reason, "\n".join(result.out.splitlines()[-SHOWN:]))

    yield Do(TITLE, " ".join((*words, "CONTEXT")), build)


def _sources() -> list[Path]:
    """The whole package: every module, and the data beside them."""
    inside = (path for part in PARTS for path in (PACKAGE / part).rglob("*"))
    files = [path for path in inside if path.is_file() and path.suffix != ".pyc"]
    return [*sorted(files), *sorted(PACKAGE.glob("*.py"))]


def _write_context(folder: Path) -> None:
    shutil.copy(DOCKERFILE, folder / "Dockerfile")
    shutil.copy(LOCK, folder / LOCK.name)
    for path in _sources():
        copy = folder / "fairlead" / path.relative_to(PACKAGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
