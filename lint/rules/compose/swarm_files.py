"""What a file that Compose merges or mounts means to ``docker stack deploy``; for ``--preset swarm``."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project
from ...finding import Severity
from ...rule import Report, rule
from .judging import place_of
from .overrides import tagged


@rule(
    "compose/merge-tag-ignored-by-swarm",
    Severity.ERROR,
    bad={
        "docker-compose.yml": "services:\n  app:\n    image: acme/app:1.2.3\n    ports: ['8000:8000']\n",
        "docker-compose.prod.yml": "services:\n  app:\n    ports: !reset []  # <-\n",
    },
    good={
        "docker-compose.yml": "services:\n  app:\n    image: acme/app:1.2.3\n",
        "docker-compose.prod.yml": "services:\n  app:\n    ports: ['80:80']\n",
    },
    source="https://docs.docker.com/reference/compose-file/merge/",
    preset="swarm",
    lacks=True,
)
def merge_tag_ignored_by_swarm(project: Project) -> Iterator[Report]:
    """
    `!reset` or `!override`, of which `docker stack deploy` knows nothing: it merges as if the tag were not there.

    What was to be taken away stays, such as a port for developers. Send it the output of `docker compose config`, or
    split the files so that nothing has to be taken away.
    """
    for layer in project.layers:
        if "!reset" in layer.source.text or "!override" in layer.source.text:
            for place, tag in tagged(layer.tree):
                yield place, f'docker stack deploy merges as if "{tag}" were not there; take the value out of the base'


@rule(
    "compose/bind-mount-in-swarm",
    Severity.WARNING,
    bad="""
        services:
          web:
            image: nginx:1.30.1
            volumes:
              - ./nginx.conf:/etc/nginx/nginx.conf:ro  # <-
    """,
    good="""
        services:
          web:
            image: nginx:1.30.1
            configs: [{source: nginx, target: /etc/nginx/nginx.conf}]
            volumes: ["cache:/var/cache/nginx", "/etc/localtime:/etc/localtime:ro"]
        configs: {nginx: {file: ./nginx.conf}}
        volumes: {cache: {}}
    """,
    source="https://docs.docker.com/engine/swarm/services/#bind-mounts",
    preset="swarm",
    lacks=True,
)
def bind_mount_in_swarm(project: Project) -> Iterator[Report]:
    """
    A file of the working folder is mounted, which is there on no node but the one that deploys.

    The engine of another node refuses the container: "bind source path does not exist". Hand files out as `configs` or
    `secrets`, which a swarm brings to the node that needs them.
    """
    for service in project.services.values():
        for mount in service.mounts:
            if mount.type == "bind" and isinstance(mount.source, str) and mount.source.startswith((".", "~")):
                yield place_of(mount), f'"{mount.source}" is on no other node of the swarm; write it under "configs"'


@rule(
    "compose/fixed-address-ignored-by-swarm",
    Severity.WARNING,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            networks:
              front:
                ipv4_address: 10.5.0.5  # <-
        networks: {front: {driver: overlay}}
    """,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            networks: {front: {aliases: [api]}}
        networks: {front: {driver: overlay}}
    """,
    source="https://github.com/moby/moby/issues/24170",
    preset="swarm",
    lacks=True,
)
def fixed_address_ignored_by_swarm(project: Project) -> Iterator[Report]:
    """
    A fixed address of a service, which `docker stack deploy` reads and leaves out: the swarm gives it another one.

    Whatever names the address does not find the service. Use its name, which leads to wherever it runs.
    """
    for service in project.services.values():
        for name in service.networks:
            for key in ("ipv4_address", "ipv6_address"):
                value = service.value.get("networks", name, key)
                if value is not None:
                    yield (
                        value.key_place,
                        f'docker stack deploy leaves "{key}" out; use the name "{service.name}" instead',
                    )


@rule(
    "compose/env-file-unread-by-swarm",
    Severity.WARNING,
    bad={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:${TAG}  # <-
        """,
        ".env": "TAG=1.2.3",
    },
    good={
        "docker-compose.yml": """
            services:
              app:
                image: acme/app:${TAG:-1.2.3}
        """,
        ".env": "OTHER=1.2.3",
    },
    source="https://github.com/moby/moby/issues/29133",
    preset="swarm",
    lacks=True,
)
def env_file_unread_by_swarm(project: Project) -> Iterator[Report]:
    """
    A variable that the `.env` file sets, which `docker stack deploy` does not read.

    It takes variables from the shell alone, and one that is missing becomes an empty text or the default. Export them
    first: `set -a; . ./.env`.
    """
    told: set[str] = set()
    for use in project.uses:
        if use.name in project.environment and use.name not in told:
            told.add(use.name)
            message = f'docker stack deploy does not read ".env", so "{use.name}" is missing; export it first'
            yield use.place, message
