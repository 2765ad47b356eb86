"""Which images a stack runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...compose import Image, Project, Service
from ...finding import Severity
from ...place import Place
from ...policy import Policy
from ...regex import regex
from ...rule import Report, rule
from .judging import is_database

_PINNING = "https://docs.docker.com/build/building/best-practices/#pin-base-image-versions"


def _pulled(project: Project) -> Iterator[tuple[Service, Image]]:
    """The images that come from a registry: not those that the stack builds itself."""
    services = project.services.values()
    built = {service.image.text for service in services if service.build is not None and service.image is not None}
    for service in services:
        image = service.image
        if image is None or service.build is not None or image.text in built:
            continue
        if isinstance(image.name.basename, str):
            yield service, image


def _place_of_tag(image: Image) -> Place:
    """The tag, where it is written as such, else the whole name."""
    if image.name.tag and image.text.endswith(f":{image.name.tag}"):
        return image.value.part_place(len(image.text) - len(str(image.name.tag)), len(image.text))
    return image.place


@rule(
    "compose/image-without-tag",
    Severity.ERROR,
    bad="""
        services:
          db:
            image: mysql  # <-
          app:
            image: registry.example.com:5000/acme/app  # <-
          web:
            image: ${WEB_IMAGE:-nginx}  # <-
    """,
    good="""
        services:
          db:
            image: mysql:9.4.0
          app:
            image: registry.example.com:5000/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
          web:
            image: ${WEB_IMAGE}
          built:
            image: acme/app:local
            build: .
    """,
    source=_PINNING,
    covers=("dclint:service-image-require-explicit-tag", "docksec:compose-latest-or-untagged-image"),
)
def image_without_tag(project: Project) -> Iterator[Report]:
    """
    An image without a tag: whatever is newest when it is pulled.

    The next host, or the same one after a clean-up, gets another version; a database then upgrades its data, which
    cannot be taken back.
    """
    for _, image in _pulled(project):
        if image.name.tag is None and image.name.digest is None:
            yield image.place, f'image "{image.text}" has no tag, so it is "latest"; write the version you tested'


_FLAVOURS = frozenset(["alpine", "apache", "bookworm", "bullseye", "cli", "fpm", "perl", "slim", "trixie"])
_PINNED = regex(r"v?\d+(?:\.\d+)*|[0-9a-f]{7,64}")
"""The part of a tag such as ``stable-9823`` or ``main-1a2b3c4`` that says which build it is."""

_CODE_NAMED = ("buildpack-deps", "debian", "ubuntu")
"""Images whose versions have names instead of numbers."""


def _is_floating(image: Image, tag: str, policy: Policy) -> bool:
    """Whether *tag* is a floating one, or says what the image is made of and not its version, as ``alpine`` does."""
    words = re.split(r"[-_]", tag.lower())
    if words[-1] in ("latest", "nightly"):
        return True
    if words[0] in policy.images.floating_tags:
        return not any(_PINNED.fullmatch(word) for word in words[1:])
    return image.name.basename not in _CODE_NAMED and all(word.rstrip("0123456789.") in _FLAVOURS for word in words)


@rule(
    "compose/moving-tag",
    Severity.ERROR,
    bad="""
        services:
          db:
            image: mysql:latest  # <-
          web:
            image: nginx:stable-alpine  # <-
          app:
            image: ghcr.io/acme/app:${TAG:-latest}  # <-
          cache:
            image: redis:alpine  # <-
          mssql:
            image: mcr.microsoft.com/mssql/server:2022-latest  # <-
    """,
    good="""
        services:
          db:
            image: mysql:9.4.0
          web:
            image: nginx:1.29.4-alpine
          app:
            image: ghcr.io/acme/app:${TAG:?}
          own:
            image: acme/app:local
          built:
            image: acme/built:${TAG:-latest}
            build: .
          worker:
            image: acme/built:${TAG:-latest}
          numbered:
            image: acme/app:stable-9823
          base:
            image: debian:bookworm-slim
          main:
            image: acme/app:main@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    """,
    source=_PINNING,
    covers=("dclint:service-image-require-explicit-tag", "docksec:compose-latest-or-untagged-image"),
)
def moving_tag(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A tag that means another version next month, such as `latest` or `stable`; also as the default of a variable.

    Two hosts of one stack run different versions, and going back to the release of yesterday brings back none of it.
    """
    for _, image in _pulled(project):
        tag = image.name.tag
        if isinstance(tag, str) and image.name.digest is None and _is_floating(image, tag, policy):
            yield _place_of_tag(image), f'tag "{tag}" of image "{image.text}" moves; write the version you tested'


@rule(
    "compose/major-only-tag-on-database",
    Severity.WARNING,
    bad="""
        services:
          db:
            image: mysql:8  # <-
          cache:
            image: redis:8-alpine  # <-
          queue:
            image: rabbitmq:4-management  # <-
    """,
    good="""
        services:
          db:
            image: mysql:8.4
          cache:
            image: redis:8.2.1-alpine
          web:
            image: nginx:1
          pg:
            image: postgres:17
          app:
            image: acme/mysql-tool:8
    """,
    source="https://github.com/MozillaSecurity/FuzzManager/issues/978",
)
def major_only_tag_on_database(project: Project) -> Iterator[Report]:
    """
    A database by the first number of its version alone.

    `mysql:8` went from 8.0 to 8.4, which refuses options and logins that 8.0 accepted, and upgrades the data for good.
    Since version 10 the releases of PostgreSQL below the first number only mend faults; it is not reported.
    """
    for service, image in _pulled(project):
        tag = image.name.tag
        if not isinstance(tag, str) or image.name.digest is not None or not is_database(service):
            continue
        if re.fullmatch(r"v?\d{1,2}(?:-[a-z][\w.-]*)?", tag) and not _is_postgres(image, tag):
            message = f'tag "{tag}" of image "{image.text}" takes the next minor version by itself; '
            yield _place_of_tag(image), message + "write two or three numbers"


def _is_postgres(image: Image, tag: str) -> bool:
    name = str(image.name.basename)
    is_one = any(word in name for word in ("postgres", "postgis", "pgvector", "timescale"))
    return is_one and int(re.sub(r"\D.*", "", tag.lstrip("v")) or 0) > 9  # noqa: PLR2004 - the scheme changed with 10


@rule(
    "compose/image-without-digest",
    Severity.INFO,
    bad={
        "docker-compose.yml": "services:\n  db:\n    image: mysql:9.4.0  # <-\n",
        "docker-compose.prod.yml": 'services:\n  db:\n    restart: "no"\n',
    },
    good="""
        services:
          db:
            image: mysql@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    """,
    source="https://docs.docker.com/dhi/core-concepts/digests/",
    preset="strict",
    lacks=True,
)
def image_without_digest(project: Project, policy: Policy) -> Iterator[Report]:
    """An image of the production stack by its tag alone, which its owner can give to another image."""
    if project.role != "production":
        return
    for _, image in _pulled(project):
        tag = image.name.tag
        if image.name.digest is None and isinstance(tag, str) and image.value.is_literal:
            if _is_floating(image, tag, policy):
                continue
            yield image.place, f'image "{image.text}" has no digest; add "@sha256:..." to get the very one you tested'


@rule(
    "compose/untagged-build",
    Severity.INFO,
    bad="""
        services:
          app:
            build: .
            image: acme/app  # <-
    """,
    good="""
        services:
          app:
            build: .
            image: acme/app:${RELEASE:-local}
          other:
            build: .
    """,
    source="https://docs.docker.com/reference/compose-file/build/#using-build-and-image",
    covers=("dclint:no-build-and-image",),
    preset="strict",
)
def untagged_build(project: Project) -> Iterator[Report]:
    """An image that each build replaces under the same name, so that there is no going back to the one before."""
    for service in project.services.values():
        image = service.image
        if service.build is not None and image is not None and image.name.tag is None and image.name.digest is None:
            yield image.place, f'each build replaces image "{image.text}"; add a tag such as ":${{RELEASE:-local}}"'


@rule(
    "compose/one-platform",
    Severity.INFO,
    bad="""
        services:
          db:
            platform: linux/amd64  # <-
    """,
    good="""
        services:
          db:
            platform: ${PLATFORM}
    """,
    source="https://docs.docker.com/reference/compose-file/services/#platform",
    covers=("hadolint:DL3029",),
    preset="strict",
)
def one_platform(project: Project) -> Iterator[Report]:
    """A platform for every host: on another one the image is emulated, several times slower, or does not start."""
    for service in project.services.values():
        value = service.get("platform")
        if value is not None and isinstance(value.data, str) and value.data and value.is_literal:
            yield value.place, f'service "{service.name}" runs as "{value.text}" on any host; let a variable say it'
