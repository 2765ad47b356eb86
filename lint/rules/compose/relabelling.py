"""Mounts whose files SELinux is to label anew."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ...compose import Project
from ...finding import Severity
from ...rule import Report, rule
from .judging import place_of

_SYSTEM = ("/", "/etc", "/usr", "/var", "/home", "/root", "/bin", "/lib", "/opt", "/srv", "/boot", "/dev", "/var/lib")


@rule(
    "compose/selinux-relabels-system",
    Severity.WARNING,
    bad="""
        services:
          app:
            image: acme/app:1.2.3
            volumes:
              - /home:/data:Z  # <-
              - /var/lib:/more:ro,z  # <-
    """,
    good="""
        services:
          app:
            image: acme/app:1.2.3
            volumes:
              - /srv/app:/data:Z
              - ./conf:/conf:ro,z
    """,
    source="https://docs.docker.com/engine/storage/bind-mounts/#configure-the-selinux-label",
)
def selinux_relabels_system(project: Project) -> Iterator[Report]:
    """
    `z` or `Z` on a folder of the system.

    On a host with SELinux the engine gives every file in it a new label, and the host's own programs can no longer
    read them: nobody can log in any more.
    """
    for service in project.services.values():
        for mount in service.mounts:
            if mount.type != "bind" or mount.selinux not in ("z", "Z") or not isinstance(mount.source, str):
                continue
            if posixpath.normpath(mount.source) in _SYSTEM:
                yield (
                    place_of(mount),
                    f'"{mount.selinux}" gives all of "{mount.source}" of the host a new label; take it out',
                )
