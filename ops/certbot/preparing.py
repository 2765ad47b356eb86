"""What certbot needs before it can run: folders, its image, the CA's bundle, the hook and the token as files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from .. import bases as base_images
from ..command import Command
from ..compose import pulled_images, secret_paths
from ..errors import LockedError, SettingsError
from ..host import Host
from ..package_image import PLATFORM
from ..secret_files import secret_steps
from ..step import Do, Run, Say, Step, Write
from ..up import LOCAL_REGISTRY, REGISTRY
from .account import broken_accounts
from .job import Job
from .lineage import remains
from .program import BUNDLE, HOOK, OWNER, SERVICE

LABEL = "io.fairlead.inputs"
LOCK = "requirements.lock"
EXECUTABLE, READABLE = 0o755, 0o644
LEFT_BEHIND_S = 120.0


def preparing_steps(job: Job) -> Iterator[Step]:
    """Whatever of it is missing or has changed; nothing where all is there."""
    yield from _folders(job)
    yield from image_steps(job)
    yield from _files(job)
    settings, secrets = job.stack.settings, _secrets(job)
    _check_credentials(job, secrets)
    if settings.secrets is not None:
        yield from secret_steps(settings.secrets, secrets, job.stack.values, job.stack.host)
    yield from _remains(job)


def left_running_steps(job: Job) -> Iterator[Step]:
    """Waits for a container that outlived the run that started it, since it may be at the CA; nothing without one."""
    client = job.stack.project.client
    name = job.certbot.container
    listed = Command((client, "ps", "--all", "--filter", f"name=^{name}$", "--format", "{{.State}}"))
    state = job.stack.host.run(listed, timeout_s=30).out.strip()
    if not state:
        return

    def wait(host: Host, say: Say) -> None:
        say(f"{name} is {state}")
        ended = host.run(Command((client, "wait", name)), timeout_s=LEFT_BEHIND_S)
        if not ended.ok and host.run(listed, timeout_s=30).out.strip() == "running":
            raise LockedError(f"{name}: still at work after {LEFT_BEHIND_S:g} s; docker logs {name} says on what")
        host.run(Command((client, "rm", "--force", name)), timeout_s=30)

    yield Do("wait for the certbot of an earlier run", f"{client} wait {name}", wait)


def _secrets(job: Job) -> dict[str, Path]:
    used = job.merged["services"][SERVICE].get("secrets") or ()
    names = {each["source"] for each in used}
    return {name: path for name, path in secret_paths(job.merged).items() if name in names}


def _check_credentials(job: Job, secrets: dict[str, Path]) -> None:
    name, settings = job.certbot.wanted.challenge.credentials, job.stack.settings.secrets
    if not name:
        return
    if name not in secrets:
        raise SettingsError(f"{SERVICE}: has no secret {name}, which the challenge reads; add it to the compose files")
    if settings is None or secrets[name].parent != settings.folder or name in settings.templates:
        return  # a file of the user's own, or a template, which complains of what is empty itself
    if not job.stack.values.get(name.upper()):
        raise SettingsError(f"{job.stack.settings.env.file}: {name.upper()} is empty; the challenge over DNS needs it")


def _folders(job: Job) -> Iterator[Step]:
    servers = (job.authority.server, job.authority.staging)
    for folder in dict.fromkeys((job.certbot.folder, *(job.certbot.state(server) for server in servers))):
        if not job.stack.host.run(Command(("test", "-d", str(folder)))).ok:
            make = Command(("install", "-d", "-m", "0700", str(folder)))
            yield Run(f"make the folder {folder.name} for the CA's state", make)


def image_steps(job: Job) -> Iterator[Step]:
    """Builds or pulls the image of certbot, where it is not there or is made of other files."""
    service = job.merged["services"][SERVICE]
    client, host = job.stack.project.client, job.stack.host
    inputs = _inputs(service)
    image = pulled_images(job.merged).get(SERVICE) or service.get("image") or f"{job.merged['name']}-{SERVICE}"
    asked = Command((client, "image", "inspect", "--format", f'{{{{index .Config.Labels "{LABEL}"}}}}', image))
    found = host.run(asked, timeout_s=30)
    if found.ok and (not inputs or found.out.strip() == inputs):
        return
    if not inputs:
        yield Run("pull the image of certbot", job.stack.project.command("pull", SERVICE))
        return
    if job.stack.values.get(REGISTRY) == LOCAL_REGISTRY:
        yield from base_images.steps(host, client)
    project = job.stack.with_variables(CERTBOT_INPUTS=inputs).project
    yield Run("build the image of certbot", project.command("--progress", "plain", "build", SERVICE))


def _inputs(service: dict[str, object]) -> str:
    """What the image is built from, as one number; empty where it is not built here."""
    build = service.get("build")
    if not isinstance(build, dict):
        return ""
    dockerfile = Path(build["context"], build.get("dockerfile", "Dockerfile"))
    digest = hashlib.sha256(repr(sorted((build.get("args") or {}).items())).encode())
    digest.update(os.environ.get(PLATFORM, "").encode())  # a host may be another kind of machine
    for path in (dockerfile, *sorted(dockerfile.parent.glob(f"*/{LOCK}"))):
        try:
            digest.update(path.read_bytes())
        except OSError as error:
            raise SettingsError(f"{path}: {error.strerror}; the compose files name it for {SERVICE}") from error
    return digest.hexdigest()[:16]


def _files(job: Job) -> Iterator[Step]:
    hook = job.certbot.wanted.challenge.hook
    if hook is not None:
        yield from _copied(job.stack.host, hook, job.certbot.folder / HOOK, EXECUTABLE)
    if job.authority.bundle is not None:
        for server in dict.fromkeys((job.authority.server, job.authority.staging)):
            yield from _copied(job.stack.host, job.authority.bundle, job.certbot.state(server) / BUNDLE, READABLE)


def _copied(host: Host, source: Path, target: Path, mode: int) -> Iterator[Step]:
    try:
        text = source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise SettingsError(f"{source}: {reason}; fairlead.yaml names it") from error
    if host.read(str(target)) != text:
        yield Write(f"copy {source.name} for certbot", str(target), text, mode)


def _remains(job: Job) -> Iterator[Step]:
    """
    Of a first issue that was cut off: certbot would call the next certificate NAME-0001 and never find it again.

    So with an account that is not whole: certbot would fall over it, or make another one.
    """
    host, config = job.stack.host, job.state / "config"
    if host.run(Command(("test", "-e", str(job.state / OWNER)))).ok:
        yield Run("remove the key of the account's owner", Command(("rm", "-f", str(job.state / OWNER))))
    found = [*remains(host, config, job.name), *broken_accounts(host, config)]
    aside = job.state / "cut-off" / f"{job.now:%Y%m%dT%H%M%S}"
    for path in found:
        target = aside / path.parent.name / path.name
        make = f"mkdir -p {target.parent} && mv {path} {target}"
        yield Do(f"put aside {path.name} of a run that was cut off", make, _moving(path, target))


def _moving(path: Path, target: Path) -> Callable[[Host, Say], None]:
    def move(host: Host, say: Say) -> None:
        say(str(target))
        Run("make a folder", Command(("mkdir", "-p", str(target.parent)))).run(host, say)
        Run("put it aside", Command(("mv", str(path), str(target)))).run(host, say)

    return move
