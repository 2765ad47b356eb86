"""How base images are built: a root file system by mmdebstrap, then an ordinary Dockerfile for each."""

from __future__ import annotations

import os
import ssl
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from . import base_cache, debian
from .base_catalogue import FOLDER, PREFIX, ROOT, ROOTFS_OPTIONS, SUITE, BaseImage, base_images, rootfs_key
from .base_present import CONTENT_LABEL, missing_images
from .command import Command
from .errors import StepFailedError
from .host import Host
from .step import Do, Run, Say, Step

VERSION_LABEL = "io.fairlead.version"
SUITE_LABEL = "io.fairlead.suite"
PURPOSE_LABEL = "io.fairlead.purpose"

ROOTFS_TITLE = "make a root file system of Debian"
TITLE = "build the base images, for trying out and tests"
AT_ONCE = 2
BUNDLE = "ca-certificates.crt"
DEBIAN_BUNDLE = Path("/etc/ssl/certs") / BUNDLE
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
NPM_NAMES = ("NPM_CONFIG_REGISTRY", "npm_config_registry")


def certificates() -> bytes:
    """This machine's bundle of certificate authorities; empty where it has none yet."""
    named = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    places = [Path(place) for place in (named, DEBIAN_BUNDLE) if place]
    return next((place.read_bytes() for place in places if place.is_file()), b"")


def rootfs_step(host: Host, mirror: str, *, rebuild: bool = False) -> Step:
    """Makes the root file system of Debian, or takes the one kept from an earlier build."""
    target = base_cache.rootfs(rootfs_key())
    writing = base_cache.unfinished(target)
    words = ("mmdebstrap", *ROOTFS_OPTIONS, "--format=tar", SUITE, str(writing), mirror)
    command = Command((*debian.as_root(host), *words))

    def make(run_on: Host, say: Say) -> None:
        with base_cache.only_one(say):
            if target.exists() and not rebuild:
                say(f"has {target} from an earlier build")
                return
            Run(ROOTFS_TITLE, command).run(run_on, say)
            writing.replace(target)
            base_cache.forget_older(target)

    return Do(ROOTFS_TITLE, str(command), make, lambda _: writing.unlink(missing_ok=True))


def build_step(host: Host, client: str, images: tuple[BaseImage, ...], mirror: str, *, rebuild: bool = False) -> Step:
    """Builds *images*: `debian` first, then the others, two at a time."""
    options = _options(_builder(host, client), mirror, rebuild=rebuild)

    def build(run_on: Host, say: Say) -> None:
        with base_cache.only_one(say):
            # asked again: a step before this one may have brought certificates, another run may have built
            known = base_images(certificates())
            _build_all(run_on, client, known if rebuild else missing_images(run_on, client, known), say, options)

    shown = "\n    ".join(str(_command(client, image, options)) for image in images)
    return Do(TITLE, shown, build)


def _build_all(host: Host, client: str, images: tuple[BaseImage, ...], say: Say, options: tuple[str, ...]) -> None:
    lock = threading.Lock()

    def one(image: BaseImage) -> None:
        _build(host, client, image, _prefixed(image.name, say, lock), options)

    for image in (image for image in images if image.name == ROOT):
        one(image)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        jobs = [pool.submit(one, image) for image in images if image.name != ROOT]
        try:
            for job in jobs:
                job.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _build(host: Host, client: str, image: BaseImage, say: Say, options: tuple[str, ...]) -> None:
    """Builds *image* once to see what came in, and once more, from the cache, to write that on its labels."""
    with tempfile.TemporaryDirectory(dir=base_cache.cache_folder(), prefix="context-") as folder:
        if image.name == ROOT:
            os.link(base_cache.rootfs(rootfs_key()), Path(folder) / "rootfs.tar")
            (Path(folder) / BUNDLE).write_bytes(certificates())
        identity = Path(folder) / ".identity"
        context = folder if image.name == ROOT else None
        first = ("--iidfile", str(identity), *options)
        _run(host, _command(client, image, first, context), image, say)
        version = _version(host, client, identity.read_text(encoding="utf-8"), image)
        say(f"is {image.package} {version}")
        _run(host, _command(client, image, _labels(image, version), context), image, say)
        host.run(Command((client, "image", "rm", identity.read_text(encoding="utf-8"))))


def _command(client: str, image: BaseImage, options: tuple[str, ...], context: str | None = None) -> Command:
    folder = FOLDER / image.name
    arguments = [word for name, value in image.arguments for word in ("--build-arg", f"{name}={value}")]
    where: tuple[str, ...] = (str(folder),)
    if image.name == ROOT:
        where = ("--build-context", f"base={folder}", "--file", str(folder / "Dockerfile"), context or "CONTEXT")
    else:
        arguments += ["--build-arg", f"DEBIAN={PREFIX}{ROOT}:{SUITE}-slim"]
    argv = (client, "buildx", "build", "--progress", "plain", *_handed_on(), *arguments, *options, *where)
    return Command(argv, environment=_npm_registry())


def _builder(host: Host, client: str) -> str:
    """The builder that has the engine's own images and puts its result among them: it is named as the context is."""
    return host.run(Command((client, "context", "show")), timeout_s=20).out.strip() or "default"


def _options(builder: str, mirror: str, *, rebuild: bool) -> tuple[str, ...]:
    local = urlsplit(mirror).hostname in ("localhost", "127.0.0.1", "::1")
    options = ("--builder", builder, "--network", "host") if local else ("--builder", builder)
    return (*options, "--no-cache") if rebuild else options


def _labels(image: BaseImage, version: str) -> tuple[str, ...]:
    labels = {
        CONTENT_LABEL: image.key,
        VERSION_LABEL: f"{image.package} {version}",
        SUITE_LABEL: image.suite,
        PURPOSE_LABEL: "for trying out and tests",
    }
    tags = [word for name in image.references for word in ("--tag", name)]
    return (*tags, *(word for name, value in labels.items() for word in ("--label", f"{name}={value}")))


def _version(host: Host, client: str, identity: str, image: BaseImage) -> str:
    words = ("--show", "--showformat=${Version}", image.package)
    command = Command((client, "run", "--rm", "--network", "none", "--entrypoint", "dpkg-query", identity, *words))
    result = host.run(command, timeout_s=60)
    if not result.ok:
        raise StepFailedError(host.name, f"build {image.name}", result.reason)
    return result.out.strip()


def _run(host: Host, command: Command, image: BaseImage, say: Say) -> None:
    result = host.stream(command, say)
    if not result.ok:
        end = "\n".join(result.out.rstrip().splitlines()[-25:])
        raise StepFailedError(host.name, f"build {image.references[0]}", result.reason, end)


def _handed_on() -> Iterator[str]:
    """Proxies and npm's registry, by name only: their values may hold passwords, and arguments can be read."""
    names = [name for name in PROXIES if os.environ.get(name)]
    names += ["NPM_REGISTRY"] if _npm_registry() else []
    for name in names:
        yield from ("--build-arg", name)


def _npm_registry() -> tuple[tuple[str, str], ...]:
    return tuple(("NPM_REGISTRY", os.environ[name]) for name in NPM_NAMES if os.environ.get(name))[:1]


def _prefixed(name: str, say: Say, lock: threading.Lock) -> Say:
    return partial(_say_one, name, say, lock)


def _say_one(name: str, say: Say, lock: threading.Lock, text: str) -> None:
    with lock:
        say(f"{name}: {text}")
