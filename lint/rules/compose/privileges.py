"""Services that are given the host's own rights."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project, Service
from ...compose.edits import removed
from ...finding import Severity
from ...rule import Report, rule
from .judging import place_of, some

_CHEATS = "https://cheatsheetseries.owasp.org/cheatsheets/Docker_Security_Cheat_Sheet.html"


@rule(
    "compose/privileged",
    Severity.ERROR,
    bad="""
        services:
          runner:
            privileged: true  # <-
          builder:
            privileged: ${PRIVILEGED:-true}  # <-
    """,
    good="""
        services:
          runner:
            privileged: false
            cap_add: [NET_BIND_SERVICE]
          builder:
            privileged: ${PRIVILEGED}
    """,
    source="https://docs.docker.com/engine/containers/run/#runtime-privilege-and-linux-capabilities",
    covers=("kics:privileged_containers_enabled", "docksec:compose-privileged"),
)
def privileged(project: Project) -> Iterator[Report]:
    """
    A privileged container: every capability, every device, no seccomp and no AppArmor.

    Whoever breaks into the program is root on the host, since mounting the host's disk is one command. What a program
    truly needs has a name: a capability in `cap_add`, a device in `devices`.
    """
    for service in project.services.values():
        value = service.get("privileged")
        if value is not None and value.data in (True, "true"):
            message = f'service "{service.name}" is privileged, so root in it is root on the host; '
            yield value.place, message + "name what it needs in cap_add or devices"


@rule(
    "compose/docker-socket",
    Severity.ERROR,
    bad="""
        services:
          traefik:
            volumes:
              - /var/run/docker.sock:/var/run/docker.sock:ro  # <-
          agent:
            volumes:
              - type: bind
                source: /run/docker.sock  # <-
                target: /tmp/engine.sock
          monitor:
            volumes: ["/var/run:/var/run:ro"]  # <-
          runner:
            volumes:
              - ${XDG_RUNTIME_DIR:-/run/user/1000}/docker.sock:/var/run/docker.sock  # <-
          reverse-proxy:
            volumes:
              - /var/run/docker.sock:/tmp/docker.sock:z,ro  # <-
    """,
    good="""
        services:
          traefik:
            environment:
              DOCKER_HOST: tcp://socket-proxy:2375
            volumes:
              - /var/run/mysqld/mysqld.sock:/var/run/mysqld/mysqld.sock
              - docker.sock:/data
          socket-proxy:
            volumes:
              - /var/run/docker.sock:/var/run/docker.sock:ro
    """,
    source=_CHEATS + "#rule-1---do-not-expose-the-docker-daemon-socket-even-to-the-containers",
    covers=("kics:docker_socket_mounted_in_container", "docksec:compose-docker-socket-mount"),
)
def docker_socket(project: Project) -> Iterator[Report]:
    """
    The engine's socket inside a container, read-only or not.

    Who may write to the socket starts containers with the host's disk in them; `:ro` protects the file, not what is
    sent through it. A socket proxy that lets only the needed requests through, on a network of its own, is the way
    for what must read labels, such as Traefik.
    """
    for service in project.services.values():
        for mount in service.mounts:
            if mount.type != "bind" or not isinstance(mount.source, str):
                continue
            name = mount.source.rsplit("/", 1)[-1]
            is_socket = name in ("docker.sock", "podman.sock", "containerd.sock")
            is_above = mount.source.rstrip("/") in ("/run", "/var/run")
            if (is_socket or is_above) and not _is_socket_proxy(service):
                message = f'service "{service.name}" gets the engine\'s socket, so it is root on the host; '
                yield place_of(mount), message + "put a socket proxy between them"


def _is_socket_proxy(service: Service) -> bool:
    """Whether it is the guard of the socket; a proxy of web pages, such as Traefik, is none."""
    names = [service.name.lower(), service.image.text.lower() if service.image else ""]
    return any("proxy" in name and ("socket" in name or "docker" in name) for name in names)


@rule(
    "compose/engine-api-socket",
    Severity.ERROR,
    bad="""
        services:
          deployer:
            use_api_socket: true  # <-
            init: true
    """,
    good="""
        services:
          deployer:
            use_api_socket: false
    """,
    source="https://docs.docker.com/reference/compose-file/services/#use_api_socket",
    fixed="""
        services:
          deployer:
            init: true
    """,
    unsafe=True,
)
def engine_api_socket(project: Project) -> Iterator[Report]:
    """
    `use_api_socket`: the engine's socket and the registry's credentials inside a container.

    It is a mount of `docker.sock` under another name, with the passwords of every registry the host is logged in to.
    """
    for service in project.services.values():
        value = service.get("use_api_socket")
        if value is not None and value.data is True:
            message = f"service \"{service.name}\" gets the engine's socket and the registry's credentials; remove it"
            yield value.place, message, some(removed(value, safe=False))


@rule(
    "compose/confinement-off",
    Severity.ERROR,
    bad="""
        services:
          app:
            security_opt:
              - seccomp:unconfined  # <-
              - apparmor=unconfined  # <-
              - label:disable  # <-
              - systempaths=unconfined  # <-
    """,
    good="""
        services:
          app:
            security_opt:
              - seccomp:./profile.json
              - no-new-privileges
              - label:type:svirt_lxc_net_t
    """,
    source="https://docs.docker.com/engine/security/seccomp/",
    covers=("kics:default_seccomp_profile_disabled", "docksec:compose-disabled-security-opt"),
)
def confinement_off(project: Project) -> Iterator[Report]:
    """
    A container without the engine's own confinement.

    The default profiles block some 44 system calls that programs do not need and that kernel exploits do. Where one
    call is missing, a profile that adds it keeps the others blocked.
    """
    for service in project.services.values():
        for entry in service.texts("security_opt"):
            option = str(entry.data).replace("=", ":").replace(" ", "").lower() if isinstance(entry.data, str) else ""
            if option in ("seccomp:unconfined", "apparmor:unconfined", "label:disable", "systempaths:unconfined"):
                yield entry.place, f'"{entry.text}" takes the engine\'s confinement away; remove it or name a profile'


_NAMESPACES = {"network_mode": "network", "pid": "processes", "ipc": "shared memory", "uts": "host name"}


@rule(
    "compose/host-namespace",
    Severity.ERROR,
    bad="""
        services:
          app:
            network_mode: host  # <-
            pid: "host"  # <-
            ipc: host  # <-
            uts: host  # <-
            userns_mode: host  # <-
            cgroup: host  # <-
    """,
    good="""
        services:
          app:
            network_mode: "service:vpn"
            pid: "service:vpn"
            ipc: shareable
            cgroup: private
    """,
    source="https://docs.docker.com/engine/network/drivers/host/",
    covers=(
        "kics:shared_host_network_namespace",
        "kics:host_namespace_is_shared",
        "kics:shared_host_ipc_namespace",
        "kics:shared_host_user_namespace",
        "kics:cgroup_not_default",
        "docksec:compose-host-network",
        "docksec:compose-host-namespace",
    ),
)
def host_namespace(project: Project) -> Iterator[Report]:
    """
    A container in one of the host's own namespaces.

    On the host's network every port the program opens is open to the world and it reaches whatever listens on
    127.0.0.1; with the host's processes it can read their environment. Publish ports and name networks instead.
    """
    names = {**_NAMESPACES, "userns_mode": "users", "cgroup": "control groups"}
    for service in project.services.values():
        for key, what in names.items():
            value = service.get(key)
            if value is not None and value.data == "host":
                yield value.place, f'service "{service.name}" shares the {what} of the host; remove "{key}: host"'
