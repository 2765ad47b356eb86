"""What a container's root may do."""

from __future__ import annotations

from collections.abc import Iterator

from ...compose import Project, Service, Unknown, Value
from ...compose.edits import added
from ...finding import Severity
from ...policy import Policy
from ...rule import Report, rule
from .judging import some, whole_services

_CAPABILITIES = "https://man7.org/linux/man-pages/man7/capabilities.7.html"


def _named(service: Service, key: str) -> Iterator[tuple[Value, str]]:
    """The capabilities under *key*, without ``CAP_`` and in capitals."""
    for entry in service.texts(key):
        if isinstance(entry.data, str):
            yield entry, entry.data.upper().removeprefix("CAP_")


@rule(
    "compose/capability-over-host",
    Severity.ERROR,
    bad="""
        services:
          app:
            cap_add:
              - SYS_ADMIN  # <-
              - CAP_SYS_MODULE  # <-
          all:
            cap_add: [all]  # <-
    """,
    good="""
        services:
          app:
            cap_drop: [ALL]
            cap_add: [NET_BIND_SERVICE, CHOWN]
          ptp:
            cap_add: ["${CAPABILITY}"]
    """,
    source=_CAPABILITIES,
    covers=("docksec:compose-dangerous-capabilities",),
)
def capability_over_host(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A capability that is as good as root on the host.

    With SYS_ADMIN a container mounts the host's disks, with SYS_MODULE it loads code into the kernel, with
    SYS_RAWIO it writes to the devices. `policy.images.host_capabilities` lists them.
    """
    for service in project.services.values():
        for entry, name in _named(service, "cap_add"):
            if name in policy.images.host_capabilities:
                message = f'capability "{name}" gives service "{service.name}" the host; '
                yield entry.place, message + "name a smaller one, or none"


@rule(
    "compose/dangerous-capability",
    Severity.WARNING,
    bad="""
        services:
          vpn:
            cap_add: [NET_ADMIN]  # <-
          debug:
            cap_add:
              - CHOWN
              - sys_ptrace  # <-
    """,
    good="""
        services:
          mysql:
            cap_drop: [ALL]
            cap_add: [CHOWN, DAC_OVERRIDE, SETUID, SETGID, SYS_NICE, IPC_LOCK]
    """,
    source=_CAPABILITIES,
    covers=("docksec:compose-dangerous-capabilities", "kics:container_capabilities_unrestricted"),
)
def dangerous_capability(project: Project, policy: Policy) -> Iterator[Report]:
    """
    A capability beyond the engine's default ones that attackers use.

    Some programs need one: a VPN changes routes (NET_ADMIN), a profiler looks into processes (SYS_PTRACE). All
    others should not have it; where it is needed, a suppression with the reason says so.
    """
    for service in project.services.values():
        for entry, name in _named(service, "cap_add"):
            if name in policy.images.dangerous_capabilities and name not in policy.images.host_capabilities:
                message = f'capability "{name}" of service "{service.name}" helps attackers; '
                yield entry.place, message + "remove it, or suppress this with the reason"


@rule(
    "compose/capabilities-kept",
    Severity.WARNING,
    bad=(
        """
        services:
          app:  # <-
            image: python:3.13.5
            user: "1000"
        """,
        """
        services:
          web:  # <-
            image: nginx:1.29.4
            cap_drop: [NET_RAW]
        """,
    ),
    fixed="""
        services:
          app:
            image: python:3.13.5
            user: "1000"
            cap_drop: [ALL]
    """,
    unsafe=True,
    good="""
        services:
          app:
            cap_drop: [ALL]
          web:
            cap_drop: ["${DROPPED}"]
          part:
            ports: ["127.0.0.1:80:80"]
    """,
    source="https://docs.docker.com/engine/security/#linux-kernel-capabilities",
    covers=("kics:container_capabilities_unrestricted",),
    lacks=True,
    preset="strict",
)
def capabilities_kept(project: Project) -> Iterator[Report]:
    """
    A service with the fourteen capabilities the engine gives by default.

    A web application needs none of them. `cap_drop: [ALL]` takes them away; what is missing then has a name for
    `cap_add`: images that start as root and change the user need CHOWN, SETUID, SETGID and DAC_OVERRIDE.
    """
    for service in whole_services(project):
        dropped = {name for _, name in _named(service, "cap_drop")}
        is_unknown = any(isinstance(entry.data, Unknown) for entry in service.texts("cap_drop"))
        if "ALL" not in dropped and not is_unknown and service.flag("privileged") is not True:
            message = f'service "{service.name}" keeps all default capabilities; add "cap_drop: [ALL]"'
            starts_as_user = service.data("user") not in (None, "root", "0", "0:0")
            edit = added(service.value, "cap_drop: [ALL]", safe=False) if starts_as_user and not dropped else None
            yield service.place, message, some(edit)


@rule(
    "compose/may-gain-privileges",
    Severity.WARNING,
    bad=(
        """
        services:
          app:  # <-
            image: python:3.13.5
        """,
        """
        services:
          other:  # <-
            image: python:3.13.5
            security_opt: ["no-new-privileges:false"]
        """,
    ),
    good="""
        services:
          one:
            security_opt: [no-new-privileges]
          two:
            security_opt: ["no-new-privileges:true"]
          three:
            security_opt: ["no-new-privileges=true"]
          four:
            security_opt: ["${OPTION}"]
    """,
    fixed="""
        services:
          app:
            image: python:3.13.5
            security_opt: ["no-new-privileges:true"]
    """,
    unsafe=True,
    source="https://docs.docker.com/reference/cli/docker/container/run/#security-opt",
    covers=("kics:no_new_privileges_not_set", "kics:security_opt_not_set", "docksec:compose-no-new-privileges"),
    lacks=True,
    preset="strict",
)
def may_gain_privileges(project: Project) -> Iterator[Report]:
    """
    A service whose processes may become another user by a setuid program such as `su`.

    With `no-new-privileges` a program broken into stays the user it is, whatever lies in the image. Only images that
    use `sudo` need it off; those that change the user downwards, as MySQL does, do not.
    """
    for service in whole_services(project):
        entries = service.texts("security_opt")
        options = [str(entry.data).replace("=", ":") for entry in entries]
        is_unknown = any(isinstance(entry.data, Unknown) for entry in entries)
        if is_unknown or "no-new-privileges" in options or "no-new-privileges:true" in options:
            continue
        message = f'service "{service.name}" may gain privileges; add "no-new-privileges:true" to security_opt'
        line = 'security_opt: ["no-new-privileges:true"]'
        yield service.place, message, () if entries else some(added(service.value, line, safe=False))
