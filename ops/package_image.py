"""Images that hold this very package, for what runs on a host."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .command import Command
from .errors import StepFailedError
from .host import Host
from .step import Do, Say, Step

PACKAGE = Path(__file__).parents[1]
PLATFORM = "DOCKER_DEFAULT_PLATFORM"
"""The variable of docker clients by which they build for another kind of machine than this one."""

SHOWN = 15


@dataclass(frozen=True)
class PackageImage:
    """
    Attributes:
        purpose: What runs in it, such as ``agent``.
        beside: The Dockerfile, and what else it finds beside the package.
        sources: The files of the package that are in it.
        variables: Those of this process that its build gets.
    """

    purpose: str
    beside: tuple[Path, ...]
    sources: Callable[[], Sequence[Path]]
    variables: tuple[str, ...] = ()

    @property
    def repository(self) -> str:
        """Its name without a tag."""
        return f"fairlead-{self.purpose}"

    def name(self, registry: str) -> str:
        """
        Its name: a digest of everything that is in it, so that the same name is the same program.

        Args:
            registry: What stands before the name of its base image: BASE_REGISTRY.
        """
        digest = hashlib.sha256(f"{registry}\0{os.environ.get(PLATFORM, '')}".encode())
        for path in (*self.beside, *self.sources()):
            digest.update(f"{path.relative_to(PACKAGE)}\0".encode() + path.read_bytes())
        return f"{self.repository}:{digest.hexdigest()[:16]}"

    def steps(self, host: Host, client: str, registry: str, name: str) -> Iterator[Step]:
        """Builds it as *name*, see `name`, where the engine has it not."""
        if host.run(Command((client, "image", "inspect", "--format", "{{.Id}}", name)), timeout_s=60).ok:
            return
        given = {"BASE_REGISTRY": registry, **{each: os.environ.get(each, "") for each in self.variables}}
        flags = [word for key, value in given.items() for word in ("--build-arg", f"{key}={value}")]
        words = (client, "build", "--progress", "plain", "--tag", name, *flags)
        title = f"build the {self.purpose}'s image"

        def build(where: Host, say: Say) -> None:
            with tempfile.TemporaryDirectory(prefix=f"{self.repository}-") as folder:
                self._write_context(Path(folder))
                result = where.stream(Command((*words, folder)), say)
            if not result.ok:
                raise StepFailedError(where.name, title, result.reason, "\n".join(result.out.splitlines()[-SHOWN:]))

        yield Do(title, " ".join((*words, "CONTEXT")), build)

    def _write_context(self, folder: Path) -> None:
        for path in self.beside:
            shutil.copy(path, folder / path.name)
        for path in self.sources():
            copy = folder / "fairlead" / path.relative_to(PACKAGE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
