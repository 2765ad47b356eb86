"""
What ``docker stack deploy`` refuses or leaves out of a file that Compose takes; for ``--preset swarm``.

Every key was tried with ``docker stack config`` of Docker 28.2.2 on 2026-11-22.
"""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project
from ...compose.nodes import Mapping, Node, Scalar, Sequence
from ...finding import Severity
from ...rule import Report, rule

_DEPLOY = "https://docs.docker.com/reference/cli/docker/stack/deploy/"
_TYPES = "https://github.com/docker/cli/blob/master/cli/compose/types/types.go"

_LIMITS = 'write it under "deploy.resources"'
_OUT = "take it out"
_REFUSED = {
    **dict.fromkeys(
        ("mem_limit", "cpus", "cpu_quota", "cpu_shares", "cpuset", "pids_limit", "mem_reservation"), _LIMITS
    ),
    **dict.fromkeys(("memswap_limit", "mem_swappiness", "cpu_count", "cpu_percent", "cpu_period"), _LIMITS),
    "scale": 'write it as "deploy.replicas"',
    "platform": 'write it as "deploy.placement.constraints"',
    "extends": "write the service out, or send the output of docker compose config",
    "volumes_from": "name the volumes",
    "profiles": "put the service into a file of its own",
    "gpus": 'write it as "deploy.resources.reservations.generic_resources"',
    **dict.fromkeys(("annotations", "attach", "blkio_config", "cgroup", "develop", "device_cgroup_rules"), _OUT),
    **dict.fromkeys(("dns_opt", "group_add", "label_file", "models", "oom_kill_disable", "post_start"), _OUT),
    **dict.fromkeys(
        (
            "pre_start",
            "pre_stop",
            "provider",
            "cpu_rt_period",
            "cpu_rt_runtime",
            "pull_policy",
            "runtime",
            "storage_opt",
            "use_api_socket",
            "uts",
        ),
        _OUT,
    ),
}
_IGNORED = {
    "build": "build and push the image before",
    "cgroup_parent": _OUT,
    "cgroupns_mode": _OUT,
    "container_name": _OUT,
    "depends_on": "let the program wait by itself",
    "devices": _OUT,
    "domainname": 'write "hostname"',
    "external_links": "join a network",
    "ipc": _OUT,
    "links": _OUT,
    "mac_address": _OUT,
    "network_mode": "join a network",
    "pid": _OUT,
    "privileged": 'write "cap_add"',
    "security_opt": "set it for the engines",
    "shm_size": "mount a tmpfs on /dev/shm",
    "tmpfs": 'mount it under "volumes" with "type: tmpfs"',
    "userns_mode": _OUT,
}
_TOP = {"name": "name the stack on the command line", "include": "name each file with -c", "models": _OUT}


def _services(project: Project) -> Iterator[Mapping]:
    """Each service as each file has it; the command reads no long forms that Compose makes."""
    for layer in project.layers:
        services = layer.tree.children.get("services")
        for node in services.children.values() if isinstance(services, Mapping) else ():
            if isinstance(node, Mapping):
                yield node


def _items(node: Node | None) -> list[Node]:
    return node.items if isinstance(node, Sequence) else []


@rule(
    "compose/refused-by-swarm",
    Severity.ERROR,
    bad="""
        name: shop  # <-
        services:
          app:
            image: acme/app:1.2.3
            mem_limit: 512m  # <-
            profiles: [all]  # <-
            depends_on:  # <-
              db: {condition: service_healthy}
            env_file:
              - path: app.env  # <-
                required: false
            ports:
              - target: 80
                published: 8080
                host_ip: 127.0.0.1  # <-
          db:
            image: acme/db:1.2.3
            ports: ["5432:5432"]
            deploy: {endpoint_mode: dnsrr}  # <-
        networks:
          front:
            driver: bridge  # <-
    """,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            depends_on: [db]
            env_file: [app.env]
            ports: [{target: 80, published: 8080, mode: host}]
            deploy: {resources: {limits: {memory: 512m}}}
          db:
            image: acme/db:1.2.3
            init: true
        networks:
          front: {driver: overlay}
    """,
    source=_TYPES,
    preset="swarm",
    lacks=True,
)
def refused_by_swarm(project: Project) -> Iterator[Report]:
    """
    A key that `docker stack deploy` does not take, so that it deploys nothing.

    It reads the old format 3 of the files and not all of what Compose reads: no limits outside of `deploy`, no
    conditions in `depends_on`, no profiles, no `name`.
    """
    for layer in project.layers:
        for name, hint in _TOP.items():
            if name in layer.tree.keys:
                yield layer.tree.keys[name].place, f'docker stack deploy refuses "{name}" at the top; {hint}'
        networks = layer.tree.children.get("networks")
        for network in networks.children.values() if isinstance(networks, Mapping) else ():
            driver = network.children.get("driver") if isinstance(network, Mapping) else None
            if isinstance(driver, Scalar) and driver.data in ("bridge", "macvlan", "ipvlan", "host"):
                message = f'services of a swarm cannot be on a network of driver "{driver.data}"; write "overlay"'
                yield driver.place, message
        yield from _refused_sources(layer.tree)
    for merged in project.services.values():
        value = merged.get("deploy.endpoint_mode")
        if value is not None and value.data == "dnsrr" and any(port.mode == "ingress" for port in merged.ports):
            yield value.place, 'a service of "dnsrr" publishes no port of the ingress; give its ports "mode: host"'
    for service in _services(project):
        for name, key in service.keys.items():
            if name in _REFUSED:
                yield key.place, f'docker stack deploy refuses "{name}"; {_REFUSED[name]}'
        yield from _refused_forms(service)


def _refused_sources(tree: Mapping) -> Iterator[Report]:
    """Secrets and configs from anything but a file."""
    for section in ("secrets", "configs"):
        found = tree.children.get(section)
        for entry in found.children.values() if isinstance(found, Mapping) else ():
            for name in ("environment", "content"):
                if isinstance(entry, Mapping) and name in entry.keys:
                    yield entry.keys[name].place, f'docker stack deploy refuses {section} by "{name}"; write "file"'


def _refused_forms(service: Mapping) -> Iterator[Report]:
    """Keys that are taken in their short form only."""
    if isinstance(service.children.get("depends_on"), Mapping):
        yield service.keys["depends_on"].place, 'docker stack deploy refuses conditions; write "depends_on" as a list'
    for item in _items(service.children.get("env_file")):
        if isinstance(item, Mapping) and item.keys:
            place = next(iter(item.keys.values())).place
            yield place, "docker stack deploy refuses env files with options; write the path alone"
    for item in _items(service.children.get("ports")):
        for name in ("host_ip", "name", "app_protocol"):
            if isinstance(item, Mapping) and name in item.keys:
                yield item.keys[name].place, f'docker stack deploy refuses "{name}" of a port; take it out'


@rule(
    "compose/ignored-by-swarm",
    Severity.WARNING,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            build: .  # <-
            tmpfs: [/tmp]  # <-
            depends_on: [db]  # <-
            container_name: app  # <-
            security_opt: ["no-new-privileges:true"]  # <-
    """,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            cap_drop: [ALL]
            read_only: true
            deploy: {restart_policy: {condition: any}}
    """,
    source=_TYPES,
    preset="swarm",
    lacks=True,
)
def ignored_by_swarm(project: Project) -> Iterator[Report]:
    """
    A key that `docker stack deploy` reads and leaves out.

    What it was to ensure does not happen: no `tmpfs`, no `privileged`, and no protection by `security_opt` either.
    """
    for service in _services(project):
        for name, key in service.keys.items():
            if name in _IGNORED and not (name == "depends_on" and isinstance(service.children[name], Mapping)):
                yield key.place, f'docker stack deploy leaves "{name}" out; {_IGNORED[name]}'


@rule(
    "compose/host-address-lost-in-swarm",
    Severity.ERROR,
    bad="""
        services:
          db:
            image: acme/db:1.2.3
            ports:
              - 127.0.0.1:3306:3306  # <-
    """,
    good="""
        services:
          web:
            image: nginx:1.29.4
            ports: ["80:80"]
    """,
    source="https://github.com/moby/moby/issues/26696",
    preset="swarm",
    lacks=True,
)
def host_address_lost_in_swarm(project: Project) -> Iterator[Report]:
    """
    A port for one address of the host, which a swarm publishes on all addresses of all nodes.

    `docker stack deploy` says so in a line of its output and goes on: a database that was for the host alone is
    open to the world.
    """
    for service in project.services.values():
        for port in service.ports:
            if port.is_short and isinstance(port.host_ip, str) and port.host_ip not in ("", "0.0.0.0", "::"):  # noqa: S104 - compared
                message = f'a swarm publishes port {port.target} on every address, not on "{port.host_ip}"; '
                yield port.place, message + "take it out, and join a network instead"


@rule(
    "compose/no-image-for-swarm",
    Severity.ERROR,
    bad="""
        services:
          app:  # <-
            build: .
    """,
    good="""
        services:
          app:
            build: .
            image: acme/app:1.2.3
    """,
    source=_DEPLOY,
    preset="swarm",
    lacks=True,
)
def no_image_for_swarm(project: Project) -> Iterator[Report]:
    """A service that is only built: `docker stack deploy` builds nothing, and its nodes pull what `image` names."""
    for service in project.services.values():
        if service.build is not None and service.get("image") is None:
            yield service.place, f'service "{service.name}" has no image that a swarm could pull; add "image", push it'
