"""What an override or a merge key does to what it lies over."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Port, PortRange, Project, Service
from ...compose.edits import renamed
from ...compose.loader import Layer
from ...compose.nodes import Mapping, Node, Scalar, Sequence
from ...finding import Edit, Severity
from ...place import Place
from ...rule import Report, rule

_MERGE = "https://docs.docker.com/reference/compose-file/merge/"


def _of_layer(layer: Layer, service: str, key: str) -> tuple[Scalar, Node] | None:
    """The key and value of *key* of *service* as the file of *layer* has them."""
    services = layer.tree.children.get("services")
    node = services.children.get(service) if isinstance(services, Mapping) else None
    return (node.keys[key], node.children[key]) if isinstance(node, Mapping) and key in node.children else None


@rule(
    "compose/port-added-by-override",
    Severity.WARNING,
    bad={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.29.4
                ports: ["127.0.0.1:8080:80"]
        """,
        "docker-compose.prod.yml": """
            services:
              web:
                ports:
                  - "80:80"  # <-
        """,
    },
    good={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.29.4
                ports: ["127.0.0.1:8080:80"]
              other:
                image: nginx:1.29.4
                ports: ["127.0.0.1:8081:80"]
        """,
        "docker-compose.prod.yml": """
            services:
              web:
                ports: !override
                  - "80:80"
              other:
                ports: ["443:443"]
        """,
    },
    fixed={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.29.4
                ports: ["127.0.0.1:8080:80"]
        """,
        "docker-compose.prod.yml": """
            services:
              web:
                ports: !override
                  - "80:80"
        """,
    },
    unsafe=True,
    source="https://github.com/docker/compose/issues/3675",
)
def port_added_by_override(project: Project) -> Iterator[Report]:
    """
    A published port that an override adds to the base's, where it looks as if it replaced it.

    Lists of ports are appended, so the container's port is published twice, and the base's host port, often that of
    a developer, stays open in production. `ports: !override` replaces the list (Compose 2.24.4 or later).
    """
    for service in project.services.values() if len(project.layers) > 1 else ():
        first: dict[tuple[int, int, str], Port] = {}
        for port in service.ports:
            if not isinstance(port.target, PortRange) or not isinstance(port.protocol, str):
                continue
            base = first.setdefault((port.target.first, port.target.last, port.protocol), port)
            if base.place.path != port.place.path and base.published is not None and port.published is not None:
                message = f'port {port.target} is published by "{base.place.path}" too, and both stay; '
                yield port.place, message + 'write "ports: !override"', _overriding(project, service.name, port)


def _overriding(project: Project, service: str, port: Port) -> tuple[Edit, ...]:
    for layer in project.layers:
        found = _of_layer(layer, service, "ports") if layer.source.path == port.place.path else None
        if found is not None and isinstance(found[1], Sequence) and layer.source.body[found[0].end :][:1] == ":":
            end = found[0].end + 1
            return (Edit(layer.source.place(end, end), " !override", safe=False),)
    return ()


@rule(
    "compose/override-of-no-service",
    Severity.ERROR,
    bad={
        "docker-compose.yml": """
            services:
              backend:
                image: acme/backend:1.2.3
        """,
        "docker-compose.prod.yml": """
            services:
              back-end:  # <-
                mem_limit: 512m
        """,
    },
    good={
        "docker-compose.yml": """
            services:
              backend:
                image: acme/backend:1.2.3
        """,
        "docker-compose.prod.yml": """
            services:
              backend:
                mem_limit: 512m
              back-office:
                image: acme/office:1.2.3
        """,
    },
    fixed={
        "docker-compose.yml": """
            services:
              backend:
                image: acme/backend:1.2.3
        """,
        "docker-compose.prod.yml": """
            services:
              backend:
                mem_limit: 512m
        """,
    },
    unsafe=True,
    source=_MERGE,
)
def override_of_no_service(project: Project) -> Iterator[Report]:
    """
    An override of a service that no file defines: it has neither an image nor a build, so Compose refuses the files.

    Reported where a service has nearly the same name.
    """
    if len(project.layers) < 2 or not project.complete:  # noqa: PLR2004 - a base and what lies over it
        return
    whole = [name for name, each in project.services.items() if each.get("image") or each.get("build")]
    for name, service in project.services.items():
        if name in whole or service.get("extends") or service.get("provider") or service.place.path == project.paths[0]:
            continue
        import difflib  # noqa: PLC0415 - few projects get here

        for near in difflib.get_close_matches(name, whole, 1, 0.8):
            message = f'no file defines a service "{name}"; did you mean "{near}"?'
            yield service.place, message, _renaming(project, service, near)


def _renaming(project: Project, service: Service, name: str) -> tuple[Edit, ...]:
    for layer in project.layers:
        services = layer.tree.children.get("services") if layer.source.path == service.place.path else None
        if isinstance(services, Mapping) and service.name in services.children and name not in services.children:
            return (renamed(services.keys[service.name], services.children[service.name], name),)
    return ()


def tagged(tree: Node) -> Iterator[tuple[Place, str]]:
    """The keys whose values have ``!reset`` or ``!override``."""
    if isinstance(tree, Mapping):
        for key in (tree.resets or {}).values():
            yield key.place, "!reset"
        for name in tree.overrides or ():
            yield tree.keys[name].place, "!override"
        for child in tree.children.values():
            yield from tagged(child)


@rule(
    "compose/tag-without-base",
    Severity.WARNING,
    bad="""
        services:
          web:
            image: nginx:1.29.4
            ports: !override  # <-
              - "127.0.0.1:80:80"
    """,
    good={
        "docker-compose.yml": """
            services:
              web:
                image: nginx:1.29.4
                ports: ["127.0.0.1:80:80"]
        """,
        "docker-compose.prod.yml": """
            services:
              web:
                ports: !reset []
        """,
    },
    source=_MERGE + "#reset-value",
)
def tag_without_base(project: Project) -> Iterator[Report]:
    """
    `!reset` or `!override` in the base file, where nothing lies below.

    It belongs into the file that is laid over this one; here the tag does nothing, and `!reset` takes its own value.
    """
    if len(project.sources) > 1 and len(project.paths) == 1:
        return
    first = project.layers[:1] if project.role == "" or len(project.paths) > 1 else []
    is_fragment = any(not (each.get("image") or each.get("build")) for each in project.services.values())
    for layer in first:
        text = layer.source.text
        if ("!reset" in text or "!override" in text) and not is_fragment:
            for place, tag in tagged(layer.tree):
                yield place, f'"{tag}" does nothing in the base file; put it into the override, or remove the tag'


_MERGED_KEYS = ("environment", "labels", "deploy", "logging", "resources", "limits", "options", "args")


@rule(
    "compose/map-replaced-by-override",
    Severity.WARNING,
    bad="""
        x-app: &app
          image: acme/app:1.2.3
          environment:
            MODE: production
            REGION: eu
        services:
          worker:
            <<: *app
            environment:  # <-
              QUEUE: mail
    """,
    good="""
        x-environment: &environment
          MODE: production
        x-app: &app
          image: acme/app:1.2.3
          environment: *environment
          logging: {driver: local}
        services:
          worker:
            <<: *app
            environment:
              <<: *environment
              QUEUE: mail
            logging: {driver: json-file, options: {max-size: 10m}}
    """,
    source="https://yaml.org/type/merge.html",
)
def map_replaced_by_override(project: Project) -> Iterator[Report]:
    """
    A map beside `<<` that takes the place of the whole map that `<<` brings.

    YAML merges the uppermost keys and no deeper: with `environment` in both, the service gets its own and none of
    the anchor's variables. Put `<<` into the map as well.
    """
    for source in project.sources if project.complete else ():
        for key, own, other in source.shadowed:
            lost = [name for name in other.children if name not in own.children]
            if key.text in _MERGED_KEYS and lost and other.children.keys() - own.children.keys():
                names = ", ".join(f'"{name}"' for name in lost[:3]) + (" and more" if len(lost) > 3 else "")  # noqa: PLR2004 - as shown
                yield key.place, f'"{key.text}" replaces the one of "<<", and {names} are lost; put "<<" into it too'
