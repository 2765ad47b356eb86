"""The agent's image: this very package, with Python, the docker client and Compose."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..command import Command
from ..errors import StepFailedError
from ..host import Host
from ..step import Do, Say, Step

PACKAGE = Path(__file__).parents[2]
DOCKERFILE = PACKAGE / "ops" / "agent" / "Dockerfile"
TITLE = "build the agent's image"
REPOSITORY = "fairlead-agent"
PLATFORM = "DOCKER_DEFAULT_PLATFORM"
"""The variable of docker clients by which they build for another kind of machine than this one."""


def agent_image(registry: str) -> str:
    """
    The name of the agent's image: a digest of everything that is in it, so that the same name is the same agent.

    Args:
        registry: What stands before the name of its base image: BASE_REGISTRY.
    """
    digest = hashlib.sha256(registry.encode() + os.environ.get(PLATFORM, "").encode())
    for path in (DOCKERFILE, *_sources()):
        digest.update(f"{path.relative_to(PACKAGE)}\0".encode() + path.read_bytes())
    return f"{REPOSITORY}:{digest.hexdigest()[:16]}"


def agent_steps(host: Host, client: str, registry: str, name: str) -> Iterator[Step]:
    """Builds image *name*, see `agent_image`, where the engine has it not."""
    if host.run(Command((client, "image", "inspect", "--format", "{{.Id}}", name)), timeout_s=60).ok:
        return
    words = (client, "build", "--progress", "plain", "--tag", name, "--build-arg", f"BASE_REGISTRY={registry}")

    def build(where: Host, say: Say) -> None:
        with tempfile.TemporaryDirectory(prefix="fairlead-agent-") as folder:
            _write_context(Path(folder))
            result = where.stream(Command((*words, folder)), say)
        if not result.ok:
            raise StepFailedError(where.name, TITLE, result.reason, "\n".join(result.out.splitlines()[-15:]))

    yield Do(TITLE, " ".join((*words, "CONTEXT")), build)


def _sources() -> list[Path]:
    """Every module; what it may not import there is held by a test."""
    modules = (path for part in ("ops", "lint") for path in (PACKAGE / part).rglob("*.py"))
    return [*sorted(modules), PACKAGE / "__init__.py"]


def _write_context(folder: Path) -> None:
    shutil.copy(DOCKERFILE, folder / "Dockerfile")
    for path in _sources():
        copy = folder / "fairlead" / path.relative_to(PACKAGE)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
