"""What a front end is built with: the variables that its build writes into the page, and who answers its requests."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..compose import PortRange
from ..envfile import parse as parse_env
from ..nginx import PASSES, Effective, listens, location, server_names
from ..nginx.answer import Answer
from ..nginx.uri import BadUriError
from ..place import Place
from ..record import dataclass
from ..regex import regex
from .passing import targets
from .serving import Site

if TYPE_CHECKING:
    from .container import Container
    from .model import Stack

PUBLIC_NAME = regex(r"(?:VITE|NEXT_PUBLIC|REACT_APP|VUE_APP|NUXT_PUBLIC|GATSBY|EXPO_PUBLIC)_\w+")
_API_NAME = regex(r".*(?:API|BACKEND|SERVER)(?!.*(?:KEY|TOKEN|VERSION|TIMEOUT|SECRET|NAME)).*")
_ENV_NAMES = (".env", ".env.production", ".env.local", ".env.production.local")
_DEEPEST = 3
_EDGES = regex(
    r"nginx|traefik|caddy|haproxy|httpd|apache|envoy|kong|apisix|swag|openresty|varnish|cloudflared|ngrok|proxy"
)


@dataclass(frozen=True)
class PublicVariable:
    """A variable that becomes part of the page; *value* is as far as it is known."""

    name: str
    value: str
    place: Place
    name_place: Place

    @property
    def is_api(self) -> bool:
        """Whether its name says that it is where the page finds its back end."""
        return bool(_API_NAME.fullmatch(self.name.partition("_")[2]))


def public_variables(container: Container) -> Iterator[PublicVariable]:
    """What the build of *container* writes into the page, each variable once, as the build gets it."""
    found: dict[str, PublicVariable] = {}
    for each in (*_of_files(container), *_of_dockerfile(container), *_of_service(container)):
        found[each.name] = each
    return iter(found.values())


def _of_service(container: Container) -> Iterator[PublicVariable]:
    build = container.service.build
    for name, each in (build.args if build else {}).items():
        if PUBLIC_NAME.fullmatch(name) and isinstance(each.value, str):
            yield PublicVariable(name, each.value, each.value_place, each.place)


def _of_dockerfile(container: Container) -> Iterator[PublicVariable]:
    dockerfile = container.dockerfile
    given = container.build.arguments if container.build else {}
    for stage, each in dockerfile.in_stages("ARG", "ENV") if dockerfile else ():
        for pair in each.pairs:
            name, value = pair.name.text, pair.value
            if not PUBLIC_NAME.fullmatch(name) or value is None or (each.name == "ARG" and name in given):
                continue
            text = stage.text(value)
            if text is not None and "$" not in value.text:
                yield PublicVariable(name, text, value.place, pair.name.place)


def _of_files(container: Container) -> Iterator[PublicVariable]:
    """The env files that lie beside the package.json that the build copies."""
    for folder in _package_folders(container):
        for name in _ENV_NAMES:
            source = container.stack.text(posixpath.join(folder, name))
            for entry in parse_env(source.text, source.path).entries if source else ():
                if entry.value and PUBLIC_NAME.fullmatch(entry.name):
                    container.stack.report_in(entry.source)
                    yield PublicVariable(entry.name, entry.value, entry.value_place, entry.name_place)


def _package_folders(container: Container) -> list[str]:
    dockerfile, build = container.dockerfile, container.build
    if dockerfile is None or build is None or build.folder is None:
        return []
    found = {build.folder}
    for stage in dockerfile.stages:
        for copy in stage.copies:
            sources = [stage.text(word) for word in copy.sources] if copy.origin is None else []
            folders = (posixpath.normpath(posixpath.join(build.folder, text)) for text in sources if text)
            found.update(folders)
    return sorted(each for each in found if container.stack.reader.exists(posixpath.join(each, "package.json")))


def sends_on(stack: Stack, front: Container, path: str) -> bool | None:
    """
    Whether requests of the page for *path* reach a container other than *front*.

    True where some nginx that the page's visitors talk to passes them on, False where none does, None where it cannot
    be told who they talk to.
    """
    containers = list(stack.containers.values())
    entries = [each for each in containers if _is_entry(each, front)]
    if not entries or _is_routed_to(front) or any(_may_stand_before(each) for each in containers if each is not front):
        return None
    answers = [_passes(each, front, path, _DEEPEST) for each in entries]
    return True if True in answers else None if None in answers else False


def _may_stand_before(container: Container) -> bool:
    """Whether it may be a web server in front of others whose settings are not at hand."""
    if container.sites or not _is_open(container):
        return False
    published = [port.published for port in container.service.ports]
    is_web = any(isinstance(each, PortRange) and (80 in each or 443 in each) for each in published)  # noqa: PLR2004
    return is_web or bool(_EDGES.search(container.image_name)) or container.service.get("network_mode") is not None


def _is_routed_to(container: Container) -> bool:
    """Whether a proxy that reads labels or variables sends requests to it."""
    labels = (name.lower() for name in container.service.labels)
    return "VIRTUAL_HOST" in container.environment or any(name.startswith(("traefik", "caddy")) for name in labels)


def _is_open(container: Container) -> bool:
    return bool(container.service.ports) or container.service.get("network_mode") is not None


def _is_entry(container: Container, front: Container) -> bool:
    if not container.sites or not _is_open(container):
        return False
    hosts = {target.host for site in container.sites for target in site.targets}
    return container is front or bool(hosts & front.names) or bool(_volumes(container) & _volumes(front))


def _volumes(container: Container) -> set[str]:
    return {
        mount.source for mount in container.service.mounts if mount.type == "volume" and isinstance(mount.source, str)
    }


def _passes(container: Container, front: Container, path: str, depth: int) -> bool | None:
    if any(_mentions(site, path) for site in container.sites):
        return True
    found: list[bool | None] = []
    for site in container.sites:
        found.append(None if not site.is_complete else False)
        found.extend(_is_passed(site, url, container, front, depth) for url in _addresses(site, path))
    return True if True in found else None if None in found or not found else False


def _mentions(site: Site, path: str) -> bool:
    """Whether a location names the path, or a part below it, and passes it on."""
    word = path.strip("/")
    return any(
        word in location(each).pattern and any(inner.name in PASSES for inner in each.walk())
        for each in site.config.locations
    )


def _addresses(site: Site, path: str) -> Iterator[str]:
    for server in site.servers:
        names = [name for name in server_names(server) if name and name[0] not in "~*_." and "$" not in name]
        for each in listens(server):
            if each.port:
                scheme = "https" if each.is_ssl else "http"
                yield f"{scheme}://{names[0] if names else 'localhost'}:{each.port}{path.rstrip('/')}/x"


def _is_passed(site: Site, url: str, container: Container, front: Container, depth: int) -> bool | None:
    try:
        answer: Answer | None = site.config.answer(url)
    except BadUriError:
        return None
    found: list[bool | None] = []
    while answer is not None:
        found.append(None if answer.unknown else _of_answer(answer, container, front, depth))
        answer = answer.otherwise
    return True if True in found else None if None in found else False


def _of_answer(answer: Answer, container: Container, front: Container, depth: int) -> bool | None:
    if answer.redirect or answer.handler not in PASSES or answer.effective is None:
        return False
    other = _passed_to(answer.effective, container)
    if other is not front and other is not container:
        return True
    path = "/" + answer.url.partition("://")[2].partition("/")[2]
    return _passes(other, front, path.removesuffix("/x"), depth - 1) if depth and other.sites else False


def _passed_to(effective: Effective, container: Container) -> Container | None:
    """The container that requests are passed to; None for anything else."""
    for target in targets(effective.config):
        if effective.handler in target.passes:
            found = container.stack.named(target.host, container)
            return None if isinstance(found, bool) else found
    return None
